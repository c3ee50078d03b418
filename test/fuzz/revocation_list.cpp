// Certificate revocation lists: what is accepted is kept as it was given, is current between its dates and at no other
// time, and is signed by nobody whose key was made just now.
#include "crypto/revocation_list.h"

#include <cstddef>
#include <cstdint>

#include "fuzz/demand.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace credence;
  const ByteView input(data, size);
  const auto list = crypto::RevocationList::from_der(input);
  if (!list) return 0;
  demand(equal(list->der(), input));
  demand(!list->is_older_than(*list));
  demand(!list->check_current(list->next_update()));
  demand(list->check_current(list->this_update()).has_value() == (list->this_update() < list->next_update()));
  static const crypto::PrivateKey key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value();
  demand(!list->verify(key.public_key()));
  return 0;
}
