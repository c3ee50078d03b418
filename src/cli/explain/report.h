// A result explained: claim by claim, what was expected, what came, from which CoRIM, what to do.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "rats/ear/ear.h"
#include "wire/json/json.h"

namespace credence::cli {

// Whether anybody vouches for the result.
enum class SignatureState : std::uint8_t { good, own, not_checked, none };
[[nodiscard]] std::string_view sentence_of(SignatureState signature) noexcept;

struct Explained {
  rats::Ear ear;
  SignatureState signature = SignatureState::not_checked;
  Timestamp now;

  [[nodiscard]] bool has_expired() const noexcept { return ear.expires && *ear.expires <= now; }
};

// For programs. "submodules" has one object each, with "claims" and "steps".
[[nodiscard]] json::Object explanation(const Explained& explained);
// The same for people, as lines; texts of the result are made printable.
[[nodiscard]] std::string explanation_text(const Explained& explained);

}  // namespace credence::cli
