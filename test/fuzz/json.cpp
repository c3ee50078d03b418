// The JSON parser on any input: what it accepts has a text that it accepts again, as the same value.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "base/bytes.h"
#include "wire/json/json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace credence;
  const Result<json::Value> value = json::parse(as_text(ByteView(data, size)));
  if (!value) return 0;
  const Result<json::Value> compact = json::parse(json::to_text(*value));
  const Result<json::Value> pretty = json::parse(json::to_pretty_text(*value), {.bytes = std::size_t{1} << 30});
  if (!compact || !pretty || *compact != *pretty) std::abort();
  return 0;
}
