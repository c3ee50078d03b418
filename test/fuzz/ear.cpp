// EAR: the claims as JSON, and the whole JWT.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "rats/ear/ear.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace credence;
  const std::string_view text = as_text(ByteView(data, size));
  // No key is given: nothing may be trusted.
  if (rats::verify_ear(text, {})) std::abort();
  (void)rats::decode_ear(text);
  const auto claims = json::parse(text);
  if (!claims) return 0;
  const auto ear = rats::ear_from_json(*claims);
  if (!ear) return 0;
  for (const auto spelling : {rats::EarSpelling::veraison, rats::EarSpelling::draft}) {
    const auto again = rats::ear_from_json(rats::ear_to_json(*ear, spelling));
    if (!again || again->is_affirming() != ear->is_affirming() || again->status() != ear->status()) std::abort();
  }
  return 0;
}
