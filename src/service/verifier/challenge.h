// What evidence of a session must be bound to: from its media type and the session's nonce.
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/strong.h"
#include "verifier/appraiser.h"

namespace credence::service {

// protocol.md 2.8: purpose follows the media type. The nonce of a session with channel evidence is the binder;
// types that are no channel's take the
// nonce alone (tpm-challenge hashes it), and the test root's type serves for both. With `compatibility`, evidence that
// is no channel's is appraised a second time in Veraison's form, the nonce itself as extraData; a nonce that was made
// here
// (`own_nonce`) is no binder, and in compatibility mode it is Veraison's form alone. The challenges are to be tried in
// their order; the result says which form it was.
//
// Errc::invalid_value when the nonce can be no binder, 32 or 48 octets.
[[nodiscard]] Result<std::vector<verifier::Challenge>> challenges_for(std::string_view media_type, const Nonce& nonce,
                                                                      bool own_nonce, bool compatibility);

}  // namespace credence::service
