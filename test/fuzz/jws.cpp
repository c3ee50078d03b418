// JWS and JWK: a JWS keeps exactly its signing input, a JWK is the same key after encoding.
#include <cstdint>
#include <cstdlib>

#include "sign/jose/jwk.h"
#include "sign/jose/jws.h"

namespace {

void read_jws(std::string_view text) {
  const auto jws = credence::jose::decode_jws(text);
  if (!jws) return;
  if (!text.starts_with(jws->signing_input + ".")) std::abort();
}

void read_jwk(std::string_view text) {
  const auto value = credence::json::parse(text);
  if (!value || !value->is_object()) return;
  std::ignore = credence::jose::keys_from_jwks(*value);
  const auto key = credence::jose::key_from_jwk(value->get_object());
  if (!key) return;
  const auto encoded = credence::jose::jwk_from_key(*key);
  if (!encoded) std::abort();
  const auto again = credence::jose::key_from_jwk(*encoded);
  if (!again || *again != *key) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = credence::as_text({data, size});
  read_jws(text);
  read_jwk(text);
  return 0;
}
