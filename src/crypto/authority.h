// Chains whose leaf the caller checks by itself, because OpenSSL does not take it: DICE's.
#pragma once

#include <span>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "crypto/certificate.h"

namespace credence::crypto {

// As verify_chain(), for an authority in place of the leaf: the issuer of a certificate that the caller checks, which
// counts for path length constraints. Critical extensions with the dotted OIDs `understood` are left to the caller.
[[nodiscard]] Result<void> verify_authority(const Certificate& authority, std::span<const Certificate> intermediates,
                                            std::span<const Certificate> anchors, Timestamp at,
                                            std::span<const std::string_view> understood = {});
// One link of a chain: the names agree and the signature is by the key of `issuer`. Neither validity nor whether the
// issuer may issue. Errc::untrusted_chain.
[[nodiscard]] Result<void> verify_issued_by(const Certificate& certificate, const Certificate& issuer);

}  // namespace credence::crypto
