#include "cli/bundle/environment.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <format>
#include <string>
#include <utility>

#include "base/text.h"
#include "rats/corim/uuid.h"
#include "rats/oid.h"

namespace credence::cli {
namespace {

constexpr std::size_t kUuidCharacters = 36;

std::unexpected<Error> not_understood(std::string_view text) {
  return fail(Errc::usage,
              std::format("expected a UUID, octets in hexadecimal, or one of uuid:, ueid:, bytes: and oid: "
                          "before a value, got \"{}\"",
                          text));
}

Result<rats::TaggedBytes> uuid_from(std::string_view text) {
  const auto uuid = rats::Uuid::from_text(text);
  if (!uuid) return not_understood(text);
  return rats::TaggedBytes{.tag = rats::kTagUuid, .value = to_bytes(uuid->octets)};
}

Result<rats::TaggedBytes> octets_from(std::uint64_t tag, std::string_view text) {
  auto octets = from_hex(text);
  if (!octets || octets->empty()) return not_understood(text);
  return rats::TaggedBytes{.tag = tag, .value = *std::move(octets)};
}

Result<rats::TaggedBytes> oid_from(std::string_view text) {
  auto octets = rats::oid_from_text(text);
  if (!octets) return not_understood(text);
  return rats::TaggedBytes{.tag = rats::kTagOid, .value = *std::move(octets)};
}

// False for a key that is none, or a number that is none.
bool set_member(rats::Class& named, std::string_view key, std::string_view value) {
  if (key == "vendor" || key == "model") {
    (key == "vendor" ? named.vendor : named.model) = std::string(value);
    return true;
  }
  if (key != "layer" && key != "index") return false;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc() || end != value.data() + value.size()) return false;
  (key == "layer" ? named.layer : named.index) = number;
  return true;
}

}  // namespace

Result<rats::TaggedBytes> identifier_from(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos)
    return text.size() == kUuidCharacters && text.contains('-') ? uuid_from(text) : octets_from(rats::kTagBytes, text);
  const std::string_view kind = text.substr(0, colon);
  const std::string_view value = text.substr(colon + 1);
  if (kind == "uuid") return uuid_from(value);
  if (kind == "ueid") return octets_from(rats::kTagUeid, value);
  if (kind == "bytes") return octets_from(rats::kTagBytes, value);
  if (kind == "oid") return oid_from(value);
  return not_understood(text);
}

Result<rats::Class> class_from(std::string_view text) {
  rats::Class named;
  if (!text.contains('=')) {
    TRY(named.id, identifier_from(text));
    return named;
  }
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view part = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(rest.size(), part.size() + 1));
    const std::size_t equals = part.find('=');
    const std::string_view key = part.substr(0, equals);
    const bool given = equals != std::string_view::npos && equals + 1 < part.size();
    if (!given || !set_member(named, key, part.substr(equals + 1)))
      return fail(Errc::usage,
                  std::format("expected vendor=NAME, model=NAME, layer=NUMBER and index=NUMBER, or some of them, got "
                              "\"{}\"",
                              part));
  }
  return named;
}

}  // namespace credence::cli
