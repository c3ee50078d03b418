#include "service/verifier/provisioning_session.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <exception>
#include <format>
#include <new>
#include <utility>

#include "base/text.h"
#include "service/verifier/sealed_submissions.h"

namespace credence::service {
namespace {

constexpr std::size_t kMostWaiting = 64;  // each holds a CoRIM
constexpr std::size_t kMostSessions = 10'000;

// One that was opened or ended while the clock was ahead would be kept for as long as it was.
bool is_past(Timestamp until, Timestamp now) noexcept {
  return until < now || until > now + kOutcomeKept + kClockTolerance;
}

std::unexpected<Error> no_session() {
  return fail(Errc::not_found, "no provisioning session has this id, or it has expired");
}

// Other verifiers say at some time that it has failed, and it must not be stored after that.
Result<void> check_wait(std::chrono::steady_clock::duration waited) {
  if (waited <= kLongestWait) return {};
  return fail(Errc::busy,
              std::format("nothing was done: the submission waited for its turn for {} s, expected at most {}. Submit "
                          "again",
                          std::chrono::floor<Seconds>(waited).count(), Seconds(kLongestWait).count()));
}

// With as much of the reason as there is memory for.
SubmissionOutcome failed_by_exception() noexcept {
  try {
    return failed_submission(std::string(kServiceFailed));
  } catch (const std::bad_alloc& lack) {
    return failed_submission(lack.what());
  }
}

// An exception is a bug or a lack of memory: it ends this submission, not the thread that does those of others.
SubmissionOutcome outcome_of_work(ProvisioningSessions::Work work,
                                  std::chrono::steady_clock::duration waited) noexcept {
  try {
    return work(check_wait(waited));
  } catch (const std::exception&) {
    return failed_by_exception();
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

ProvisioningSessions::ProvisioningSessions(std::shared_ptr<const Clock> clock, std::shared_ptr<const Random> random,
                                           std::shared_ptr<const SealedSubmissions> sealed,
                                           GuardedClock::Monotonic monotonic)
    : clock_(std::move(clock)),
      random_(std::move(random)),
      sealed_(std::move(sealed)),
      monotonic_(std::move(monotonic)),
      worker_([this](const std::stop_token& stop) { run(stop); }) {}

ProvisioningSessions::~ProvisioningSessions() = default;

Result<ProvisioningSession> ProvisioningSessions::make_session(std::string corim) const {
  if (sealed_) return sealed_->open(std::move(corim));
  std::array<std::uint8_t, 16> octets{};
  CHECK(random_->fill(octets));
  return ProvisioningSession{.id = to_hex(octets), .expiry = clock_->now() + kOutcomeKept, .outcome = {}};
}

Result<ProvisioningSession> ProvisioningSessions::open(std::string corim, Work work) {
  TRY(ProvisioningSession session, make_session(std::move(corim)));
  const std::lock_guard lock(mutex_);
  drop_expired();
  if (waiting_.size() >= kMostWaiting || sessions_.size() >= kMostSessions)
    return fail(Errc::busy, "too many submissions wait: come again, or submit without respond-async");
  const auto kept = sessions_.emplace(session.id, Kept{.session = session}).first;
  try {
    waiting_.push_back({.id = session.id, .submitted = monotonic_(), .work = std::move(work)});
  } catch (...) {
    sessions_.erase(kept);  // nobody would ever work on it
    throw;
  }
  changed_.notify_one();
  return session;
}

Result<ProvisioningSession> ProvisioningSessions::find(std::string_view id) {
  auto here = find_here(id);
  if (!sealed_) return here;
  const auto opened = sealed_->unseal(id);
  if (!opened) return here;
  const auto disposed = sealed_->is_disposed_of(*opened);
  if (disposed && *disposed) return no_session();
  // This node knows what became of it, without the database too.
  if (here) return here;
  if (!disposed) return std::unexpected(disposed.error());
  TRY(SubmissionOutcome outcome, sealed_->outcome(opened->token));
  return ProvisioningSession{.id = std::string(id), .expiry = opened->token.expiry, .outcome = std::move(outcome)};
}

Result<ProvisioningSession> ProvisioningSessions::find_here(std::string_view id) {
  const std::lock_guard lock(mutex_);
  drop_expired();
  const auto found = sessions_.find(std::string(id));
  if (found == sessions_.end()) return no_session();
  return found->second.session;
}

Result<void> ProvisioningSessions::remove(std::string_view id) {
  const auto opened = sealed_ ? sealed_->unseal(id) : no_session();
  if (opened) CHECK(sealed_->dispose(*opened));
  if (!forget_here(id) && !opened) return no_session();
  return {};
}

bool ProvisioningSessions::forget_here(std::string_view id) {
  const std::lock_guard lock(mutex_);
  return sessions_.erase(std::string(id)) > 0;
}

void ProvisioningSessions::run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (changed_.wait(lock, stop, [this] { return !waiting_.empty(); })) {
    if (stop.stop_requested()) return;
    Job job = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    // What it holds goes before the lock is taken.
    SubmissionOutcome outcome = outcome_of_work(std::exchange(job.work, {}), monotonic_() - job.submitted);
    lock.lock();
    const auto found = sessions_.find(job.id);
    if (found == sessions_.end()) continue;  // its client has lost interest; what was stored stays
    auto& [session, until] = found->second;
    session.outcome = std::move(outcome);
    until = clock_->now() + kOutcomeKept;
    session.expiry = std::max(session.expiry, until);
  }
}

// While the clock is not believed nothing is submitted, and what there is stays.
void ProvisioningSessions::drop_expired() {
  const auto now = clock_->checked_now();
  if (!now) return;
  std::erase_if(sessions_, [&](const auto& entry) {
    const auto& [session, until] = entry.second;
    return session.outcome.status != SubmissionStatus::processing && is_past(until, *now);
  });
}

}  // namespace credence::service
