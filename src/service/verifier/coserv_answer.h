// What the store says to a CoSERV query (draft-ietf-rats-coserv section 3.4).
#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "rats/coserv/coserv.h"
#include "verifier/store.h"

namespace credence::service {

struct CoservTerms {
  Timestamp now;
  Timestamp expires;              // of the answer, at the latest: the CoRIMs that it stems from may expire sooner
  rats::CryptoKey own_authority;  // stands for the provisioner of an unsigned CoRIM
};

// Only what is valid at `now`. Errc::not_acceptable for a profile that no scheme here knows.
[[nodiscard]] Result<rats::CoservResults> answer_coserv(const verifier::Store& store, const rats::CoservQuery& query,
                                                        const CoservTerms& terms);

}  // namespace credence::service
