// Offline bundles: what is read is written to the same octets, and nothing in it is trusted without a key.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "edge/bundle.h"
#include "edge/offline.h"
#include "support/fixed_evidence.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace credence;
  const ByteView input(data, size);
  const auto bundle = edge::decode_bundle(input);
  if (!bundle) return 0;
  const auto written = edge::encode_bundle(*bundle);
  if (!written || !equal(*written, input)) std::abort();
  // A key that signed nothing here.
  static const auto key = crypto::PrivateKey::from_pem(as_bytes(test::kFixedTlsKey)).value().public_key();
  const Timestamp now{Seconds(1'790'000'000)};
  if (edge::OfflineAnswers::open(*bundle, {.trust = {.keys = {key}}}, now)) std::abort();
  // And results that need none, for the readers behind the signature.
  if (const auto opened = edge::OfflineAnswers::open(*bundle, {.trust = {.allow_insecure_unsigned = true}}, now);
      opened && (*opened)->age().until != bundle->until)
    std::abort();
  return 0;
}
