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
//
// `presented` must be what follows the authority in the path, one issued by the next: all of them are part of it when
// this succeeds, and what they say is signed. `others` may come after them.
struct AuthorityPath {
  std::span<const Certificate> presented{};
  std::span<const Certificate> others{};
  std::span<const Certificate> anchors;
};
[[nodiscard]] Result<void> verify_authority(const Certificate& authority, const AuthorityPath& path, Timestamp at,
                                            std::span<const std::string_view> understood = {});
// One link of a chain: the names agree and the signature is by the key of `issuer`. Neither validity nor whether the
// issuer may issue. Errc::untrusted_chain.
[[nodiscard]] Result<void> verify_issued_by(const Certificate& certificate, const Certificate& issuer);

}  // namespace credence::crypto
