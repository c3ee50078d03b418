// Submissions that are answered before they are done: each has a session that tells its outcome later.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>

#include "base/clock.h"
#include "base/guarded_clock.h"
#include "base/random.h"
#include "base/result.h"

namespace credence::service {

enum class SubmissionStatus : std::uint8_t { processing, success, failed };
[[nodiscard]] std::string_view name(SubmissionStatus status) noexcept;

struct SubmissionOutcome {
  SubmissionStatus status = SubmissionStatus::processing;
  bool duplicate = false;
  std::string corim;   // id of the stored submission
  std::string reason;  // of a failure
};

// When the fault is the service's.
inline constexpr std::string_view kServiceFailed = "the service failed; its log says why. Submit again";
[[nodiscard]] SubmissionOutcome failed_submission(std::string reason);

struct ProvisioningSession {
  std::string id;
  Timestamp expiry{};
  SubmissionOutcome outcome;
};

inline constexpr std::chrono::minutes kOutcomeKept{10};
// For its turn: whoever waits for longer is not worked on. See kLongestSubmission.
inline constexpr std::chrono::minutes kLongestWait{4};

class SealedSubmissions;

// Thread-safe. One thread works through the submissions in their order: the store writes one at a time anyway.
class ProvisioningSessions {
 public:
  // Errc::busy says that the submission has waited for longer than kLongestWait: it must not be done any more, and
  // that it was not is written down where its end would be.
  using Work = std::move_only_function<SubmissionOutcome(const Result<void>& in_time)>;

  // With `sealed` sessions are known beyond this process: what others took, the store tells.
  ProvisioningSessions(std::shared_ptr<const Clock> clock, std::shared_ptr<const Random> random,
                       std::shared_ptr<const SealedSubmissions> sealed = {},
                       GuardedClock::Monotonic monotonic = &std::chrono::steady_clock::now);
  // Finishes the submission under way; those that wait are dropped, nobody was told that they were stored.
  ~ProvisioningSessions();
  ProvisioningSessions(const ProvisioningSessions&) = delete;
  ProvisioningSessions& operator=(const ProvisioningSessions&) = delete;

  // Errc::busy when too many wait or too many sessions are kept. Work that throws has failed; it logs why itself.
  // `corim` is the id that its CoRIM gets in the store.
  [[nodiscard]] Result<ProvisioningSession> open(std::string corim, Work work);
  // Errc::not_found; of sessions that are known beyond this process also what the store fails with.
  [[nodiscard]] Result<ProvisioningSession> find(std::string_view id);
  [[nodiscard]] Result<void> remove(std::string_view id);

 private:
  struct Job {
    std::string id;
    std::chrono::steady_clock::time_point submitted;
    Work work;
  };
  struct Kept {
    ProvisioningSession session;
    Timestamp until{};  // once the outcome is known; the session may be known for longer, to the store
  };
  [[nodiscard]] Result<ProvisioningSession> make_session(std::string corim) const;
  [[nodiscard]] Result<ProvisioningSession> find_here(std::string_view id);
  [[nodiscard]] bool forget_here(std::string_view id);
  void run(const std::stop_token& stop);
  void drop_expired();

  const std::shared_ptr<const Clock> clock_;
  const std::shared_ptr<const Random> random_;
  const std::shared_ptr<const SealedSubmissions> sealed_;  // null: each process for itself
  const GuardedClock::Monotonic monotonic_;                // for what waits: nobody sets it
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::unordered_map<std::string, Kept> sessions_;
  std::deque<Job> waiting_;
  std::jthread worker_;  // last: it must stop before what it uses goes
};

}  // namespace credence::service
