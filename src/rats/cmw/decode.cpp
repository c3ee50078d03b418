#include <algorithm>
#include <format>

#include "rats/cmw/rules.h"

namespace credence::rats {

bool same_media_type(std::string_view left, std::string_view right) noexcept {
  if (left.size() != right.size()) return false;
  const std::size_t essence = std::min(left.find(';'), left.size());
  if (std::min(right.find(';'), right.size()) != essence) return false;
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; };
  return std::ranges::equal(left.substr(0, essence), right.substr(0, essence), {}, lower, lower) &&
         left.substr(essence) == right.substr(essence);
}

Result<Cmw> decode_cmw(ByteView input, const CmwLimits& limits) {
  if (input.empty()) return fail_at(Errc::truncated, 0, "expected a CMW, got nothing");
  if (input.size() > limits.bytes) {
    return fail_at(Errc::too_large, limits.bytes,
                   std::format("expected a CMW of at most {} octets, got {}", limits.bytes, input.size()));
  }
  const std::uint8_t first = input.front();
  if (first == '[' || first == '{') return decode_cmw_json(as_text(input), limits);
  return decode_cmw_cbor(input, limits);
}

Result<CmwRecord> decode_cmw_record(ByteView input, const CmwLimits& limits) {
  TRY(Cmw cmw, decode_cmw(input, limits));
  auto* record = std::get_if<CmwRecord>(&cmw.content);
  if (record == nullptr) return fail_at(Errc::unexpected_type, 0, "expected a CMW record or tag, got a collection");
  return std::move(*record);
}

}  // namespace credence::rats
