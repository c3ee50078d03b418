// A report as Veraison's policies see it.
#pragma once

#include "base/result.h"
#include "evidence/sevsnp/report.h"
#include "wire/json/json.h"

namespace credence::verifier::sevsnp {

// Veraison turns the report into a CoRIM, which in JSON has its CoMID encoded in `tags`: no policy can read that. So
// the triple is beside it as `triples`, in the JSON of a CoMID.
[[nodiscard]] Result<json::Object> claims_of(const evidence::sevsnp::Report& report);

}  // namespace credence::verifier::sevsnp
