// Questions to a CoSERV service (draft-ietf-rats-coserv section 6.1) over HTTP, on one I/O thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "base/secret.h"
#include "client/coserv_check.h"
#include "client/http.h"
#include "rats/coserv/coserv.h"

namespace credence::client {

struct CoservService {
  std::string url;  // "https://verifier.example:8443"
  CoservTrust trust{};
  HttpOptions http{.max_response = 4 << 20};
  std::optional<SecretBytes> token{};             // sent as "Authorization: Bearer"
  std::chrono::milliseconds deadline{5'000};      // of one question
  std::chrono::seconds discovery_max_age{3'600};  // then the service is asked again what it serves
  std::size_t max_concurrent = 16;                // transfers at the same time
};

struct CoservAnswer {
  Bytes octets;  // exactly as they came: what can be kept and checked again
  rats::Coserv message;
};

// Thread-safe.
class CoservClient {
 public:
  using Done = std::move_only_function<void(Result<CoservAnswer>)>;
  virtual ~CoservClient() = default;
  // `done` is called exactly once, on the I/O thread, which it must not block, or before this returns. The answer has
  // been checked (check_coserv), and is for this query. Errc::untrusted_verifier (TLS, signature), expired, stale,
  // invalid_value (an answer to another query), not_acceptable, too_large, unavailable, timeout.
  virtual void ask(rats::CoservQuery query, Done done) = 0;
};

// Nothing is contacted yet. Errc::configuration without anything to trust, usage for the URL.
[[nodiscard]] Result<std::shared_ptr<CoservClient>> coserv_client(CoservService service,
                                                                  std::shared_ptr<const Clock> clock,
                                                                  Log& log = no_log());

// Blocks until the answer is there. Not on the client's own I/O thread.
[[nodiscard]] Result<CoservAnswer> ask_and_wait(CoservClient& client, rats::CoservQuery query);

}  // namespace credence::client
