#include "evidence/psa/token.h"

#include <array>
#include <format>
#include <utility>

#include "base/text.h"
#include "base/weak.h"
#include "evidence/psa/limits.h"

namespace credence::evidence::psa {
namespace {

constexpr std::uint8_t kTagMac0 = 0xd1;  // CBOR tag 17

// draft-tschofenig-rats-psa-token-07 and before. Its profile claim may be left out.
constexpr std::array kLegacyKeys = {
    Profile::Key{-75000, Claim::profile, "psa-profile"},
    Profile::Key{-75001, Claim::client_id, "psa-client-id", true},
    Profile::Key{-75002, Claim::lifecycle, "psa-security-lifecycle", true},
    Profile::Key{-75003, Claim::implementation_id, "psa-implementation-id", true},
    Profile::Key{-75004, Claim::legacy_boot_seed, "psa-boot-seed", true},
    Profile::Key{-75005, Claim::certification_reference, "psa-hwver"},
    Profile::Key{-75006, Claim::components, "psa-software-components"},
    Profile::Key{-75007, Claim::no_measurements, "psa-no-software-measurements"},
    Profile::Key{-75008, Claim::nonce, "psa-nonce", true},
    Profile::Key{-75009, Claim::instance_id, "psa-instance-id", true},
    Profile::Key{-75010, Claim::verification_service, "psa-verification-service-indicator"},
};

// RFC 9783 section 4. The drafts before it had the boot seed under a key of their own.
constexpr std::array kKeys = {
    Profile::Key{265, Claim::profile, "eat-profile", true},
    Profile::Key{2394, Claim::client_id, "psa-client-id", true},
    Profile::Key{2395, Claim::lifecycle, "psa-security-lifecycle", true},
    Profile::Key{2396, Claim::implementation_id, "psa-implementation-id", true},
    Profile::Key{268, Claim::boot_seed, "psa-boot-seed"},
    Profile::Key{2398, Claim::certification_reference, "psa-certification-reference"},
    Profile::Key{2399, Claim::components, "psa-software-components", true},
    Profile::Key{10, Claim::nonce, "psa-nonce", true},
    Profile::Key{256, Claim::instance_id, "psa-instance-id", true},
    Profile::Key{2400, Claim::verification_service, "psa-verification-service-indicator"},
};
constexpr std::array kDraftKeys = [] {
  auto keys = kKeys;
  keys[4].key = 2397;
  return keys;
}();

constexpr std::array kProfiles = {
    Profile{.name = "tag:psacertified.org,2023:psa#tfm", .keys = kKeys},
    Profile{.name = "http://arm.com/psa/2.0.0", .keys = kDraftKeys},
    Profile{.name = "PSA_IOT_PROFILE_1", .keys = kLegacyKeys, .by_default = true},
};

}  // namespace

Result<Token> decode_token(ByteView octets) {
  if (!octets.empty() && octets.front() == kTagMac0)
    return fail(Errc::unsupported_algorithm, "expected a COSE_Sign1 (tag 18), got a COSE_Mac0 (tag 17)");
  Token token;
  TRY(token.message, cose::decode_sign1(octets, cose::Tagged::required, kTokenLimits));
  TRY(token.profile, profile_of(token.message.payload, kProfiles));
  TRY(token.claims, read_claims(token.message.payload, *token.profile));
  return token;
}

// RFC 9783 section 4.1.1: else a token of last year passes as today's.
Result<void> check_nonce(const Token& token, const Nonce& nonce) {
  if (equal(token.claims.nonce, nonce.view()) || weak::removed(weak::Check::token_challenge)) return {};
  return fail_in(Errc::nonce_mismatch, "psa-nonce",
                 std::format("the token was made for another challenge: expected {}, got {}", to_hex(nonce.view()),
                             to_hex(token.claims.nonce)));
}

Result<void> check_signature(const Token& token, const crypto::PublicKey& attestation_key) {
  return cose::verify(token.message, attestation_key);
}

}  // namespace credence::evidence::psa
