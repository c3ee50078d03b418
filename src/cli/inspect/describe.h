// Any file of ours as a tree of facts for people. Nothing is verified: what is shown is what the octets claim.
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "rats/cmw/cmw.h"
#include "rats/corim/corim.h"
#include "rats/coserv/coserv.h"
#include "rats/ear/ear.h"
#include "wire/json/json.h"

namespace credence::cli {

// Recognises the format from the octets and describes it; the member "format" names it. Errc::unsupported with the
// list of formats when nothing fits.
[[nodiscard]] Result<json::Object> describe(ByteView content);

[[nodiscard]] Result<json::Object> describe_cmw(const rats::Cmw& cmw);
[[nodiscard]] json::Object describe_corim(const rats::Corim& corim);
[[nodiscard]] json::Object describe_coserv(const rats::CoservQuery& query);
[[nodiscard]] json::Object describe_coserv(const rats::Coserv& message);
[[nodiscard]] json::Object describe_ear(const rats::Ear& ear);

}  // namespace credence::cli
