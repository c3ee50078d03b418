// The quoted PCRs against the reference values of the class.
#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "evidence/tpm/check.h"
#include "verifier/policy.h"
#include "verifier/scheme/parsec_tpm/endorsed.h"
#include "verifier/trace.h"

namespace credence::verifier {

// Errc::insufficient_pcrs names what the quote leaves out.
[[nodiscard]] Result<void> check_minimum_pcrs(const evidence::tpm::QuoteInfo& quote, const Policy& policy);

// Every quoted PCR has an approved value that is valid at `now`. With the values beside the quote (ext.pcrs, which
// check_statements() has found to hash to what was signed) the error names each PCR, expected and actual; without, only
// the composite digest. Errc::expired when the state was approved and nothing is wrong but the time. `trace` gets a
// step for each comparison, with the CoRIMs of the approved values.
[[nodiscard]] Result<void> compare_pcrs(const evidence::tpm::Statements& statements, const ReferenceValues* values,
                                        Timestamp now, Trace& trace);

}  // namespace credence::verifier
