// Who signed a CoRIM, by corim-meta (draft-ietf-rats-corim section 4.2.4) or by CWT claims (section 4.2.3).
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "rats/corim/corim.h"
#include "rats/corim/read.h"
#include "sign/cose/sign1.h"

namespace credence::rats {

// One of the two must be there. Errc::conflict when both are and do not say the same: a reader of the one would be told
// of another signer, or another period, than a reader of the other.
[[nodiscard]] Result<CorimSigner> read_signer(const cose::Headers& protected_headers, CorimReading& reading);
[[nodiscard]] Bytes write_corim_meta(const CorimSigner& signer);

}  // namespace credence::rats
