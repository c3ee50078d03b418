#include "service/access/rate_limit.h"

#include <algorithm>
#include <cmath>

namespace credence::service::access {

RateLimit::Bucket& RateLimit::filled(std::string_view who) {
  const Timestamp now = clock_->now();
  if (const auto found = by_name_.find(who); found != by_name_.end()) {
    Bucket& bucket = *found->second;
    // A clock that was turned back gives nothing.
    const std::chrono::duration<double> passed = std::max(now - bucket.filled, std::chrono::milliseconds(0));
    bucket.tokens = std::min(rate_.burst, bucket.tokens + passed.count() * rate_.per_second);
    bucket.filled = now;
    buckets_.splice(buckets_.begin(), buckets_, found->second);
    return bucket;
  }
  if (by_name_.size() >= most_names_) {
    by_name_.erase(buckets_.back().name);
    buckets_.pop_back();
  }
  buckets_.push_front({.name = std::string(who), .tokens = rate_.burst, .filled = now});
  by_name_.emplace(buckets_.front().name, buckets_.begin());
  return buckets_.front();
}

Seconds RateLimit::until_next(const Bucket& bucket) const noexcept {
  return Seconds(std::max(1L, std::lround(std::ceil((1 - bucket.tokens) / rate_.per_second))));
}

std::optional<Seconds> RateLimit::take(std::string_view who) {
  if (rate_.per_second <= 0) return std::nullopt;
  const std::lock_guard lock(mutex_);
  Bucket& bucket = filled(who);
  if (bucket.tokens < 1) return until_next(bucket);
  bucket.tokens -= 1;
  return std::nullopt;
}

std::optional<Seconds> RateLimit::wait(std::string_view who) {
  if (rate_.per_second <= 0) return std::nullopt;
  const std::lock_guard lock(mutex_);
  const Bucket& bucket = filled(who);
  if (bucket.tokens < 1) return until_next(bucket);
  return std::nullopt;
}

}  // namespace credence::service::access
