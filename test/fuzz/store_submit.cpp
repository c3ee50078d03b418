// Any CoRIM into a store: it is taken whole or not at all, and taken again it is a duplicate.
#include <cstddef>
#include <cstdint>

#include "fuzz/demand.h"
#include "rats/corim/corim.h"
#include "verifier/store/memory/store.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace credence;
  const ByteView input(data, size);
  const auto corim = rats::decode_corim(input);
  if (!corim) return 0;
  const auto store = verifier::memory_store();
  const auto stored = store->submit(*corim, input);
  demand(store->generation() == (stored ? 1U : 0U));
  if (stored) demand(store->submit(*corim, input)->duplicate);
  return 0;
}
