// TPM2B: octets with a 16-bit size before them (TCG "TPM 2.0 Library" part 2, 10.4.2), the string type of all TPM
// structures, each with a bound.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/bounded_bytes.h"
#include "base/bytes.h"
#include "base/result.h"
#include "wire/tls/reader.h"

namespace credence::evidence::tpm {

// Bounds of part 2 for the profiles in use: SHA-512 digests, RSA 8192, P-521.
inline constexpr std::size_t kMaxDigest = 64;          // TPM2B_DIGEST
inline constexpr std::size_t kMaxName = 2 + 64;        // TPM2B_NAME: nameAlg and digest
inline constexpr std::size_t kMaxData = 2 + 64;        // TPM2B_DATA: sizeof(TPMT_HA)
inline constexpr std::size_t kMaxCoordinate = 66;      // TPM2B_ECC_PARAMETER
inline constexpr std::size_t kMaxRsaParameter = 1024;  // TPM2B_PUBLIC_KEY_RSA

using DigestOctets = BoundedBytes<kMaxDigest>;
using Name = BoundedBytes<kMaxName>;
using Data = BoundedBytes<kMaxData>;
using Coordinate = BoundedBytes<kMaxCoordinate>;

// `what` names the member in the error when it is longer than `maximum`.
[[nodiscard]] Result<ByteView> read_tpm2b(tls::Reader& reader, std::size_t maximum, std::string_view what);

}  // namespace credence::evidence::tpm
