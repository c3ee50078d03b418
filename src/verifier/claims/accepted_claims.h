// What is accepted about one attester (the Appraisal Claims Set of draft-ietf-rats-corim section 9.3): first what its
// evidence states, then what endorsements add. Small and bounded; for one appraisal on one thread.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "rats/corim/comid.h"
#include "rats/corim/measurement.h"
#include "wire/json/json.h"

namespace credence::verifier {

struct AcceptedClaim {
  rats::Environment environment;
  std::vector<rats::Measurement> measurements;
  std::vector<rats::CryptoKey> authority;    // who speaks for it
  std::string source;                        // id of the CoRIM that added it; empty: evidence
  std::vector<rats::Environment> members{};  // of a domain, which is a claim without measurements
  Bytes identity{};  // DER SPKI of the key by which the environment was recognised, when that is the claim
};

// That one environment can be trusted only where others are (draft-ietf-rats-corim section 5.1.11.2).
struct AcceptedDependency {
  rats::DomainTriple triple;
  std::string source;  // id of the CoRIM
  bool met = false;    // all trustees are in domains that are accepted, as the domain is
};

// Who speaks for what evidence states: the key (DER SPKI) that signed it. Nobody when it is none that is known.
[[nodiscard]] std::vector<rats::CryptoKey> authority_of(ByteView spki);

class AcceptedClaims {
 public:
  // Errc::conflict when the same authority has said of the same environment and mkey something else: the draft has the
  // verifier stop there (section 9.3.1.1). Errc::too_large beyond kMostClaims or kMostMeasurements.
  [[nodiscard]] Result<void> add(AcceptedClaim claim);

  [[nodiscard]] const std::vector<AcceptedClaim>& all() const noexcept { return claims_; }

  // True when what one authority says of one environment, all of it together, meets the condition (section 9.4).
  [[nodiscard]] bool meet(const rats::Environment& environment, std::span<const rats::Measurement> measurements,
                          std::span<const rats::CryptoKey> authorized_by = {}) const;

  // Stated by evidence, or a domain that is accepted: what endorsements add makes no member ("Processing dm
  // Relations").
  [[nodiscard]] bool has_member(const rats::Environment& environment) const;
  // A domain that is accepted, or one of its members.
  [[nodiscard]] bool is_in_domain(const rats::Environment& environment) const;
  // Of an environment that is in a domain. Errc::too_large.
  [[nodiscard]] Result<void> add(AcceptedDependency dependency);

  // What endorsements added, for people and policies: [{environment, measurements, source}], of domains with "members",
  // of identities with "identity" (SHA-256 of the key) and of dependencies with "trustees" and "met" instead of
  // measurements. When the dependencies form a cycle none is met, and a "problem" says so.
  [[nodiscard]] json::Array endorsed() const;

  static constexpr std::size_t kMostClaims = 256, kMostMeasurements = 1'024;

 private:
  // By one authority of one environment, merged: what conditions are compared with.
  struct Said {
    rats::Environment environment;
    std::vector<rats::Measurement> measurements;
    std::vector<rats::CryptoKey> authority;
  };
  [[nodiscard]] Result<void> make_room(std::size_t measurements);

  std::vector<AcceptedClaim> claims_;
  std::vector<Said> said_;
  std::vector<AcceptedDependency> dependencies_;
  std::size_t measurements_ = 0;  // and members, and trustees
};

}  // namespace credence::verifier
