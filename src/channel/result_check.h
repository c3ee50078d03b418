// The checks on an attestation result before it counts for a connection (protocol.md section 3, "On a result from a
// remote verifier"). The same for the engine in this process: one set of rules, one place.
#pragma once

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "channel/peer.h"
#include "evidence/binding/binder.h"
#include "rats/ear/ear.h"

namespace credence::channel {

struct Expected {
  const Demands& demands;
  const evidence::Binder& binder;
  ByteView leaf_spki;
  Timestamp now;
};

// The result was authenticated by the appraiser. What is returned is pending until the handshake has proven that the
// peer holds the key.
[[nodiscard]] Result<PeerAppraisal> check_result(rats::Ear ear, const Expected& expected);

}  // namespace credence::channel
