// What one authority says of one environment, bit by bit, is one statement (draft-ietf-rats-corim section 9.3.1.1).
#pragma once

#include <span>
#include <vector>

#include "base/result.h"
#include "rats/corim/measurement.h"

namespace credence::verifier {

// Adds to `known` what is said later. Values under an mkey that is known become values of the same measurement: a
// condition on an svn and a name is met also where evidence states the one and an endorsement the other. An mkey that
// stands more than once in one of the two is ambiguous, and stays so. Errc::conflict when the same value is stated in
// two ways: the draft has the verifier stop there.
[[nodiscard]] Result<void> merge(std::vector<rats::Measurement>& known, std::span<const rats::Measurement> added);

}  // namespace credence::verifier
