// A key of the state directory on any input: what is accepted is exactly what would be written.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "rot/tpm2/key_record.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace credence;
  const ByteView input(data, size);
  const auto record = rot::tpm2::decode_key_record(input);
  if (record && !equal(rot::tpm2::encode(*record).view(), input)) std::abort();
  return 0;
}
