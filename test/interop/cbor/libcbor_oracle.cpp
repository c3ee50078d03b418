#include <cbor.h>

#include <cstdlib>

#include "interop/cbor/oracle.h"

namespace credence::test {
namespace {

// libcbor asks for memory for as many items as the input claims to have, up to 2^64.
constexpr std::size_t kLargest = 1 << 20;
void* bounded_malloc(std::size_t size) { return size > kLargest ? nullptr : std::malloc(size); }
void* bounded_realloc(void* block, std::size_t size) { return size > kLargest ? nullptr : std::realloc(block, size); }

}  // namespace

bool libcbor_accepts(ByteView input) {
  cbor_set_allocs(bounded_malloc, bounded_realloc, std::free);
  cbor_load_result result{};
  cbor_item_t* item = cbor_load(input.data(), input.size(), &result);
  if (item == nullptr) return false;
  cbor_decref(&item);
  return result.error.code == CBOR_ERR_NONE;
}

}  // namespace credence::test
