// On whose word a CoRIM makes its statements.
#pragma once

#include <optional>

#include "base/result.h"
#include "rats/corim/comid.h"
#include "verifier/revocation/identity.h"

namespace credence::verifier {

// draft-ietf-rats-corim section 9.3.2: a statement that names who authorises it (authorized-by) holds when that is who
// signed the CoRIM. Errc::unauthorized else, and always in an unsigned CoRIM: the provisioner speaks for itself only.
// Conditions are no statements: whom they name is compared with who speaks for the claims that meet them.
[[nodiscard]] Result<void> check_authorities(const rats::Comid& comid,
                                             const std::optional<CorimSignerIdentity>& signer);

}  // namespace credence::verifier
