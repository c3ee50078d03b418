// COSE_Sign1: what decodes keeps its octets within the input, and nothing verifies with a key that never signed.
#include <cstdint>
#include <cstdlib>

#include "base/text.h"
#include "sign/cose/sign1.h"

namespace {

// The key of RFC 6979 appendix A.2.5.
const credence::crypto::PublicKey& key() {
  static const credence::crypto::PublicKey made =
      credence::crypto::PublicKey::from_ec_point(
          credence::crypto::KeyType::ec_p256,
          credence::from_hex("60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6").value(),
          credence::from_hex("7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299").value())
          .value();
  return made;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto message = credence::cose::decode_sign1({data, size}, credence::cose::Tagged::optional);
  if (!message) return 0;
  if (message->protected_octets.size() + message->payload.size() + message->signature.size() > size) std::abort();
  if (credence::cose::verify(*message, key())) std::abort();
  return 0;
}
