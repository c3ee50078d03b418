// What a CoSERV result must satisfy before anybody reads it, whether it has just come or was kept.
#pragma once

#include <chrono>
#include <memory>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "client/key_set.h"
#include "crypto/key.h"
#include "rats/coserv/coserv.h"

namespace credence::client {

// By whose signature results are believed.
struct CoservTrust {
  // Pinned, those of a key set, or both. Never taken from a result or from discovery: who answers there could name its
  // own.
  std::vector<crypto::PublicKey> keys{};
  std::shared_ptr<KeySet> key_set{};
  // Results that nobody signed count too. Whoever can answer then says what is trusted.
  bool allow_insecure_unsigned = false;
  std::chrono::seconds clock_skew{30};  // how far in the future a result may have been made
  rats::CoservLimits limits{};

  // All that count now.
  [[nodiscard]] std::vector<crypto::PublicKey> keys_now() const;
};

// The result in these octets, which a trusted key signed and which has not expired. Errc::untrusted_verifier when
// nobody, or nobody trusted, signed it; expired; stale when it was made in the future.
[[nodiscard]] Result<rats::Coserv> check_coserv(ByteView octets, const CoservTrust& trust, Timestamp now);
// The same without the times: what was signed, however long ago.
[[nodiscard]] Result<rats::Coserv> verify_coserv(ByteView octets, const CoservTrust& trust);

// Errc::configuration when there is nothing to believe a result by.
[[nodiscard]] Result<void> check_trust(const CoservTrust& trust);

}  // namespace credence::client
