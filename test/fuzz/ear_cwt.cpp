// EAR in CBOR: the claims, and the whole CWT.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "rats/ear/ear.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace credence;
  const ByteView input(data, size);
  // No key is given: nothing may be trusted.
  if (rats::verify_ear_cwt(input, {})) std::abort();
  (void)rats::decode_ear_cwt(input);
  const auto ear = rats::ear_from_cbor(input);
  if (!ear) return 0;
  const auto encoded = rats::ear_to_cbor(*ear);
  if (!encoded) return 0;  // nested deeper than is written
  const auto again = rats::ear_from_cbor(*encoded);
  if (!again || again->is_affirming() != ear->is_affirming() || again->status() != ear->status()) std::abort();
  const auto as_json = rats::ear_from_json(rats::ear_to_json(*ear));
  if (!as_json || as_json->is_affirming() != ear->is_affirming()) std::abort();
  return 0;
}
