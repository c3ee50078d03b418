// The deny list of a verifier (docs/verifier-api.md), as an operator changes it.
#pragma once

#include <string_view>

#include "base/result.h"
#include "client/provision.h"
#include "wire/json/json.h"

namespace credence::client {

// {"kind", "value", "issuer" of a certificate, "issuer-certificate" of a crl, "reason"}. The entry as the verifier
// keeps it, with its id.
[[nodiscard]] Result<json::Object> revoke(const json::Object& revocation, const Provisioning& where);
[[nodiscard]] Result<json::Array> revocations(const Provisioning& where);
// Errc::not_found.
[[nodiscard]] Result<void> lift_revocation(std::string_view id, const Provisioning& where);

}  // namespace credence::client
