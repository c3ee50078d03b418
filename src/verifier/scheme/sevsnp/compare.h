// A report against the sets of reference values that are endorsed for its MEASUREMENT.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "evidence/sevsnp/check.h"
#include "rats/ear/ear.h"
#include "verifier/scheme/sevsnp/endorsed.h"
#include "verifier/trace.h"

namespace credence::verifier::sevsnp {

struct Comparison {
  rats::TrustVector vector;
  std::optional<Error> problem;
  std::vector<std::string> warnings;  // hazards that reference values allow
};

// Approved when all of any one set that is valid now is met and every hazard is endorsed by it. Otherwise the
// problem is that of the set that comes nearest. `sets` is null when nothing is known.
[[nodiscard]] Comparison compare(const evidence::sevsnp::Statements& statements, const ReferenceSets* sets,
                                 Timestamp now, std::string_view submodule, Trace& trace);

}  // namespace credence::verifier::sevsnp
