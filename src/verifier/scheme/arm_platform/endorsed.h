// What is endorsed of a root of trust of Arm's, of a PSA device or of a CCA platform: the key of an instance, and what
// may be installed on its implementation.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "crypto/key.h"
#include "rats/corim/measurement.h"
#include "verifier/scheme/approved_digests.h"
#include "verifier/store.h"
#include "verifier/store/periods.h"
#include "verifier/store/sources.h"
#include "verifier/store/statement.h"

namespace credence::verifier::arm {

// Looked up by implementation and instance.
struct PlatformKey final : Endorsed {
  PlatformKey(crypto::PublicKey its_key, const Origin& origin) : key(std::move(its_key)), source(origin) {}
  crypto::PublicKey key;
  Periods validity;
  Source source;  // the first
};

// A software component, as much of it as the endorser states: what is not stated is not compared.
struct ApprovedComponent {
  ApprovedDigests digests;
  std::optional<std::string> type;
  std::optional<std::string> version;
  std::vector<Bytes> signers;  // any of them; empty: not stated
  Periods validity;
  Source source;
};

struct ApprovedConfig {
  rats::RawValue value;
  Periods validity;
  Source source;
};

// Looked up by implementation.
struct PlatformValues final : Endorsed {
  std::vector<ApprovedComponent> components;
  std::vector<ApprovedConfig> configs;
  DigestIndex by_digest;  // positions in components
};

}  // namespace credence::verifier::arm
