// Whoever answers at the address where a relying party looks for its verifier: over HTTP, as Veraison does. On the way
// there stands the attacker; what a result is worth lies in its signature, not in where it came from.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "channel/peer.h"
#include "crypto/key.h"
#include "service/http/server.h"
#include "support/running.h"
#include "verifier/appraiser.h"

namespace credence::attack {

class VerifierAddress {
 public:
  // Gives the signed result for a request.
  using Answer = std::function<std::string(const verifier::AppraisalRequest&)>;
  explicit VerifierAddress(Answer answer);

  // Sends its evidence here, and believes results that `pinned` signed.
  [[nodiscard]] channel::Demands asked_by(channel::Demands demands, const crypto::PublicKey& pinned) const;

 private:
  test::Running<service::http::Server> server_;
};

// For the binder that a request is about: its length tells the hash.
[[nodiscard]] evidence::Binder binder_of(ByteView octets);

}  // namespace credence::attack
