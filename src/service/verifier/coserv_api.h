// CoSERV over HTTP (draft-ietf-rats-coserv section 6.1): endorsements and reference values for other verifiers
// (docs/verifier-api.md).
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "crypto/key.h"
#include "service/http/message.h"
#include "service/verifier/routes.h"
#include "verifier/store.h"

namespace credence::service {

inline constexpr Seconds kDefaultCoservLifetime{3'600};
inline constexpr Seconds kMaxCoservLifetime{366 * 86'400};  // for bundles that are carried to where no network is

// Thread-safe.
class CoservApi {
 public:
  struct Parts {
    std::shared_ptr<const verifier::Store> store{};
    std::function<crypto::PrivateKey(Timestamp)> key{};  // what signs at this time
    Seconds lifetime = kDefaultCoservLifetime;           // of an answer, at most
    std::string version{};
    std::shared_ptr<const Clock> clock{};
    Log* log = &no_log();
  };
  explicit CoservApi(Parts parts) : parts_(std::make_shared<const Parts>(std::move(parts))) {}

  void add_routes(Routes& routes) const;

  [[nodiscard]] http::Response query(const http::Request& request) const;
  // /.well-known/coserv-configuration, in JSON or CBOR.
  [[nodiscard]] http::Response configuration(const http::Request& request) const;

 private:
  std::shared_ptr<const Parts> parts_;
};

}  // namespace credence::service
