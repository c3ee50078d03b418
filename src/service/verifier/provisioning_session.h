// Submissions that are answered before they are done: each has a session that tells its outcome later.
#pragma once

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

// Thread-safe. One thread works through the submissions in their order: the store writes one at a time anyway.
class ProvisioningSessions {
 public:
  using Work = std::move_only_function<SubmissionOutcome()>;

  ProvisioningSessions(std::shared_ptr<const Clock> clock, std::shared_ptr<const Random> random);
  // Finishes the submission under way; those that wait are dropped, nobody was told that they were stored.
  ~ProvisioningSessions();
  ProvisioningSessions(const ProvisioningSessions&) = delete;
  ProvisioningSessions& operator=(const ProvisioningSessions&) = delete;

  // Errc::busy when too many wait or too many sessions are kept. Work that throws has failed; it logs why itself.
  [[nodiscard]] Result<ProvisioningSession> open(Work work);
  [[nodiscard]] Result<ProvisioningSession> find(std::string_view id);
  [[nodiscard]] Result<void> remove(std::string_view id);

 private:
  struct Job {
    std::string id;
    Work work;
  };
  void run(const std::stop_token& stop);
  void drop_expired(Timestamp now);

  const std::shared_ptr<const Clock> clock_;
  const std::shared_ptr<const Random> random_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::unordered_map<std::string, ProvisioningSession> sessions_;
  std::deque<Job> waiting_;
  std::jthread worker_;  // last: it must stop before what it uses goes
};

}  // namespace credence::service
