// What policies see as `endorsements`.
#pragma once

#include "base/result.h"
#include "verifier/endorsements.h"
#include "wire/json/json.h"

namespace credence::verifier {

// The triples of reference values that the scheme looked up for this evidence and that are valid now, in Veraison's
// JSON, each with the id of its CoRIM as "corim". A failure of the store is remembered in `endorsements` too.
[[nodiscard]] Result<json::Array> endorsements_json(Endorsements& endorsements);

}  // namespace credence::verifier
