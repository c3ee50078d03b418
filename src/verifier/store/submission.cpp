#include "verifier/store/submission.h"

#include "base/text.h"
#include "crypto/certificate.h"
#include "crypto/hash.h"
#include "rats/corim/corim.h"
#include "sign/cose/sign1.h"

namespace credence::verifier {

Result<std::string> submission_id(ByteView octets) {
  TRY(const crypto::Digest digest, crypto::digest(crypto::HashAlgorithm::sha256, octets));
  return to_hex(digest.view());
}

bool is_signed(ByteView octets) noexcept {
  constexpr std::uint8_t kSign1Head = 0xd2;  // CBOR tag 18
  return !octets.empty() && octets.front() == kSign1Head;
}

Result<std::optional<CorimSignerIdentity>> signer_of(ByteView octets) {
  if (!is_signed(octets)) return std::nullopt;
  const rats::CorimLimits limits;
  TRY(const cose::Sign1 message,
      cose::decode_sign1(octets, cose::Tagged::required,
                         {.bytes = limits.bytes, .depth = limits.depth, .items = limits.items}));
  const auto& x5chain = message.protected_headers.x5chain;
  if (x5chain.empty())
    return fail_in(Errc::missing_member, "protected", "expected x5chain (33) with the signer's certificate");
  TRY(const auto certificate, crypto::Certificate::from_der(x5chain.front()));
  TRY(CorimSignerIdentity signer, identity_of(certificate));
  return signer;
}

}  // namespace credence::verifier
