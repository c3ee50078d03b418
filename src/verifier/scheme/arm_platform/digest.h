// Digests of Arm's tokens, and what reference values say of them, by CoRIM's rule for digests
// (draft-ietf-rats-corim section 9.4.6.3). A token states one digest of each thing: there the rule is that the
// reference value has a digest of this algorithm, the same one, and no algorithm twice.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "crypto/hash.h"
#include "evidence/psa/claims.h"
#include "rats/corim/measurement.h"
#include "verifier/scheme/approved_digests.h"

namespace credence::verifier::arm {

// Views of the claims of a token.
struct StatedDigest {
  std::optional<crypto::HashAlgorithm> hash;  // absent: one that has no other name than `algorithm`
  std::string_view algorithm;
  ByteView value;  // 32, 48 or 64 octets
};

// `algorithm` as the token spells it; empty when it names none.
[[nodiscard]] StatedDigest digest_of(std::string_view algorithm, ByteView value) noexcept;
[[nodiscard]] StatedDigest digest_of(const evidence::psa::SoftwareComponent& component,
                                     const evidence::psa::Claims& claims) noexcept;
// As a reference value of it is written.
[[nodiscard]] rats::CorimDigest corim_digest(const StatedDigest& digest);

// Allocates nothing.
[[nodiscard]] bool matches(const ApprovedDigests& approved, const StatedDigest& actual) noexcept;

// For people: "sha-256 0102...".
[[nodiscard]] std::string text_of(const StatedDigest& digest);

}  // namespace credence::verifier::arm
