// COSE_Key: what decodes is the same key after encoding.
#include <cstdint>
#include <cstdlib>

#include "sign/cose/key.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto key = credence::cose::decode_key({data, size});
  if (!key) return 0;
  const auto encoded = credence::cose::encode_key(*key);
  if (!encoded) std::abort();
  const auto again = credence::cose::decode_key(*encoded);
  if (!again || *again != *key) std::abort();
  return 0;
}
