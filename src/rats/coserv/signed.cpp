// The signed form (draft-ietf-rats-coserv section 4.7). Its CDDL gives the content type the label 2, which is that of
// crit: label 3 is meant, and written, and read here.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <format>
#include <utility>

#include "rats/corim/read.h"
#include "rats/coserv/coserv.h"
#include "sign/cose/sign1.h"
#include "wire/cbor/writer.h"

namespace credence::rats {
namespace {

constexpr std::int64_t kIssuedAt = 6;  // RFC 8392 section 3.1.6

Bytes claims_with(Timestamp issued_at) {
  cbor::Writer writer;
  writer.map(1).integer(kIssuedAt).integer(std::chrono::floor<Seconds>(issued_at).time_since_epoch().count());
  return writer.take();
}

Result<std::optional<Timestamp>> issued_at_of(const cose::Headers& headers) {
  std::optional<Timestamp> issued_at;
  if (!headers.cwt_claims) return issued_at;
  cbor::Reader reader(*headers.cwt_claims);
  CHECK(read_map(reader, [&](std::int64_t key) -> Result<bool> {
    if (key != kIssuedAt) return false;
    const std::size_t start = reader.offset();
    TRY(const std::int64_t seconds, reader.integer());
    constexpr std::int64_t kYear9999 = 253'402'300'799;
    if (seconds < 0 || seconds > kYear9999) return fail_at(Errc::invalid_value, start, "expected seconds since 1970");
    issued_at = Timestamp(Seconds(seconds));
    return true;
  }));
  return issued_at;
}

}  // namespace

Result<Bytes> sign_coserv(const CoservQuery& query, const CoservResults& results, const crypto::PrivateKey& key,
                          ByteView kid, std::optional<Timestamp> issued_at) {
  TRY(const Bytes payload, encode_coserv(query, results));
  cose::Headers headers;
  headers.content_type = std::string(kCoservMediaType);
  if (!kid.empty()) headers.kid = to_bytes(kid);
  if (issued_at) headers.cwt_claims = claims_with(*issued_at);
  return cose::sign1(key, std::move(headers), payload);
}

Result<Coserv> verify_coserv(ByteView message, std::span<const crypto::PublicKey> keys, const CoservLimits& limits) {
  TRY(const cose::Sign1 decoded,
      cose::decode_sign1(message, cose::Tagged::required,
                         {.bytes = limits.bytes, .depth = limits.depth, .items = limits.items}));
  const auto& content_type = decoded.protected_headers.content_type;
  const auto* media_type = content_type ? std::get_if<std::string>(&*content_type) : nullptr;
  // A signature that the same key made over something else must not become an answer.
  if (media_type == nullptr || !same_media_type(*media_type, kCoservMediaType)) {
    return fail_in(Errc::invalid_value, "protected.content-type", std::format("expected {}", kCoservMediaType));
  }
  const bool trusted =
      std::ranges::any_of(keys, [&](const crypto::PublicKey& key) { return cose::verify(decoded, key).has_value(); });
  if (!trusted) {
    return fail(Errc::untrusted_verifier,
                "the results are signed by none of the pinned keys: pin the key that the "
                "service publishes at /.well-known/coserv-configuration");
  }
  TRY(Coserv answer, decode_coserv(decoded.payload, limits));
  TRY(answer.issued_at, in("protected.cwt-claims", issued_at_of(decoded.protected_headers)));
  return answer;
}

}  // namespace credence::rats
