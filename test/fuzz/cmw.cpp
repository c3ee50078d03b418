// CMW in all its forms: what is read can be written and read again, to the same octets.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "rats/cmw/cmw.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace credence;
  const auto cmw = rats::decode_cmw(ByteView(data, size));
  if (!cmw) return 0;
  const Bytes written = rats::encode_cmw_cbor(*cmw);
  const auto again = rats::decode_cmw(written);
  if (!again || rats::encode_cmw_cbor(*again) != written) std::abort();
  return 0;
}
