// What a report states in CoRIM's terms.
#pragma once

#include "base/bytes.h"
#include "evidence/sevsnp/report.h"
#include "verifier/claims/accepted_claims.h"

namespace credence::verifier::sevsnp {

// By the mkeys of reference values, on the word of the VEK (DER SPKI). TCBs are left out: they compare part by part,
// and a condition would compare them as one number.
[[nodiscard]] AcceptedClaim stated(const evidence::sevsnp::Report& report, ByteView vek);

}  // namespace credence::verifier::sevsnp
