#include "rats/eat/ueid.h"

#include <format>

namespace credence::rats {
namespace {

bool has_size_of(UeidType type, std::size_t size) noexcept {
  switch (type) {
    case UeidType::random:
      return size == 17 || size == 25 || size == 33;
    case UeidType::eui:
      return size >= 7 && size <= 9;
    case UeidType::imei:
      return size == 15;
  }
  return false;
}

}  // namespace

Result<UeidType> check_ueid(ByteView ueid) {
  if (ueid.empty()) return fail_in(Errc::invalid_value, "ueid", "expected a type octet, got nothing");
  if (ueid.front() < 1 || ueid.front() > 3) {
    return fail_in(Errc::invalid_value, "ueid", std::format("expected type 1, 2 or 3, got {}", ueid.front()));
  }
  const auto type = static_cast<UeidType>(ueid.front());
  if (!has_size_of(type, ueid.size())) {
    return fail_in(Errc::invalid_value, "ueid",
                   std::format("a UEID of type {} does not have {} octets", ueid.front(), ueid.size()));
  }
  return type;
}

}  // namespace credence::rats
