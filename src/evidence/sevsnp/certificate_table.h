// The table of certificates that a host hands to its guests beside a report (AMD 56421 "GHCB", section 4.1.8.1): in
// configfs-tsm the auxblob.
//
//   { GUID (16) || offset (u32) || length (u32), little endian }, an entry of zeros, then the certificates
#pragma once

#include <optional>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/certificate.h"

namespace credence::evidence::sevsnp {

struct CertificateTable {
  std::optional<crypto::Certificate> vcek;
  std::optional<crypto::Certificate> vlek;
  std::optional<crypto::Certificate> ask;  // issuer of the VCEK, or of the VLEK (then AMD calls it ASVK)
  std::optional<crypto::Certificate> ark;
};

// At most 16 entries and 64 KiB; DER or PEM. Entries with other GUIDs are skipped; one that occurs twice is refused.
[[nodiscard]] Result<CertificateTable> decode_certificate_table(ByteView octets);

}  // namespace credence::evidence::sevsnp
