// What a CoRIM says once its profile has been checked, in the terms of the engine.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/hash.h"
#include "crypto/key.h"
#include "rats/corim/corim.h"
#include "verifier/store.h"

namespace credence::verifier {

// An attestation key by profile tag:github.com/parallaxsecond,2023-03-03:tpm.
struct KeyStatement {
  Kid kid;
  rats::TaggedBytes class_id;
  crypto::PublicKey key;
};
// An attestation key by profile tag:credence.example,2026:tpm-key.
struct RecordStatement {
  Kid kid;
  rats::TaggedBytes class_id;
  AttestationKeyRecord record;
};
struct ReferenceStatement {
  rats::TaggedBytes class_id;
  crypto::HashAlgorithm bank{};
  std::uint8_t pcr = 0;
  Bytes value;
};

struct Content {
  std::string source;                      // id of the CoRIM
  std::optional<rats::Validity> validity;  // of the CoRIM, and so of all that it says
  std::vector<KeyStatement> keys;
  std::vector<RecordStatement> records;
  std::vector<ReferenceStatement> reference_values;
};

}  // namespace credence::verifier
