// The signed form (draft-ietf-rats-coserv section 4.7). Its CDDL gives the content type the label 2, which is that of
// crit: label 3 is meant, and written, and read here.
#include <algorithm>
#include <format>
#include <utility>

#include "rats/coserv/coserv.h"
#include "sign/cose/sign1.h"

namespace credence::rats {

Result<Bytes> sign_coserv(const CoservQuery& query, const CoservResults& results, const crypto::PrivateKey& key,
                          ByteView kid) {
  TRY(const Bytes payload, encode_coserv(query, results));
  cose::Headers headers;
  headers.content_type = std::string(kCoservMediaType);
  if (!kid.empty()) headers.kid = to_bytes(kid);
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
  return decode_coserv(decoded.payload, limits);
}

}  // namespace credence::rats
