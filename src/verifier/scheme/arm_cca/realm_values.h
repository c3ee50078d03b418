// What is endorsed of realms.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "evidence/cca/realm.h"
#include "rats/corim/comid.h"
#include "verifier/scheme/arm_platform/endorsed.h"
#include "verifier/store/content.h"

namespace credence::verifier::cca {

// One realm, or one build of it, as one triple states it.
struct RealmStatement {
  Bytes initial_measurement;                            // the class of the environment
  ApprovedDigests initial_digests;                      // of which it is one
  std::optional<rats::RawValue> personalization_value;  // not stated: any
  // Of each register; none: not stated.
  std::array<ApprovedDigests, evidence::cca::kExtensibleMeasurements> extensible_measurements;
};

struct ApprovedRealm {
  RealmStatement statement;
  Periods validity;
  Source source;
};

// Looked up by initial measurement.
struct RealmValues final : Endorsed {
  std::vector<ApprovedRealm> realms;
};

// class: the initial measurement; measurements "cca.rim" (the same value, required), "cca.rem0" to "cca.rem3",
// "cca.rpv".
[[nodiscard]] Result<RealmStatement> read_realm(const rats::ReferenceTriple& triple);
[[nodiscard]] Result<void> add_realm_values(const rats::ReferenceTriple& triple, Content& content);
[[nodiscard]] Result<std::shared_ptr<const Endorsed>> join_realm_values(std::span<const Statement> statements);

}  // namespace credence::verifier::cca
