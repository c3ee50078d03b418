// COSE_Sign1 (RFC 9052 section 4.2): the exact octets are kept, the signature is checked over them.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/certificate.h"
#include "crypto/key.h"
#include "wire/cbor/limits.h"

namespace credence::cose {

// COSE algorithm identifiers (IANA "COSE Algorithms").
[[nodiscard]] std::int64_t algorithm_id(crypto::SignatureAlgorithm algorithm) noexcept;
[[nodiscard]] Result<crypto::SignatureAlgorithm> algorithm_from_id(std::int64_t id);

using ContentType = std::variant<std::uint64_t, std::string>;  // CoAP content format or media type

// Header parameters that Credence reads (RFC 9052 section 3.1, RFC 9360). A `crit` parameter (label 2) that names
// anything not understood here is refused: the sender said that ignoring it is unsafe.
struct Headers {
  std::optional<crypto::SignatureAlgorithm> algorithm{};  // label 1, protected only
  std::optional<ContentType> content_type{};              // label 3
  std::optional<Bytes> kid{};                             // label 4
  std::vector<Bytes> x5chain{};                           // label 33, leaf first, DER
  std::optional<Bytes> corim_meta{};                      // label 8 (draft-ietf-rats-corim): bstr .cbor corim-meta-map
  std::optional<Bytes> cwt_claims{};                      // label 15 (RFC 9597): the encoded map
};

struct Sign1 {
  Bytes protected_octets;  // content of the protected byte string, exactly as received
  Headers protected_headers;
  Headers unprotected_headers;
  Bytes payload;
  Bytes signature;
};

// Reads `#6.18([...])`, and the untagged array when `tagged` is false. Detached payloads are refused.
enum class Tagged : std::uint8_t { required, optional };
[[nodiscard]] Result<Sign1> decode_sign1(ByteView input, Tagged tagged = Tagged::required,
                                         const cbor::Limits& limits = {});

// Checks the signature with the algorithm of the protected header, which must fit the key. external_aad is usually
// empty.
[[nodiscard]] Result<void> verify(const Sign1& message, const crypto::PublicKey& key, ByteView external_aad = {});

// Signs; headers.algorithm is set from the key when absent. The result is tagged 18.
[[nodiscard]] Result<Bytes> sign1(const crypto::PrivateKey& key, Headers protected_headers, ByteView payload,
                                  ByteView external_aad = {});

}  // namespace credence::cose
