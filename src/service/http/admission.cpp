#include "service/http/admission.h"

#include <algorithm>

namespace credence::service::http {
namespace {

// So many requests decide what the next one is expected to cost: clients that came together ask for sessions together,
// and then for verdicts, which take ten times as long, and the measure must not go up and down with that. None counts
// for more than four: a CoRIM of 16 MiB between a thousand appraisals does not make a queue of three look endless.
constexpr Admission::Clock::rep kMemory = 256;
constexpr int kMostOutlier = 4;
// One wait in five is long: overload. A thread reads what lies in the sockets, then serves it: of a round of requests
// the first waits for nobody, however long the round is, what lay in the kernel before is not seen, and of two rounds
// one is of requests that are served quickly.
constexpr std::size_t kShare = 5;
// A wait is long when it is as long as so many times the few take.
constexpr Admission::Clock::rep kManyTimes = 2;
// So many intervals of overload, then one that tries whether it is over.
constexpr std::size_t kPatience = 29;
constexpr Admission::Clock::duration kLeastCost = std::chrono::microseconds(20);

}  // namespace

Admission::Clock::duration Admission::target() const noexcept {
  const Clock::duration of_few = mean_cost_ * static_cast<Clock::rep>(limits_.few);
  return std::min<Clock::duration>(kManyTimes * of_few, limits_.most_target);
}

std::size_t Admission::may_wait() const noexcept {
  if (!overloaded_) return limits_.few;
  return trying_ ? 2 * limits_.few : std::max<std::size_t>(limits_.few / 2, 1);
}

bool Admission::admits(std::size_t ahead) noexcept {
  // On a slow disk one submission takes longer than the target: four clients that take turns are not too many for it.
  // In overload half as many wait: refusing costs time too, which those who were let in wait for.
  if (ahead >= limits_.few * threads_) crowded_ = true;
  if (ahead < may_wait() * threads_) return true;
  const Clock::duration wait = mean_cost_ * static_cast<Clock::rep>(ahead) / static_cast<Clock::rep>(threads_);
  if (!overloaded_ && wait <= limits_.longest) return true;
  refused_ = true;
  trying_ = false;
  return false;
}

void Admission::waited(Clock::duration wait, Clock::time_point now) noexcept {
  if (now >= interval_end_) {
    judge_interval();
    if (now >= interval_end_ + limits_.interval) overloaded_ = trying_ = false;  // nobody came for a whole one
    refused_ = crowded_ = false;
    waits_ = long_waits_ = 0;
    interval_end_ = now + limits_.interval;
  }
  ++waits_;
  if (wait > (overloaded_ ? target() / 2 : target())) ++long_waits_;
}

// RFC 8289 section 3.2 goes by the least wait of an interval, which no burst explains. Here clients wait for their
// answers before they ask again, so that somebody always comes just when the queue is short: a share decides. Refusing
// keeps the waits below the target, so it takes more to end overload: waits well below, and nobody refused any more.
// Else everybody who was refused would be let in at once, and again wait for each other until the next judgement.
//
// But some are refused for ever who would not be too many: a burst of twenty from time to time, or sixteen clients that
// ask again at once. So now and then as many are let in as make no overload, until the first is refused. Sixty-four
// clients reach that at once: it costs the waits of thirty-two requests in three seconds.
void Admission::judge_interval() noexcept {
  const bool many_are_long = waits_ > 0 && long_waits_ * kShare >= waits_;
  // So few that each may always wait are none too many, however long they take.
  const bool goes_on = (many_are_long && (crowded_ || overloaded_)) || (waits_ > 0 && overloaded_ && refused_);
  overloaded_ = goes_on && !trying_;
  patience_ = overloaded_ && patience_ > 0 ? patience_ - 1 : kPatience;
  trying_ = overloaded_ && patience_ == 0;
}

void Admission::took(Clock::duration cost) noexcept {
  const Clock::duration counted = std::clamp(cost, kLeastCost, kMostOutlier * mean_cost_);
  costs_ = std::min(costs_ + 1, kMemory);
  mean_cost_ += (counted - mean_cost_) / costs_;
}

}  // namespace credence::service::http
