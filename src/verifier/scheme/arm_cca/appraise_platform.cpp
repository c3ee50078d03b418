#include "verifier/scheme/arm_cca/appraise_platform.h"

#include "verifier/scheme/arm_cca/profile.h"
#include "verifier/scheme/arm_cca/realm_values.h"
#include "verifier/scheme/arm_platform/appraise.h"
#include "verifier/scheme/arm_platform/join.h"

namespace credence::verifier::cca {

void appraise_platform(const evidence::psa::Claims& claims, Endorsements& endorsements,
                       Appraised::Submodule& submodule) {
  submodule.vector[rats::TrustClaim::hardware] = rats::kTrustworthy;  // its key is endorsed as that of a CCA platform
  const auto values = endorsements.find<arm::PlatformValues>(Topic::reference_values,
                                                             reference_key(kPlatformPrefix, claims.implementation_id));
  arm::appraise_lifecycle(claims, endorsements, submodule);
  arm::appraise_components(claims, values.get(), endorsements, submodule);
  arm::appraise_config(claims, values.get(), endorsements, submodule);
}

Result<std::shared_ptr<const Endorsed>> join(Topic topic, std::span<const Statement> statements) {
  if (topic == Topic::trust_anchor) return arm::join_keys(statements);
  // The prefix of the key that they share keeps the two kinds apart.
  if (!statements.empty() && is_about_realms(statements.front().values())) return join_realm_values(statements);
  return arm::join_platform_values(statements, vocabulary_of);
}

}  // namespace credence::verifier::cca
