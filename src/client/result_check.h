// What a result from a remote verifier must satisfy before anybody reads it.
#pragma once

#include <span>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "client/remote_appraiser.h"
#include "rats/ear/ear.h"

namespace credence::client {

// protocol.md section 3, "On a result from a remote verifier": signature, issuer, nonce, issue time. Whether it is
// affirming, and about which key, is left to the caller. `more_keys` count beside the pinned ones: those of a key set
// that the caller trusts.
[[nodiscard]] Result<rats::Ear> check_result(std::string_view token, const RemoteVerifier& verifier, ByteView nonce,
                                             Timestamp now, std::span<const crypto::PublicKey> more_keys = {});

}  // namespace credence::client
