#include "service/verifier/evidence_body.h"

#include <algorithm>
#include <array>
#include <format>
#include <utility>
#include <variant>

#include "rats/cmw/cmw.h"
#include "rats/media_type.h"

namespace credence::service {
namespace {

bool is_cmw(std::string_view essence) noexcept {
  static constexpr std::array<std::string_view, 6> kTypes = {"application/cmw",
                                                             "application/cmw+cbor",
                                                             "application/cmw+json",
                                                             "application/vnd.veraison.cmw",
                                                             "application/vnd.veraison.cmw+cbor",
                                                             "application/vnd.veraison.cmw+json"};
  return std::ranges::find(kTypes, essence) != kTypes.end();
}

// The supported type that this one is, as it is spelled there: what follows compares octets.
Result<std::string> supported_type(std::string_view type, const std::vector<std::string>& supported) {
  for (const std::string& candidate : supported) {
    if (rats::same_media_type(candidate, type)) return candidate;
  }
  return fail(Errc::unsupported, std::format("no active plugin found for {}", type));
}

}  // namespace

Result<EvidenceBody> evidence_from_body(std::string_view content_type, Bytes body,
                                        const std::vector<std::string>& supported) {
  // What most clients send: spelled as here, it needs no parser.
  if (std::ranges::contains(supported, content_type))
    return EvidenceBody{.media_type = std::string(content_type), .octets = std::move(body)};
  TRY(const rats::MediaType outer, rats::parse_media_type(content_type));
  if (!is_cmw(outer.essence)) {
    TRY(std::string type, supported_type(content_type, supported));
    return EvidenceBody{.media_type = std::move(type), .octets = std::move(body)};
  }
  TRY(rats::Cmw cmw, rats::decode_cmw(body));
  auto* const record = std::get_if<rats::CmwRecord>(&cmw.content);
  if (record == nullptr) return fail(Errc::unsupported, "no active plugin found for a CMW collection");
  const auto* const inner = std::get_if<std::string>(&record->type);
  if (inner == nullptr) {
    return fail(Errc::unsupported,
                std::format("no active plugin found for content format {}", std::get<std::uint16_t>(record->type)));
  }
  TRY(std::string type, supported_type(*inner, supported));
  return EvidenceBody{.media_type = std::move(type), .octets = std::move(record->value)};
}

}  // namespace credence::service
