// CoRIM, unsigned and signed: what is read and has a form in revision 10 is written, and read again to the same octets.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "rats/corim/corim.h"

namespace {

void write_and_read(const credence::rats::Corim& corim) {
  const auto written = credence::rats::encode_corim(corim);
  if (!written) return;
  const auto again = credence::rats::decode_corim(*written);
  if (!again || again->legacy || credence::rats::encode_corim(*again).value() != *written) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace credence;
  const ByteView input(data, size);
  if (const auto corim = rats::decode_corim(input)) write_and_read(*corim);
  if (const auto corim = rats::decode_signed_corim(input)) {
    // No anchor is given: nothing may be trusted.
    if (rats::verify_signed_corim(*corim, {}, Timestamp{})) std::abort();
  }
  return 0;
}
