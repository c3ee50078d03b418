// Provisioning sessions that any verifier of a fleet answers for: the id says which CoRIM was submitted, and when,
// sealed; whether it is there, the store says that they share (docs/decisions/sessions.md).
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "service/verifier/provisioning_session.h"
#include "service/verifier/session_keys.h"
#include "service/verifier/session_token.h"
#include "verifier/store.h"
#include "verifier/store/session_ledger.h"

namespace credence::service {

// From then on a submission that is not stored is said to have failed. None begins after kLongestWait. The two minutes
// that are left are for itself, 5 s for the store, 8 s for the lock of the database and up to 9 s for each of some
// seven statements, and for what the clocks of two verifiers differ by.
inline constexpr std::chrono::minutes kLongestSubmission{6};
static_assert(kLongestWait + std::chrono::minutes(2) <= kLongestSubmission);

// Thread-safe. Of the node that took the submission nothing is known here: see ProvisioningSessions.
class SealedSubmissions {
 public:
  struct Parts {
    SessionKeys keys;  // SealedFor::submission
    std::shared_ptr<verifier::SessionLedger> ledger;
    std::shared_ptr<const verifier::Store> store;
    std::shared_ptr<const Clock> clock;
    std::shared_ptr<const Random> random;
  };
  explicit SealedSubmissions(Parts parts) : parts_(std::move(parts)) {}

  // `corim` is the id that the submission gets in the store.
  [[nodiscard]] Result<ProvisioningSession> open(std::string corim) const;

  struct Opened {
    Bytes key;  // in the ledger
    SubmissionToken token;
  };
  // Errc::not_found for what no verifier of this fleet sealed for this tenant, and for what has expired.
  [[nodiscard]] Result<Opened> unseal(std::string_view id) const;

  // For all nodes.
  [[nodiscard]] Result<void> dispose(const Opened& opened) const;
  [[nodiscard]] Result<bool> is_disposed_of(const Opened& opened) const;

  // Success only of what is durably stored and counts. An Error means that nobody knows (is_undecided()), or is the
  // service's own (Errc::internal).
  [[nodiscard]] Result<SubmissionOutcome> outcome(const SubmissionToken& token) const;

 private:
  [[nodiscard]] Result<SubmissionOutcome> outcome_in_store(const std::string& corim) const;
  [[nodiscard]] Result<SubmissionOutcome> outcome_of_absent(const SubmissionToken& token) const;

  const Parts parts_;
};

}  // namespace credence::service
