// What the result says of the quote and of who signed it.
#pragma once

#include "evidence/tpm/check.h"
#include "rats/ear/ear.h"
#include "verifier/scheme/parsec_tpm/form.h"
#include "verifier/store.h"

namespace credence::verifier {

void describe_quote(const evidence::tpm::Statements& statements, rats::Submodule& submodule);
void describe_signer(const TrustAnchor& anchor, Form form, rats::CredenceClaims& claims);
void mark_test_root(rats::CredenceClaims& claims);

}  // namespace credence::verifier
