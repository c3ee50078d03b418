// The keys of a verifier that rotates them: a JWK set (RFC 7517) in a file or behind an authenticated TLS connection,
// kept, and fetched anew when it gets old or a result names a key that is not in it.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "client/http.h"
#include "crypto/key.h"

namespace credence::client {

struct KeySetOptions {
  std::string location;  // https://verifier.example:8443/.well-known/jwks.json, or a file
  // Of the connection: allow_insecure_http has no effect here. Whoever answers names the keys that results are believed
  // by, so the connection is all the trust there is.
  HttpOptions http{};
  std::chrono::seconds refresh{60};     // so old a set is fetched anew, while it serves on
  std::chrono::seconds max_age{3'600};  // so old a set counts no more: a key that was taken back is gone by then
  std::chrono::milliseconds least_interval{1'000};  // between two fetches, whatever results ask for
};

// Thread-safe.
class KeySet {
 public:
  using Keys = std::vector<crypto::PublicKey>;
  virtual ~KeySet() = default;

  // Those that count now; none before the first fetch, and when the set is too old.
  [[nodiscard]] virtual Keys keys() = 0;
  // True when keys() has a key of that RFC 7638 thumbprint, which fetching would not change.
  [[nodiscard]] virtual bool knows(std::string_view kid) const = 0;
  // Calls `done` once a fetch is over, well or not, on any thread: the one that is under way, or one that begins as
  // soon as least_interval allows. Callers share it.
  virtual void refresh(std::move_only_function<void()> done) = 0;
};

// Reads a file at once: Errc::not_found, malformed, missing_member. A URL is not asked before it is needed.
// Errc::configuration when the URL is not https.
[[nodiscard]] Result<std::shared_ptr<KeySet>> open_key_set(KeySetOptions options, Log& log = no_log());

}  // namespace credence::client
