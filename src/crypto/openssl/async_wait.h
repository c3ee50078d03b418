// Waiting for an answer from another thread inside an OpenSSL callback, without blocking the thread's other
// connections (docs/decisions/waiting.md).
//
// Inside an OpenSSL async job (SSL_MODE_ASYNC) the job pauses; the application gets SSL_ERROR_WANT_ASYNC and polls the
// descriptor that SSL_get_all_async_fds() names: it becomes readable when the answer is there, or the deadline has
// passed. Outside of a job the thread blocks, for no longer than the deadline. A job belongs to the thread that
// started it: all calls on one SSL come from one thread.
#pragma once

#include <openssl/async.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace credence::crypto {

// While one lives, jobs that this thread resumes give up instead of waiting on. SSL_free() of a paused connection
// leaks its stack and all that its frames own: whoever frees one resumes it under a CancelWaiting first.
class CancelWaiting {
 public:
  CancelWaiting() noexcept { ++depth_; }
  ~CancelWaiting() { --depth_; }
  CancelWaiting(const CancelWaiting&) = delete;
  CancelWaiting& operator=(const CancelWaiting&) = delete;
  [[nodiscard]] static bool active() noexcept { return depth_ > 0; }

 private:
  static inline thread_local int depth_ = 0;
};

namespace async_wait {

using SteadyTime = std::chrono::steady_clock::time_point;

// A descriptor that becomes readable at the deadline, or at once after ring().
class Alarm {
 public:
  explicit Alarm(std::chrono::milliseconds deadline) noexcept
      : fd_(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)) {
    set(deadline);
  }
  ~Alarm() {
    if (fd_ >= 0) close(fd_);
  }
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;

  [[nodiscard]] bool usable() const noexcept { return fd_ >= 0; }
  [[nodiscard]] int fd() const noexcept { return fd_; }
  void ring() noexcept { set(std::chrono::nanoseconds(1)); }

 private:
  void set(std::chrono::nanoseconds after) noexcept {
    constexpr long kSecond = 1'000'000'000;
    const auto count = std::max<std::chrono::nanoseconds::rep>(after.count(), 1);
    const itimerspec when{.it_interval = {}, .it_value = {.tv_sec = count / kSecond, .tv_nsec = count % kSecond}};
    if (fd_ >= 0) timerfd_settime(fd_, 0, &when, nullptr);
  }

  int fd_;
};

// Whether there is an answer, and whom to wake.
class Signal {
 public:
  [[nodiscard]] bool ready() {
    const std::scoped_lock lock(mutex_);
    return ready_;
  }
  void wake_by(std::shared_ptr<Alarm> alarm) {
    const std::scoped_lock lock(mutex_);
    alarm_ = std::move(alarm);
    if (ready_) alarm_->ring();
  }
  void block_until(SteadyTime until) {
    std::unique_lock lock(mutex_);
    changed_.wait_until(lock, until, [this] { return ready_; });
  }

 protected:
  // With mutex_ held.
  void set_ready() {
    ready_ = true;
    changed_.notify_all();
    if (alarm_) alarm_->ring();
  }

  std::mutex mutex_;

 private:
  std::condition_variable changed_;
  std::shared_ptr<Alarm> alarm_;
  bool ready_ = false;
};

template <typename T>
class Answer : public Signal {
 public:
  // The first answer counts.
  void give(Result<T> value) {
    const std::scoped_lock lock(mutex_);
    if (value_) return;
    value_ = std::move(value);
    set_ready();
  }
  [[nodiscard]] std::optional<Result<T>> take() {
    const std::scoped_lock lock(mutex_);
    return std::exchange(value_, std::nullopt);
  }

 private:
  std::optional<Result<T>> value_;
};

// Shows the alarm to the application for one pause.
class ShownDescriptor {
 public:
  ShownDescriptor(ASYNC_WAIT_CTX* context, const Alarm& alarm) noexcept
      : context_(context),
        key_(&alarm),
        shown_(ASYNC_WAIT_CTX_set_wait_fd(context, &alarm, alarm.fd(), nullptr, nullptr) == 1) {}
  ~ShownDescriptor() {
    if (shown_) ASYNC_WAIT_CTX_clear_fd(context_, key_);
  }
  ShownDescriptor(const ShownDescriptor&) = delete;
  ShownDescriptor& operator=(const ShownDescriptor&) = delete;
  [[nodiscard]] bool shown() const noexcept { return shown_; }

 private:
  ASYNC_WAIT_CTX* context_;
  const void* key_;
  bool shown_;
};

// ASYNC_pause_job() says 1 without pausing under ASYNC_block_pause(): a loop around it would spin. A real pause resets
// the counts of changed descriptors.
[[nodiscard]] inline bool pause_once(ASYNC_WAIT_CTX* context, const Alarm& alarm) {
  const ShownDescriptor descriptor(context, alarm);
  if (!descriptor.shown() || ASYNC_pause_job() != 1) return false;
  std::size_t added = 0;
  std::size_t deleted = 0;
  return ASYNC_WAIT_CTX_get_changed_fds(context, nullptr, &added, nullptr, &deleted) == 1 && added == 0;
}

// Returns when there is an answer, the deadline has passed or waiting was cancelled. False when it cannot pause.
[[nodiscard]] inline bool pause_until(Signal& signal, SteadyTime until, std::chrono::milliseconds deadline) {
  ASYNC_JOB* job = ASYNC_get_current_job();
  if (job == nullptr) return false;
  ASYNC_WAIT_CTX* context = ASYNC_get_wait_ctx(job);
  const auto alarm = std::make_shared<Alarm>(deadline);
  if (context == nullptr || !alarm->usable()) return false;
  signal.wake_by(alarm);
  // Waking is not an answer: any call on the connection resumes it.
  while (!signal.ready() && std::chrono::steady_clock::now() < until && !CancelWaiting::active()) {
    if (!pause_once(context, *alarm)) return false;
  }
  return true;
}

}  // namespace async_wait

// Calls start(completion), where completion takes a Result<T> once on any thread, and gives what it took.
// Errc::timeout when that takes longer than `deadline`; a late answer is dropped. `what` names it in the error.
template <typename T, typename Start>
[[nodiscard]] Result<T> wait_for(std::string_view what, std::chrono::milliseconds deadline, Start&& start) {
  const auto answer = std::make_shared<async_wait::Answer<T>>();
  const auto until = std::chrono::steady_clock::now() + deadline;
  std::forward<Start>(start)([answer](Result<T> value) { answer->give(std::move(value)); });
  if (auto at_once = answer->take()) return *std::move(at_once);
  if (!async_wait::pause_until(*answer, until, deadline) && !CancelWaiting::active()) answer->block_until(until);
  if (auto value = answer->take()) return *std::move(value);
  if (CancelWaiting::active())
    return fail(Errc::unavailable, "the connection was closed while it waited for " + std::string(what));
  return fail(Errc::timeout,
              "expected " + std::string(what) + " within " + std::to_string(deadline.count()) + " ms, got none");
}

}  // namespace credence::crypto
