#include "rats/corim/crypto_key.h"

#include <format>

#include "base/text.h"
#include "crypto/certificate.h"
#include "rats/corim/read.h"
#include "sign/cose/key.h"

namespace credence::rats {
namespace {

Result<crypto::PublicKey> pkix_key(std::string_view text) {
  if (text.starts_with("-----BEGIN")) return crypto::PublicKey::from_pem(text);
  TRY(const Bytes der, from_base64(text));
  return crypto::PublicKey::from_spki(der);
}

}  // namespace

Result<crypto::PublicKey> public_key_of(const CryptoKey& key) {
  switch (key.tag) {
    case kTagPkixBase64Key:
      return pkix_key(as_text(key.value));
    case kTagPkixBase64Cert: {
      TRY(const auto certificate, crypto::Certificate::from_pem(as_text(key.value)));
      return certificate.public_key();
    }
    case kTagCoseKey:
      return cose::decode_key(key.value);
    case kTagPkixAsn1DerCert: {
      TRY(const auto certificate, crypto::Certificate::from_der(key.value));
      return certificate.public_key();
    }
    default:
      return fail(Errc::unsupported,
                  std::format("expected a key, a certificate or a COSE_Key (tag {}, {}, {} or {}), "
                              "got tag {}",
                              kTagPkixBase64Key, kTagPkixBase64Cert, kTagPkixAsn1DerCert, kTagCoseKey, key.tag));
  }
}

Result<crypto::Digest> thumbprint_of(const CryptoKey& key) {
  if (key.tag != kTagThumbprint && key.tag != kTagCertThumbprint)
    return fail(Errc::unsupported,
                std::format("expected the digest of a key or a certificate (tag {} or {}), got tag {}", kTagThumbprint,
                            kTagCertThumbprint, key.tag));
  const CorimLimits limits;
  CorimReading reading{.limits = limits};
  cbor::Reader reader(key.value, cbor_limits(limits));
  TRY(const CorimDigest digest, read_digest(reader, reading));
  CHECK(reader.finish());
  const auto hash = hash_of(digest);
  if (!hash) return fail(Errc::unsupported, "expected a digest by sha-256 (1), sha-384 (7) or sha-512 (8)");
  return crypto::Digest::from(*hash, digest.value);
}

}  // namespace credence::rats
