// What the result says of the quote and of who signed it.
#pragma once

#include "evidence/tpm/check.h"
#include "rats/ear/ear.h"
#include "verifier/claims/accepted_claims.h"
#include "verifier/scheme/parsec_tpm/endorsed.h"
#include "verifier/scheme/parsec_tpm/form.h"

namespace credence::verifier {

[[nodiscard]] json::Object quote_claims(const evidence::tpm::Statements& statements);
// kat and pat as Veraison's Parsec library writes them in JSON. Policies cannot decode a TPMS_ATTEST, so pat has its
// PCRs too, by the names of TPM_ENACTTRUST.
[[nodiscard]] json::Object claims_of(const evidence::tpm::Statements& statements);
// The quoted PCRs whose values stand beside the quote, under the class and the instance that endorsements name, on the
// word of the attestation key.
[[nodiscard]] AcceptedClaim stated_claim(const evidence::tpm::Statements& statements, const TrustAnchor& anchor);
void describe_signer(const TrustAnchor& anchor, Form form, rats::CredenceClaims& claims);
void mark_test_root(rats::CredenceClaims& claims);

}  // namespace credence::verifier
