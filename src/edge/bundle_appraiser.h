// Appraisal with an offline bundle, in this process and without a network.
#pragma once

#include <memory>

#include "base/clock.h"
#include "base/log.h"
#include "edge/offline.h"
#include "verifier/appraiser.h"
#include "verifier/engine.h"
#include "verifier/policy.h"
#include "verifier/policy/policies.h"

namespace credence::edge {

struct BundleAppraiserOptions {
  verifier::Policy policy{};
  verifier::Engine::Identity identity{};
  std::shared_ptr<const verifier::Policies> policies{};  // of this relying party; null: none
  bool allow_insecure_no_deny_list = false;
};

// Decides before appraise() returns. Past the bundle's end verdicts fail with Errc::expired, and with not_found for
// what it says nothing about. Every result says in its warnings how old the bundle is; so does the log, once.
[[nodiscard]] std::shared_ptr<verifier::Appraiser> bundle_appraiser(std::shared_ptr<const OfflineAnswers> answers,
                                                                    BundleAppraiserOptions options,
                                                                    std::shared_ptr<const Clock> clock,
                                                                    Log& log = no_log());

}  // namespace credence::edge
