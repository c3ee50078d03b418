// Endorsement lifecycle management (Veraison's application/vnd.veraison.elm-v1+cbor): which endorsements to activate or
// to deactivate.
//
//   elm-query = { 3 => [ + [ 2, corim-id ] ] }
//
// The other form of the query, by profile, artifact type and environments (0, 1, 2), and CoMIDs among the selectors
// are refused with Errc::unsupported: CoRIMs are active or not as a whole.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "rats/corim/comid.h"

namespace credence::rats {

inline constexpr std::string_view kElmMediaType = "application/vnd.veraison.elm-v1+cbor";

struct ElmQuery {
  std::vector<TagId> corims;  // at least one, ids as the CoRIMs give them to themselves
};

// At most 1024 selectors.
[[nodiscard]] Result<ElmQuery> decode_elm_query(ByteView input);

}  // namespace credence::rats
