// Values whose CBOR tag gives them their meaning (draft-ietf-rats-corim section 7).
#pragma once

#include <compare>
#include <cstdint>

#include "base/bytes.h"

namespace credence::rats {

// A value with the CBOR tag that gives it its meaning: class, instance and group identifiers, crypto keys.
// 37 UUID, 111 OID, 550 UEID, 560 bytes, 554.. keys. The octets are the content without its head where that is a byte
// string (37, 111, 550, 560, 562) or a text (554, 555, 556), else the encoded content: a digest, a COSE_Key.
struct TaggedBytes {
  std::uint64_t tag = 0;
  Bytes value;
  friend auto operator<=>(const TaggedBytes&, const TaggedBytes&) = default;
};
inline constexpr std::uint64_t kTagUuid = 37;
inline constexpr std::uint64_t kTagOid = 111;
inline constexpr std::uint64_t kTagUeid = 550;
inline constexpr std::uint64_t kTagPkixBase64Key = 554;
inline constexpr std::uint64_t kTagPkixBase64Cert = 555;
inline constexpr std::uint64_t kTagPkixBase64CertPath = 556;
inline constexpr std::uint64_t kTagThumbprint = 557;
inline constexpr std::uint64_t kTagCoseKey = 558;
inline constexpr std::uint64_t kTagCertThumbprint = 559;
inline constexpr std::uint64_t kTagBytes = 560;
inline constexpr std::uint64_t kTagCertPathThumbprint = 561;
inline constexpr std::uint64_t kTagPkixAsn1DerCert = 562;
inline constexpr std::uint64_t kTagMaskedRawValue = 563;

}  // namespace credence::rats
