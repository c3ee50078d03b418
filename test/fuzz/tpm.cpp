// The bundle on any input: what is accepted survives being written and read again, and its checks never crash.
#include <cstddef>
#include <cstdint>

#include "evidence/tpm/check.h"
#include "evidence/tpm/endorsement.h"
#include "fuzz/demand.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace credence;
  using namespace credence::evidence;
  const ByteView input(data, size);
  if (const auto bundle = tpm::decode_bundle(input)) {
    const Bytes written = tpm::encode_bundle(*bundle);
    const auto again = tpm::decode_bundle(written);
    demand(again && tpm::encode_bundle(*again) == written);
  }
  if (const auto statements = tpm::decode_statements(input))
    static_cast<void>(tpm::check_statements(*statements, statements->certify.extra_data, Errc::nonce_mismatch));
  if (const auto facts = tpm::decode_key_record(input))
    demand(tpm::decode_key_record(tpm::encode_key_record(*facts)).has_value());
  return 0;
}
