// What a relying party sees for itself before it asks a verifier: local and cheap (protocol.md section 3, step 2). A
// real Veraison ignores the nonce of the TPM scheme, so nothing else may be left to it.
#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "channel/peer.h"
#include "evidence/binding/binder.h"
#include "rats/cmw/cmw.h"
#include "verifier/appraiser.h"

namespace credence::channel {

// The kinds of evidence that this relying party offers to judge: those of its appraiser, without challenge forms, the
// test root unless allowed, and kinds that are neither read here nor named in enforces_nonce.
[[nodiscard]] std::vector<std::string> judged_media_types(const Demands& demands);
// The kinds of evidence that this attester offers to give: no challenge forms.
[[nodiscard]] std::vector<std::string> given_media_types(const Offer& offer);

// The request for the appraiser, when the evidence is bound to this connection and to the peer's leaf.
[[nodiscard]] Result<verifier::AppraisalRequest> check_locally(rats::CmwRecord record, const Demands& demands,
                                                               const evidence::Binder& binder, ByteView leaf_spki);

// Errc::reflection when the peer presents this side's own key.
[[nodiscard]] Result<void> check_not_reflected(ByteView peer_spki, ByteView own_spki);

}  // namespace credence::channel
