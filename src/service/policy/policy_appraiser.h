// The engine as the service uses it: at once where it can decide at once, on threads of its own where a policy asks
// another process.
#pragma once

#include <memory>

#include "verifier/appraiser.h"
#include "verifier/engine.h"
#include "verifier/policy/policies.h"

namespace credence::service {

// Errc::busy for an appraisal with a slow policy when too many of them wait.
[[nodiscard]] std::shared_ptr<verifier::Appraiser> policy_appraiser(std::shared_ptr<const verifier::Engine> engine,
                                                                    std::shared_ptr<const verifier::Policies> policies);

}  // namespace credence::service
