// The three things that extraData may be, and which keys may sign which (protocol.md 2.8).
#pragma once

#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "verifier/appraiser.h"
#include "verifier/policy.h"
#include "verifier/scheme/parsec_tpm/endorsed.h"

namespace credence::verifier {

enum class Form : std::uint8_t {
  channel,      // a binder, signed by a channel key
  challenge,    // a hashed nonce, signed by a challenge key
  plain_nonce,  // Veraison's: the nonce verbatim; compatibility mode
};

// The scheme's own constant for a media type that it takes, whatever its case.
[[nodiscard]] std::string_view known_media_type(std::string_view media_type);

// Errc::wrong_purpose when media type and challenge do not go together, or the policy does not allow the form.
[[nodiscard]] Result<Form> form_of(std::string_view media_type, const Challenge& challenge, const Policy& policy);
[[nodiscard]] Result<Bytes> expected_extra_data(Form form, const Challenge& challenge);
[[nodiscard]] Errc mismatch_of(Form form) noexcept;
// The endorsement lets this key sign evidence of this form.
[[nodiscard]] Result<void> check_form(Form form, const TrustAnchor& anchor, const Policy& policy);

}  // namespace credence::verifier
