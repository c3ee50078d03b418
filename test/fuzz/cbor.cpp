// The CBOR reader on any input: what is accepted as deterministic is written again octet for octet, and the readers of
// whole items agree on what is accepted.
#include <cstddef>
#include <cstdint>

#include "fuzz/demand.h"
#include "support/cbor_transcode.h"
#include "wire/cbor/diagnostic.h"
#include "wire/cbor/reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace credence;
  const ByteView input(data, size);
  const bool well_formed = cbor::check_well_formed(input).has_value();
  demand(cbor::to_diagnostic(input).has_value() == well_formed);

  const cbor::Limits deterministic{.form = cbor::Form::deterministic};
  const bool accepted = cbor::check_well_formed(input, deterministic).has_value();
  demand(!accepted || well_formed);
  const Result<Bytes> again = test::transcode(input, deterministic);
  demand(again.has_value() == accepted);
  if (accepted) demand(equal(*again, input));
  return 0;
}
