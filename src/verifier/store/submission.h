// What every store does with a CoRIM before it keeps it.
#pragma once

#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "verifier/documents.h"
#include "verifier/revocation/identity.h"
#include "verifier/store/content.h"

namespace credence::verifier {

// The id of a submission: SHA-256 of its octets in hexadecimal, so that the same octets have the same id everywhere.
// What it says has fingerprints of its own (docs/decisions/store.md, "Fingerprints").
[[nodiscard]] Result<std::string> submission_id(ByteView octets);

// Whether octets that were submitted are a signed CoRIM (#6.18).
[[nodiscard]] bool is_signed(ByteView octets) noexcept;
// Who signed it, by the certificate beside the signature, which was checked before the CoRIM came here. Nothing for an
// unsigned one.
[[nodiscard]] Result<std::optional<CorimSignerIdentity>> signer_of(ByteView octets);

// What a CoRIM that is stored says. The signature was checked before it was stored, against the anchors of that time.
[[nodiscard]] Result<Content> content_of(const Document& stored);

}  // namespace credence::verifier
