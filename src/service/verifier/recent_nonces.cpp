#include "service/verifier/recent_nonces.h"

#include <functional>
#include <string_view>

namespace credence::service {

bool RecentNonces::add(ByteView nonce) {
  const std::uint64_t hash = std::hash<std::string_view>()(as_text(nonce));
  if (known_.contains(hash)) return false;
  if (order_.size() < most_) {
    order_.push_back(hash);  // first: what is known and has no place here would be known for ever
    known_.insert(hash);
    return true;
  }
  known_.insert(hash);
  known_.erase(order_[oldest_]);
  order_[oldest_] = hash;
  oldest_ = (oldest_ + 1) % most_;
  return true;
}

}  // namespace credence::service
