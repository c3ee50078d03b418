// Endorsement lifecycle management (Veraison's application/vnd.veraison.elm-v1+cbor): which endorsements to activate or
// to deactivate, by what they are about or by the documents that carry them.
//
//   elm-query = { 0 => profile, 1 => artifact-type, 2 => environment-selector } / { 3 => [ + [ kind, id ] ] }
//
// Profile, artifact type and selectors are those of CoSERV.
#pragma once

#include <string_view>
#include <variant>

#include "base/bytes.h"
#include "base/result.h"
#include "rats/coserv/coserv.h"

namespace credence::rats {

inline constexpr std::string_view kElmMediaType = "application/vnd.veraison.elm-v1+cbor";

// The profile of a query by ids is empty, and so is the result type of one by environments.
using ElmQuery = CoservQuery;

// At most 64 selectors of environments, and 1024 ids. Errc::unsupported for the ids of CoSWIDs.
[[nodiscard]] Result<ElmQuery> decode_elm_query(ByteView input);

}  // namespace credence::rats
