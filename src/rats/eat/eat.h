// EAT claims (RFC 9711) in CBOR: those that Credence reads, the others as they came.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "crypto/key.h"
#include "wire/cbor/limits.h"

namespace credence::rats {

using ClaimKey = std::variant<std::int64_t, std::string>;
// A private enterprise number, a random identifier of 16 octets or an IEEE one of 3.
using OemId = std::variant<std::int64_t, Bytes>;

struct EatClaims {
  std::optional<std::string> issuer;                      // 1 iss
  std::optional<std::string> audience;                    // 3 aud
  std::optional<Timestamp> expires;                       // 4 exp
  std::optional<Timestamp> issued_at;                     // 6 iat
  std::optional<crypto::PublicKey> confirmation_key;      // 8 cnf, a COSE_Key
  std::vector<Bytes> nonces;                              // 10 eat_nonce, one or more
  std::optional<Bytes> ueid;                              // 256
  std::optional<OemId> oem_id;                            // 258
  std::optional<std::string> profile;                     // 265: URI, or a dotted OID with "oid:" before it
  std::vector<std::pair<std::string, Bytes>> submodules;  // 266: name, encoded claims or nested token
  std::vector<std::pair<ClaimKey, Bytes>> others;         // key, encoded value
};

// What is taken for a ueid. Evidence names a device, by the types and sizes of RFC 9711 section 4.2.1. A result repeats
// the name that an endorsement gave, which may be any: 1 to 64 octets.
enum class UeidForm : std::uint8_t { rfc9711, any };

// A claims-set alone: the payload of a CWT whose signature has been checked, or of an unprotected token.
[[nodiscard]] Result<EatClaims> decode_eat_claims(ByteView input, const cbor::Limits& limits = {},
                                                  UeidForm ueid = UeidForm::rfc9711);

}  // namespace credence::rats
