#include "service/http/turns.h"

#include <algorithm>
#include <boost/asio/post.hpp>

namespace credence::service::http {
namespace {

// Of a thread, what it works before it reads again: worth the change at least, and short enough to refuse in time.
constexpr Turns::Clock::duration kLeastWork = std::chrono::milliseconds(1), kMostWork = std::chrono::milliseconds(2);

}  // namespace

// The turns that one thread takes one after the other. A loop, since the turn that ends would else call the next one
// from within.
struct Turns::Chain {
  Chain(const Turns& turns, Resume first) : owner(turns), next(std::move(first)) { current = this; }
  ~Chain() {
    current = nullptr;
    ended = Clock::now();
  }
  Chain(const Chain&) = delete;
  Chain& operator=(const Chain&) = delete;

  static thread_local Chain* current;           // of this thread
  static thread_local Clock::time_point ended;  // the one before
  const Turns& owner;
  Resume next;
  const Clock::time_point begin = Clock::now();
  const Clock::time_point until = begin + std::clamp(begin - ended, kLeastWork, kMostWork);
};

thread_local Turns::Chain* Turns::Chain::current = nullptr;
thread_local Turns::Clock::time_point Turns::Chain::ended{};

bool Turns::admits() {
  const std::lock_guard lock(mutex_);
  return admission_.admits(waiting_.size() + running_);
}

void Turns::enqueue(Waiting one) {
  std::optional<Waiting> next;
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(one));
    next = take_next();
  }
  if (next) start(*std::move(next));
}

void Turns::end(Clock::duration cost) noexcept {
  std::optional<Waiting> next;
  {
    const std::lock_guard lock(mutex_);
    --running_;
    const Clock::time_point now = Clock::now();
    // While others wait, each of them also waits for what comes between two turns: reading, refusing, writing answers.
    if (busy_since_) cost = std::max(cost, (now - *busy_since_) * static_cast<Clock::rep>(threads_));
    admission_.took(cost);
    next = take_next();
    busy_since_ = next ? std::optional(now) : std::nullopt;
  }
  if (!next) return;
  Chain* const here = Chain::current;
  if (here != nullptr && &here->owner == this && !here->next && Clock::now() < here->until) {
    here->next = std::move(next->resume);
  } else {
    start(*std::move(next));
  }
}

std::optional<Turns::Waiting> Turns::take_next() {
  if (waiting_.empty() || running_ == threads_) return std::nullopt;
  Waiting first = std::move(waiting_.front());
  waiting_.pop_front();
  ++running_;
  const Clock::time_point now = Clock::now();
  admission_.waited(now - first.since, now);
  return first;
}

void Turns::start(Waiting one) {
  boost::asio::post(one.executor, [this, resume = std::move(one.resume)]() mutable { run(std::move(resume)); });
}

void Turns::run(Resume first) {
  const LogBatch batch(log_);
  Chain chain(*this, std::move(first));
  while (chain.next) {
    Resume now = std::exchange(chain.next, {});
    now();
  }
}

void Turns::clear() {
  std::deque<Waiting> gone;
  const std::lock_guard lock(mutex_);
  gone.swap(waiting_);
}

}  // namespace credence::service::http
