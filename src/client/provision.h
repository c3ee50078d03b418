// Gives endorsements and reference values to a verifier (Veraison's provisioning API).
#pragma once

#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "base/secret.h"
#include "client/http.h"

namespace credence::client {

struct Provisioning {
  std::string url;  // of the verifier: "https://verifier.example:8443"
  HttpOptions http{};
  std::optional<SecretBytes> token{};  // sent as "Authorization: Bearer"
};

struct ProvisioningOutcome {
  bool success = false;
  bool duplicate = false;  // the verifier says that it had these very octets already
  std::string failure_reason;
};

// Adds the token, when there is one.
[[nodiscard]] Result<void> authorize(HttpRequest& request, const Provisioning& where);

// The media type that a CoRIM is submitted with, signed or not, from its own profile:
// application/rim+cbor; profile="tag:..."
[[nodiscard]] Result<std::string> corim_media_type(ByteView corim);

// An outcome that is no success is the verifier's answer about this CoRIM. An Error means that there was none:
// Errc::unauthorized, unavailable, timeout, unsupported (the verifier knows no such profile), ...
[[nodiscard]] Result<ProvisioningOutcome> provision(ByteView corim, const Provisioning& where);

}  // namespace credence::client
