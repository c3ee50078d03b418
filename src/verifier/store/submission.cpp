#include "verifier/store/submission.h"

#include <format>
#include <utility>

#include "base/text.h"
#include "crypto/certificate.h"
#include "crypto/hash.h"
#include "rats/corim/corim.h"
#include "sign/cose/sign1.h"

namespace credence::verifier {
namespace {

constexpr std::uint8_t kSign1Head = 0xd2;  // CBOR tag 18: a signed CoRIM

Result<rats::Corim> decode_stored(ByteView octets) {
  if (!is_signed(octets)) return rats::decode_corim(octets);
  TRY(rats::SignedCorim message, rats::decode_signed_corim(octets));
  return rats::corim_of(std::move(message));
}

Result<Content> read_stored(const Document& stored) {
  TRY(const rats::Corim corim, decode_stored(stored.octets));
  TRY(auto signer, signer_of(stored.octets));
  return read_by_profile(corim, stored.id, std::move(signer));
}

}  // namespace

Result<std::string> submission_id(ByteView octets) {
  TRY(const crypto::Digest digest, crypto::digest(crypto::HashAlgorithm::sha256, octets));
  return to_hex(digest.view());
}

bool is_signed(ByteView octets) noexcept { return !octets.empty() && octets.front() == kSign1Head; }

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

Result<Content> content_of(const Document& stored) {
  auto content = read_stored(stored);
  if (!content) return within(std::format("stored CoRIM {}", stored.id), std::move(content).error());
  return content;
}

}  // namespace credence::verifier
