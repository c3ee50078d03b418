#include "service/verifier/given_nonces.h"

namespace credence::service {

bool GivenNonces::add(const Nonce& nonce) {
  const std::lock_guard lock(mutex_);
  return recent_.add(nonce.view());
}

}  // namespace credence::service
