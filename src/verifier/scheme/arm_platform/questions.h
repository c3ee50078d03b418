// What to ask a CoSERV service about a root of trust of Arm's.
#pragma once

#include <span>
#include <string_view>

#include "base/bytes.h"
#include "verifier/scheme/questions.h"

namespace credence::verifier::arm {

// Of a key that anchor_key() made: by instance.
[[nodiscard]] Questions ask_for_key(std::span<const std::string_view> profiles, ByteView anchor_key);
// Reference values of a class.id as bytes (tag 560): an implementation, or a realm's initial measurement.
[[nodiscard]] Questions ask_for_values(std::span<const std::string_view> profiles, ByteView id);

}  // namespace credence::verifier::arm
