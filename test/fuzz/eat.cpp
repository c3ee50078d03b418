// EAT claims in CBOR.
#include <cstddef>
#include <cstdint>

#include "rats/eat/eat.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  (void)credence::rats::decode_eat_claims(credence::ByteView(data, size));
  return 0;
}
