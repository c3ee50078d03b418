// The signed form (draft-ietf-rats-corim section 4.2): COSE_Sign1 over the unsigned form.
#include <algorithm>
#include <utility>

#include "rats/cmw/cmw.h"
#include "rats/corim/corim_tags.h"
#include "rats/corim/media_types.h"
#include "rats/corim/read.h"
#include "rats/corim/signer.h"

namespace credence::rats {
namespace {

// Early drafts: #6.500(#6.502(#6.18(...))), or 502 alone.
Result<ByteView> without_old_tags(ByteView input, const CorimLimits& limits) {
  cbor::Reader reader(input, cbor_limits(limits));
  for (const std::uint64_t old : {kTagOldCorim, kTagOldSignedCorim}) {
    cbor::Reader ahead = reader;
    TRY(const std::uint64_t tag, ahead.tag());
    if (tag == old) reader = ahead;
  }
  return input.subspan(reader.offset());
}

// The content type says what the payload is. A signature made over something else, for another use, must not become a
// statement about reference values (RFC 9052 section 3.1).
Result<void> check_content_type(const cose::Headers& headers) {
  const std::string* media_type = headers.content_type ? std::get_if<std::string>(&*headers.content_type) : nullptr;
  if (media_type == nullptr || !same_media_type(*media_type, kCorimMediaType)) {
    return fail_in(Errc::invalid_value, "protected.content-type", std::format("expected {}", kCorimMediaType));
  }
  return {};
}

Result<Bytes> sign_payload(ByteView payload, const CorimSigner& signer, const crypto::PrivateKey& key,
                           std::span<const crypto::Certificate> chain) {
  if (chain.empty() || !equal(chain.front().spki(), key.public_key().spki())) {
    return fail(Errc::key_mismatch, "expected a chain that starts with the certificate of the signing key");
  }
  cose::Headers headers;
  headers.content_type = std::string(kCorimMediaType);
  headers.corim_meta = write_corim_meta(signer);
  for (const crypto::Certificate& certificate : chain) headers.x5chain.push_back(to_bytes(certificate.der()));
  return cose::sign1(key, std::move(headers), payload);
}

}  // namespace

Result<SignedCorim> decode_signed_corim(ByteView input, const CorimLimits& limits) {
  TRY(const ByteView message, without_old_tags(input, limits));
  SignedCorim decoded;
  TRY(decoded.message, cose::decode_sign1(message, cose::Tagged::required, cbor_limits(limits)));
  const cose::Headers& headers = decoded.message.protected_headers;
  CHECK(check_content_type(headers));
  CorimReading reading{.limits = limits};
  TRY(decoded.signer, in("protected", read_signer(headers, reading)));
  TRY(decoded.corim, in("payload", decode_corim(decoded.message.payload, limits)));
  decoded.octets = to_bytes(message);
  decoded.corim.legacy = decoded.corim.legacy || reading.legacy || message.size() != input.size();
  return decoded;
}

Result<void> verify_signed_corim(const SignedCorim& corim, std::span<const crypto::Certificate> anchors, Timestamp at) {
  // From the protected header only: an unprotected chain can be exchanged by whoever carries the message.
  const std::vector<Bytes>& x5chain = corim.message.protected_headers.x5chain;
  if (x5chain.empty()) {
    return fail_in(Errc::untrusted_chain, "protected", "expected x5chain (33) with the signer's certificate");
  }
  std::vector<crypto::Certificate> chain;
  for (const Bytes& der : x5chain) {
    TRY(crypto::Certificate certificate, in("protected.x5chain", crypto::Certificate::from_der(der)));
    chain.push_back(std::move(certificate));
  }
  CHECK(
      crypto::verify_chain(chain.front(), std::span(chain).subspan(1), anchors, at, crypto::ChainUse::sign_documents));
  TRY(const crypto::PublicKey key, chain.front().public_key());
  CHECK(cose::verify(corim.message, key));
  // draft-ietf-rats-corim section 4.2.3: a signature of the past endorses nothing today.
  return corim.signer.validity ? check_validity(*corim.signer.validity, at) : Result<void>{};
}

Corim corim_of(SignedCorim message) {
  std::optional<Validity>& validity = message.corim.validity;
  const std::optional<Validity>& limit = message.signer.validity;
  if (!validity || !limit) {
    validity = validity ? validity : limit;
  } else {
    if (limit->not_before)
      validity->not_before = std::max(validity->not_before.value_or(*limit->not_before), *limit->not_before);
    validity->not_after = std::min(validity->not_after, limit->not_after);
  }
  return std::move(message.corim);
}

Result<Bytes> sign_corim(const Corim& corim, const CorimSigner& signer, const crypto::PrivateKey& key,
                         std::span<const crypto::Certificate> chain) {
  TRY(const Bytes payload, encode_corim(corim));
  return sign_payload(payload, signer, key, chain);
}

Result<Bytes> sign_encoded_corim(ByteView corim, const CorimSigner& signer, const crypto::PrivateKey& key,
                                 std::span<const crypto::Certificate> chain) {
  CHECK(decode_corim(corim));
  return sign_payload(corim, signer, key, chain);
}

}  // namespace credence::rats
