// Evidence of rot/software: recognised by any mark it may carry, and refused unless the policy names the danger.
#pragma once

#include <string_view>

#include "base/result.h"
#include "evidence/tpm/bundle.h"
#include "verifier/policy.h"
#include "verifier/scheme/parsec_tpm/endorsed.h"

namespace credence::verifier {

[[nodiscard]] bool is_test_root(std::string_view media_type, const evidence::tpm::Bundle& bundle,
                                const TrustAnchor& anchor);
// Errc::test_root_refused.
[[nodiscard]] Result<void> check_test_root(std::string_view media_type, const evidence::tpm::Bundle& bundle,
                                           const TrustAnchor& anchor, const Policy& policy);

}  // namespace credence::verifier
