// The TPM structures on any input: what is accepted is bounded, and a signature is written again octet for octet.
#include <cstddef>
#include <cstdint>

#include "evidence/tpm/structures.h"
#include "fuzz/demand.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace credence;
  using namespace credence::evidence;
  const ByteView input(data, size);
  if (const auto area = tpm::decode_public(input)) {
    demand(equal(area->raw, input));
    demand(tpm::name_of(*area).has_value());
  }
  if (const auto signature = tpm::decode_signature(input)) demand(equal(tpm::encode_signature(*signature), input));
  if (const auto quote = tpm::decode_quote(input))
    demand(std::get<tpm::QuoteInfo>(quote->info).selections.size() <= 16 && !tpm::decode_certify(input));
  if (const auto certify = tpm::decode_certify(input)) demand(certify->extra_data.size() <= 66);
  return 0;
}
