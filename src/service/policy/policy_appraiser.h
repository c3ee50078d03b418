// The engine as the service uses it: at once where it can decide at once, on threads of its own where a policy asks
// another process or has turned out to be slow.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>

#include "service/policy/worker_pool.h"
#include "verifier/appraiser.h"
#include "verifier/engine.h"
#include "verifier/policy/policies.h"

namespace credence::service {

// So many appraisals with a slow policy: at once, and behind them.
inline constexpr std::size_t kSlowAppraisals = 8, kWaitingAppraisals = 256;

// The limits of a policy of this process stop it after a second at the latest, and in all that time the thread would
// serve nobody. From this mean time of its last appraisals on it is slow.
inline constexpr std::chrono::nanoseconds kSlowPolicy = std::chrono::milliseconds(20);

// `pool` is for those with a slow policy; its owner ends it (WorkerPool::end) before what appraisals use goes.
// Errc::busy when it has no place.
[[nodiscard]] std::shared_ptr<verifier::Appraiser> policy_appraiser(std::shared_ptr<const verifier::Engine> engine,
                                                                    std::shared_ptr<const verifier::Policies> policies,
                                                                    std::shared_ptr<WorkerPool> pool,
                                                                    std::chrono::nanoseconds slow = kSlowPolicy);

}  // namespace credence::service
