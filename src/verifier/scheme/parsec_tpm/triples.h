// The triples of the two profiles, in the scheme's terms. Whatever a profile has no place for is refused.
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "rats/corim/comid.h"
#include "verifier/scheme/parsec_tpm/endorsed.h"

namespace credence::verifier {

// tag:github.com/parallaxsecond,2023-03-03:tpm, as Veraison's PARSEC_TPM scheme validates it.
struct ReferenceStatement {
  crypto::HashAlgorithm bank{};
  std::uint8_t pcr = 0;
  Bytes value;
  bool ambiguous = false;  // an algorithm stands twice in its measurement
};
struct ReferenceStatements {
  rats::TaggedBytes class_id;
  std::vector<ReferenceStatement> values;
};
[[nodiscard]] Result<ReferenceStatements> read_reference_values(const rats::ReferenceTriple& triple);

struct KeyStatement {
  Kid kid;
  rats::TaggedBytes class_id;
  crypto::PublicKey key;
};
[[nodiscard]] Result<KeyStatement> read_key(const rats::KeyTriple& triple);

// tag:credence.example,2026:tpm-key: what Veraison's triple has no room for (protocol.md 2.10).
struct RecordStatement {
  Kid kid;
  rats::TaggedBytes class_id;
  AttestationKeyRecord record;
};
[[nodiscard]] Result<RecordStatement> read_record(const rats::ReferenceTriple& triple);

// Both profiles name environments the same way: class.id a UUID, instance (of keys only) tagged bytes, no group.
[[nodiscard]] Result<rats::TaggedBytes> class_of(const rats::Environment& environment);
[[nodiscard]] Result<Kid> instance_of(const rats::Environment& environment);

}  // namespace credence::verifier
