// The result while the engine works on it. Until accept() it can only become a refusal.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "rats/ear/ear.h"
#include "verifier/appraiser.h"

namespace credence::verifier {

class ResultDraft {
 public:
  ResultDraft(const Challenge& challenge, Timestamp now);

  [[nodiscard]] rats::Ear& ear() noexcept { return ear_; }
  // The submodule of the scheme; there is one.
  [[nodiscard]] rats::Submodule& begin_submodule(std::string_view scheme);

  // Each ends the draft. The trust vectors are the ones that Veraison gives.
  [[nodiscard]] rats::Ear unknown_media_type(std::string_view media_type);
  // Not authentic, or not for this challenge: nothing in it can be believed.
  [[nodiscard]] rats::Ear refuse(const Error& reason);
  // Authentic, but the platform runs something that is not approved.
  [[nodiscard]] rats::Ear unrecognised(const Error& reason);
  [[nodiscard]] rats::Ear accept(ByteView attested_key);

 private:
  void set_problem(const Error& reason);

  rats::Ear ear_;
  rats::Submodule* submodule_ = nullptr;
};

}  // namespace credence::verifier
