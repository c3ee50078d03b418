#include "service/verifier/provisioning_session.h"

#include <array>
#include <chrono>
#include <exception>
#include <utility>

#include "base/text.h"

namespace credence::service {
namespace {

constexpr std::chrono::minutes kLifetime{10};  // of the outcome; the submission itself takes as long as it takes
constexpr std::size_t kMostWaiting = 64;       // each holds a CoRIM
constexpr std::size_t kMostSessions = 10'000;

std::unexpected<Error> no_session() {
  return fail(Errc::not_found, "no provisioning session has this id, or it has expired");
}

// An exception is a bug or a lack of memory: it ends this submission, not the thread that does those of others.
SubmissionOutcome outcome_of_work(ProvisioningSessions::Work work) {
  try {
    return work();
  } catch (const std::exception&) {
    return failed_submission(std::string(kServiceFailed));
  }
}

}  // namespace

SubmissionOutcome failed_submission(std::string reason) {
  return {.status = SubmissionStatus::failed, .duplicate = false, .corim = {}, .reason = std::move(reason)};
}

std::string_view name(SubmissionStatus status) noexcept {
  switch (status) {
    case SubmissionStatus::processing:
      return "processing";
    case SubmissionStatus::success:
      return "success";
    case SubmissionStatus::failed:
      break;
  }
  return "failed";
}

ProvisioningSessions::ProvisioningSessions(std::shared_ptr<const Clock> clock, std::shared_ptr<const Random> random)
    : clock_(std::move(clock)),
      random_(std::move(random)),
      worker_([this](const std::stop_token& stop) { run(stop); }) {}

ProvisioningSessions::~ProvisioningSessions() = default;

Result<ProvisioningSession> ProvisioningSessions::open(Work work) {
  std::array<std::uint8_t, 16> octets{};
  CHECK(random_->fill(octets));
  ProvisioningSession session{.id = to_hex(octets), .expiry = clock_->now() + kLifetime, .outcome = {}};
  const std::lock_guard lock(mutex_);
  drop_expired(clock_->now());
  if (waiting_.size() >= kMostWaiting || sessions_.size() >= kMostSessions)
    return fail(Errc::busy, "too many submissions wait: come again, or submit without respond-async");
  sessions_.emplace(session.id, session);
  waiting_.push_back({.id = session.id, .work = std::move(work)});
  changed_.notify_one();
  return session;
}

Result<ProvisioningSession> ProvisioningSessions::find(std::string_view id) {
  const std::lock_guard lock(mutex_);
  drop_expired(clock_->now());
  const auto found = sessions_.find(std::string(id));
  if (found == sessions_.end()) return no_session();
  return found->second;
}

Result<void> ProvisioningSessions::remove(std::string_view id) {
  const std::lock_guard lock(mutex_);
  if (sessions_.erase(std::string(id)) == 0) return no_session();
  return {};
}

void ProvisioningSessions::run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (changed_.wait(lock, stop, [this] { return !waiting_.empty(); })) {
    if (stop.stop_requested()) return;
    Job job = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    // What it holds goes before the lock is taken.
    SubmissionOutcome outcome = outcome_of_work(std::exchange(job.work, {}));
    lock.lock();
    const auto session = sessions_.find(job.id);
    if (session == sessions_.end()) continue;  // its client has lost interest; what was stored stays
    session->second.outcome = std::move(outcome);
    session->second.expiry = clock_->now() + kLifetime;
  }
}

void ProvisioningSessions::drop_expired(Timestamp now) {
  std::erase_if(sessions_, [&](const auto& entry) {
    return entry.second.outcome.status != SubmissionStatus::processing && entry.second.expiry < now;
  });
}

}  // namespace credence::service
