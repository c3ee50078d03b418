// What is accepted about one attester (the Appraisal Claims Set of draft-ietf-rats-corim section 9.3): first what its
// evidence states, then what endorsements add. Small and bounded; for one appraisal on one thread.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "rats/corim/comid.h"
#include "rats/corim/measurement.h"
#include "wire/json/json.h"

namespace credence::verifier {

struct AcceptedClaim {
  rats::Environment environment;
  std::vector<rats::Measurement> measurements;
  std::vector<rats::CryptoKey> authority;  // who speaks for it
  std::string source;                      // id of the CoRIM that added it; empty: evidence
};

class AcceptedClaims {
 public:
  // Errc::conflict when the same authority has said of the same environment and mkey something else: the draft has the
  // verifier stop there (section 9.3.1.1). Errc::too_large beyond kMostClaims or kMostMeasurements.
  [[nodiscard]] Result<void> add(AcceptedClaim claim);

  [[nodiscard]] const std::vector<AcceptedClaim>& all() const noexcept { return claims_; }

  // True when one claim meets the condition (section 9.4).
  [[nodiscard]] bool meet(const rats::Environment& environment, std::span<const rats::Measurement> measurements,
                          std::span<const rats::CryptoKey> authorized_by = {}) const;

  // What endorsements added, for people and policies: [{environment, measurements, source}].
  [[nodiscard]] json::Array endorsed() const;

  static constexpr std::size_t kMostClaims = 256, kMostMeasurements = 1'024;

 private:
  std::vector<AcceptedClaim> claims_;
  std::size_t measurements_ = 0;
};

}  // namespace credence::verifier
