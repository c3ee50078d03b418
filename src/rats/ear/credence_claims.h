// The claims that Credence adds, as members of an object: of a JSON EAR, and under the same names of a CBOR one.
#pragma once

#include "base/result.h"
#include "rats/ear/ear.h"
#include "wire/json/json.h"

namespace credence::rats {

void add_credence_claims(json::Object& object, const CredenceClaims& claims);
// Members under other names are not looked at.
[[nodiscard]] Result<CredenceClaims> credence_claims_from_json(const json::Object& object);

}  // namespace credence::rats
