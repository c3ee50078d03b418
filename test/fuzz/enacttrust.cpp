// EnactTrust's token on any input: its checks never crash, and nothing is affirmed that nobody endorsed.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "evidence/enacttrust/token.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace credence;
  namespace enacttrust = evidence::enacttrust;
  const auto token = enacttrust::decode_token(ByteView(data, size));
  if (!token) return 0;
  if (token->attest.size() + 18 > size) std::abort();
  static_cast<void>(enacttrust::claims_of(*token));
  static_cast<void>(enacttrust::check_token(*token, Nonce(token->quote.extra_data)));
  return 0;
}
