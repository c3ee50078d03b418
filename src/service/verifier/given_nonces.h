// The nonces of clients for which evidence was appraised lately: what notices a client that repeats itself.
#pragma once

#include <mutex>

#include "base/strong.h"
#include "service/verifier/recent_nonces.h"

namespace credence::service {

// Thread-safe. One node's own: what another node appraised it has not seen.
class GivenNonces {
 public:
  // False when it is among the last ones already.
  [[nodiscard]] bool add(const Nonce& nonce);

 private:
  std::mutex mutex_;
  RecentNonces recent_{1 << 14};
};

}  // namespace credence::service
