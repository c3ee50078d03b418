#include "service/http/admission.h"

#include <algorithm>

namespace credence::service::http {
namespace {

// One request in sixteen decides what the next one is expected to cost, and none counts for more than four: a CoRIM of
// 16 MiB between a thousand appraisals does not make a queue of three look endless.
constexpr int kMemory = 16;
constexpr int kMostOutlier = 4;
// One wait in four is long: overload. A thread reads what lies in the sockets, then serves it: of a round of requests
// the first waits for nobody, however long the round is, and what lay in the kernel before is not seen.
constexpr std::size_t kShare = 4;
constexpr Admission::Clock::duration kLeastCost = std::chrono::microseconds(20);

}  // namespace

Admission::Clock::duration Admission::target() const noexcept {
  const Clock::duration of_few = mean_cost_ * static_cast<Clock::rep>(limits_.few);
  return std::min<Clock::duration>(2 * of_few, limits_.most_target);
}

bool Admission::admits(std::size_t ahead) noexcept {
  // On a slow disk one submission takes longer than the target: four clients that take turns are not too many for it.
  // In overload half as many wait: refusing costs time too, which those who were let in wait for.
  if (ahead >= limits_.few * threads_) crowded_ = true;
  if (ahead < (overloaded_ ? limits_.few / 2 : limits_.few) * threads_) return true;
  const Clock::duration wait = mean_cost_ * static_cast<Clock::rep>(ahead) / static_cast<Clock::rep>(threads_);
  if (!overloaded_ && wait <= limits_.longest) return true;
  refused_ = true;
  return false;
}

void Admission::waited(Clock::duration wait, Clock::time_point now) noexcept {
  if (now >= interval_end_) {
    judge_interval();
    if (now >= interval_end_ + limits_.interval) overloaded_ = false;  // nobody came for a whole one
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
void Admission::judge_interval() noexcept {
  const bool many_are_long = waits_ > 0 && long_waits_ * kShare >= waits_;
  // So few that each may always wait are none too many, however long they take.
  overloaded_ = (many_are_long && (crowded_ || overloaded_)) || (waits_ > 0 && overloaded_ && refused_);
}

void Admission::took(Clock::duration cost) noexcept {
  const Clock::duration counted = std::clamp(cost, kLeastCost, kMostOutlier * mean_cost_);
  mean_cost_ += (counted - mean_cost_) / kMemory;
}

}  // namespace credence::service::http
