// States in which a genuine guest keeps no secrets from its host, or shares them with others: refused unless a
// reference value says so itself (A10).
#pragma once

#include <span>
#include <string_view>

#include "evidence/sevsnp/report.h"
#include "rats/ear/ear.h"
#include "verifier/scheme/sevsnp/endorsed.h"

namespace credence::verifier::sevsnp {

struct Hazard {
  std::string_view text;    // a sentence for the operator
  std::string_view opt_in;  // which reference value allows it
  rats::TrustClaim claim{};
  std::int8_t value = 0;  // of the claim, where it is not endorsed
  bool (*is_present)(const evidence::sevsnp::Report&) = nullptr;
  bool (*is_endorsed)(const evidence::sevsnp::Report&, const ReferenceSet&) = nullptr;
};

[[nodiscard]] std::span<const Hazard> hazards();

}  // namespace credence::verifier::sevsnp
