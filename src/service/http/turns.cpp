#include "service/http/turns.h"

namespace credence::service::http {

bool Turns::admits() {
  const std::lock_guard lock(mutex_);
  return admission_.admits(waiting_.size() + running_);
}

void Turns::enqueue(Resume resume) {
  Resume next;
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back({.resume = std::move(resume), .since = Clock::now()});
    next = take_next();
  }
  if (next) next();
}

void Turns::end(Clock::duration cost) noexcept {
  Resume next;
  {
    const std::lock_guard lock(mutex_);
    --running_;
    admission_.took(cost);
    next = take_next();
  }
  if (next) next();
}

Turns::Resume Turns::take_next() {
  if (waiting_.empty() || running_ == threads_) return {};
  Waiting first = std::move(waiting_.front());
  waiting_.pop_front();
  ++running_;
  const Clock::time_point now = Clock::now();
  admission_.waited(now - first.since, now);
  return std::move(first.resume);
}

void Turns::clear() {
  std::deque<Waiting> gone;
  const std::lock_guard lock(mutex_);
  gone.swap(waiting_);
}

}  // namespace credence::service::http
