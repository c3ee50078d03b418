// Sessions that any verifier of a fleet finishes: the id is the session itself, sealed, and what became of it is in the
// store that they share (docs/decisions/sessions.md).
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "base/guarded_clock.h"
#include "base/random.h"
#include "service/verifier/clock_watch.h"
#include "service/verifier/recent_nonces.h"
#include "service/verifier/session.h"
#include "service/verifier/session_keys.h"
#include "service/verifier/session_token.h"
#include "verifier/store/session_ledger.h"

namespace credence::service {

// A session that nobody has used is remembered nowhere, so there is no limit to their number.
class SealedSessions final : public Sessions {
 public:
  // What expired is forgotten by a time that the clock has told, without a step back behind it, for so long. A clock
  // that is ahead is believed for as long when it is set back, and what it had called expired would be fresh again.
  static constexpr std::chrono::minutes kForgetAfter = kClockSettling + kTimeNotePeriod;

  struct Parts {
    SessionKeys keys;
    std::shared_ptr<verifier::SessionLedger> ledger;
    std::shared_ptr<const Clock> clock;
    std::shared_ptr<const Random> random;
    Seconds longest_result_lifetime = kDefaultResultLifetime;
    std::chrono::milliseconds lifetime = kSessionLifetime;
    std::chrono::milliseconds forget_after = kForgetAfter;
    GuardedClock::Monotonic monotonic = &std::chrono::steady_clock::now;
  };
  explicit SealedSessions(Parts parts)
      : parts_(std::move(parts)), least_told_(parts_.clock->now()), since_(parts_.monotonic()) {}

  [[nodiscard]] Result<Session> open(Nonce nonce, bool own_nonce, std::string_view client,
                                     ResultRequest request) override;
  // The evidence is not kept.
  [[nodiscard]] Result<Session> find(std::string_view id) override;
  [[nodiscard]] Result<Question> question(std::string_view id) override;
  // Refuses a second claim of this process only: what others do is seen when the result is recorded.
  [[nodiscard]] Result<Session> claim(std::string_view id, std::string evidence_type, Bytes evidence) override;
  // Records the result. Errc::conflict when another was recorded before, Errc::unavailable when the store cannot be
  // used: no verdict then, and the client may try again, with this session or a new one. Without a result nothing is
  // recorded: the session is as if it had not been used.
  [[nodiscard]] Result<void> finish(Session& claimed, std::optional<std::string> result) override;
  [[nodiscard]] Result<void> remove(std::string_view id) override;
  // Of those whose evidence is being appraised here.
  [[nodiscard]] std::size_t count() override;

 private:
  struct Opened {
    Bytes key;  // in the ledger
    SessionToken token;
  };
  [[nodiscard]] Result<Opened> unseal(std::string_view id) const;
  [[nodiscard]] Result<Session> session_of(std::string_view id, SessionToken token) const;
  [[nodiscard]] Result<void> check_fresh(const Nonce& nonce);
  [[nodiscard]] Result<void> record(const Session& claimed, const std::string& result);
  void release(std::string_view id) noexcept;
  void forget_old();

  const Parts parts_;
  std::mutex mutex_;
  RecentNonces issued_{1 << 14};  // here: other nodes have random sources of their own
  // Here, with the type of the evidence: by what an id begins with.
  std::map<std::string, std::string, std::less<>> processing_;
  Timestamp least_told_;  // by the clock, since then; both as of when something was forgotten last
  std::chrono::steady_clock::time_point since_;
};

}  // namespace credence::service
