// What a CoRIM says as JSON, in the form of Veraison's tools: {"environment": {...}, "measurements": [...]}. One way
// only, for policies and for people.
#pragma once

#include "rats/corim/comid.h"
#include "wire/json/json.h"

namespace credence::rats {

// Members that Credence does not interpret are left out.
[[nodiscard]] json::Object to_json(const ReferenceTriple& triple);

}  // namespace credence::rats
