// The claims of an EAR as JSON, for ear_to_json() and sign_ear().
#pragma once

#include "rats/ear/ear.h"

namespace credence::rats {

// Fails when confirmation_key is no SubjectPublicKeyInfo.
[[nodiscard]] Result<void> write_ear(const Ear& ear, EarSpelling spelling, json::Object& object);

}  // namespace credence::rats
