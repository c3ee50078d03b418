// CoSERV: a query that is read is written to the same octets, and what is read of results is written again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "rats/coserv/coserv.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace credence;
  const ByteView input(data, size);
  if (const auto query = rats::decode_coserv_query(input)) {
    const auto written = rats::encode_coserv_query(*query);
    if (!written || !equal(*written, input)) std::abort();
  }
  if (const auto message = rats::decode_coserv(input)) {
    const auto written = rats::encode_coserv(message->query, message->results);
    if (written && !rats::decode_coserv(*written)) std::abort();
  }
  // No key is pinned: nothing may be trusted.
  if (rats::verify_coserv(input, {})) std::abort();
  return 0;
}
