// CoRIM profiles: which triples each may carry, and what they must look like. A CoRIM is taken whole or not at all.
#pragma once

#include "base/result.h"
#include "rats/corim/corim.h"
#include "verifier/store/content.h"

namespace credence::verifier {

// By the profile that the CoRIM names; Errc::unsupported when it names none or an unknown one.
[[nodiscard]] Result<Content> read_by_profile(const rats::Corim& corim);

// tag:github.com/parallaxsecond,2023-03-03:tpm (Veraison's PARSEC_TPM scheme).
[[nodiscard]] Result<void> read_parsec_tpm(const rats::Comid& comid, Content& content);
// tag:credence.example,2026:tpm-key (protocol.md 2.10).
[[nodiscard]] Result<void> read_tpm_key(const rats::Comid& comid, Content& content);

// Both profiles name environments the same way: class.id a UUID, instance (of keys only) tagged bytes, no group.
[[nodiscard]] Result<rats::TaggedBytes> class_of(const rats::Environment& environment);
[[nodiscard]] Result<Kid> instance_of(const rats::Environment& environment);

}  // namespace credence::verifier
