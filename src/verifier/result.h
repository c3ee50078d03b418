// The result while the engine works on it. Until finish() it can only become a refusal.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "rats/ear/ear.h"
#include "verifier/appraiser.h"
#include "verifier/scheme/scheme.h"

namespace credence::verifier {

class ResultDraft {
 public:
  ResultDraft(const Challenge& challenge, Timestamp now);

  [[nodiscard]] rats::Ear& ear() noexcept { return ear_; }

  // Each ends the draft. The trust vectors of refusals are the ones that Veraison gives.
  [[nodiscard]] rats::Ear unknown_media_type(std::string_view media_type);
  // Not authentic, or not for this challenge: nothing in it can be believed.
  [[nodiscard]] rats::Ear refuse(std::string_view scheme, const Error& reason);
  // Authentic: as good as its vectors.
  [[nodiscard]] rats::Ear finish(Appraised appraised);

 private:
  [[nodiscard]] rats::Ear fill(std::string_view submodule, std::int8_t claim, const Error& reason);

  rats::Ear ear_;
};

// Once nothing can change any more: the attested key, beside the submodule of that name, only when everything is
// affirming.
void name_attested_key(rats::Ear& ear, std::string_view submodule, ByteView key);

}  // namespace credence::verifier
