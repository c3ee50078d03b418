// The claims of an EAR as JSON, for ear_to_json() and sign_ear().
#pragma once

#include "rats/ear/ear.h"

namespace credence::rats {

// Fails when confirmation_key is no SubjectPublicKeyInfo.
[[nodiscard]] Result<json::Object> write_ear(const Ear& ear, EarSpelling spelling);

}  // namespace credence::rats
