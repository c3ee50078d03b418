// UEID, the Universal Entity ID (RFC 9711 section 4.2.1): a type octet and an identifier of a fixed size.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/result.h"

namespace credence::rats {

enum class UeidType : std::uint8_t {
  random = 1,  // RAND: 16, 24 or 32 octets that nobody else has
  eui = 2,     // IEEE EUI-48, EUI-60 or EUI-64: 6 to 8 octets
  imei = 3,    // 14 octets
};

// The type, when the octets are a UEID of that type.
[[nodiscard]] Result<UeidType> check_ueid(ByteView ueid);

}  // namespace credence::rats
