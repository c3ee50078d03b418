// libcbor's plain decode of the octets of a CoRIM: a tree of its items, nothing of CoRIM in it. The content of its byte
// strings is decoded too: that is where the tags of a CoRIM are.
//
//   baseline_cbor --corim FILE [--seconds S]
#include <cbor.h>

#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "measure.h"

namespace {

struct Release {
  void operator()(cbor_item_t* item) const noexcept { cbor_decref(&item); }
};
using Item = std::unique_ptr<cbor_item_t, Release>;

Item load(const unsigned char* octets, std::size_t size) {
  cbor_load_result result{};
  Item item(cbor_load(octets, size, &result));
  bench::require(item != nullptr && result.read == size, "cbor_load");
  return item;
}

// #6.501({1: [#6.506(bytes)]}): the byte string of the first tag.
const cbor_item_t* first_tag(const cbor_item_t* corim) {
  const Item map_owner(cbor_tag_item(corim));
  const cbor_item_t* const map = map_owner.get();  // the tag owns it too
  const cbor_pair* const pairs = cbor_map_handle(map);
  for (std::size_t i = 0; i < cbor_map_size(map); ++i) {
    if (!cbor_isa_uint(pairs[i].key) || cbor_get_int(pairs[i].key) != 1) continue;
    return cbor_array_handle(pairs[i].value)[0];
  }
  return nullptr;
}

}  // namespace

int main(int count, char** arguments) {
  std::ifstream file(std::string(bench::argument(count, arguments, "--corim", "")), std::ios::binary);
  const std::vector<unsigned char> octets{std::istreambuf_iterator<char>(file), {}};
  const auto decode = [&] {
    const Item corim = load(octets.data(), octets.size());
    const cbor_item_t* const tag = first_tag(corim.get());
    bench::require(tag != nullptr, "the CoRIM has a tag");
    const Item content(cbor_tag_item(tag));
    const Item inside = load(cbor_bytestring_handle(content.get()), cbor_bytestring_length(content.get()));
  };
  bench::print("libcbor_decode", bench::measure(bench::seconds_argument(count, arguments), decode),
               R"("octets":)" + std::to_string(octets.size()));
}
