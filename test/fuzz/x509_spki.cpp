// SubjectPublicKeyInfo and certificates: what is accepted has exactly the encoding that was given.
#include <cstdint>
#include <cstdlib>

#include "crypto/certificate.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace credence;
  const ByteView input(data, size);
  if (const auto key = crypto::PublicKey::from_spki(input)) {
    if (!equal(key->spki(), input)) std::abort();
  }
  if (const auto certificate = crypto::Certificate::from_der(input)) {
    if (!equal(certificate->der(), input)) std::abort();
    std::ignore = certificate->subject();
    if (const auto key = certificate->public_key(); key && !equal(key->spki(), certificate->spki())) std::abort();
  }
  return 0;
}
