#include "service/verifier/recent_nonces.h"

#include <functional>
#include <string_view>

namespace credence::service {

bool RecentNonces::add(ByteView nonce) {
  const std::uint64_t hash = std::hash<std::string_view>()(as_text(nonce));
  if (known_.contains(hash)) return false;
  order_.reserve(most_);
  known_.insert(hash);  // the last that may fail: what is known has its place here, or it would be known for ever
  if (order_.size() < most_) {
    order_.push_back(hash);
    return true;
  }
  known_.erase(order_[oldest_]);
  order_[oldest_] = hash;
  oldest_ = (oldest_ + 1) % most_;
  return true;
}

}  // namespace credence::service
