// Other people's CBOR decoders, reduced to one question: is this, at the start of the octets, an item?
#pragma once

#include "base/bytes.h"

namespace credence::test {

[[nodiscard]] bool libcbor_accepts(ByteView input);
[[nodiscard]] bool jsoncons_accepts(ByteView input);

}  // namespace credence::test
