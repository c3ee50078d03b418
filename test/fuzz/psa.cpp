// A PSA token on any input: its checks never crash, and what is read can be described.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "evidence/psa/token.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace credence;
  const auto token = evidence::psa::decode_token(ByteView(data, size));
  if (!token) return 0;
  const auto& claims = token->claims;
  if (claims.implementation_id.size() != 32 || claims.instance_id.size() != 33) std::abort();
  if (claims.components.empty() != claims.no_measurements) std::abort();
  if (token->describe().empty()) std::abort();
  if (!evidence::psa::check_nonce(*token, Nonce(claims.nonce))) std::abort();
  return 0;
}
