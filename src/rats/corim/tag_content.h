// What stands under the CBOR tags of CoRIM, for reading and writing TaggedBytes.
#pragma once

#include <cstdint>

#include "rats/corim/corim_tags.h"
#include "rats/corim/tagged.h"

namespace credence::rats {

enum class TagContent : std::uint8_t {
  octets,  // a byte string
  text,
  item,  // anything: kept encoded
};

[[nodiscard]] constexpr TagContent content_of(std::uint64_t tag) noexcept {
  switch (tag) {
    case kTagUuid:
    case kTagOid:
    case kTagUeid:
    case kTagBytes:
    case kTagPkixAsn1DerCert:
    case kTagOldPsaImplementationId:
      return TagContent::octets;
    case kTagPkixBase64Key:
    case kTagPkixBase64Cert:
    case kTagPkixBase64CertPath:
      return TagContent::text;
    default:
      return TagContent::item;
  }
}

}  // namespace credence::rats
