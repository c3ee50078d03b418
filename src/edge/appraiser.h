// The relying party as its own verifier: what evidence needs is asked of a CoSERV service, kept while it is good, and
// the engine in this process appraises without a round trip.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>

#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "client/coserv.h"
#include "edge/cache.h"
#include "verifier/appraiser.h"
#include "verifier/engine.h"
#include "verifier/policy.h"
#include "verifier/policy/policies.h"

namespace credence::edge {

struct EdgeOptions {
  verifier::Policy policy{};
  verifier::Engine::Identity identity{};
  std::shared_ptr<const verifier::Policies> policies{};  // of this relying party; null: none
  Cache::Limits cache{};
  // Answers are used for as long as they say, and at most so long after they were made: the longest time that something
  // which was revoked or withdrawn counts here.
  std::chrono::seconds max_age{3'600};
  // A verdict that is not affirming, over answers that are older than this, is made again over fresh ones: what was
  // provisioned meanwhile is seen. When they cannot be had, it stands.
  std::chrono::seconds look_again_after{30};
  std::chrono::milliseconds deadline{10'000};  // of one appraisal: no question is asked after it
  std::size_t max_pending = 1'024;             // appraisals that wait for answers; beyond: Errc::busy
  bool allow_insecure_no_deny_list = false;    // of a service that carries none: nothing is revoked
};

// Verdicts come before appraise() returns when everything is known, else on the client's I/O thread, which appraises
// then. They fail with what CoservClient::ask() fails with, busy or timeout when an answer is missing: what has expired
// is not used. Policies of the service's operator stay with it. Destroying the appraiser fails those that wait.
[[nodiscard]] Result<std::shared_ptr<verifier::Appraiser>> edge_appraiser(client::CoservService service,
                                                                          EdgeOptions options,
                                                                          std::shared_ptr<const Clock> clock,
                                                                          Log& log = no_log());
// The same over a client that is there: `trust` is that of its answers, `service` its URL.
[[nodiscard]] std::shared_ptr<verifier::Appraiser> edge_appraiser(std::shared_ptr<client::CoservClient> client,
                                                                  std::string service, client::CoservTrust trust,
                                                                  EdgeOptions options,
                                                                  std::shared_ptr<const Clock> clock);

}  // namespace credence::edge
