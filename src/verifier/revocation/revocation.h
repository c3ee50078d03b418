// One entry of the deny list: what is no longer trusted, why and since when (docs/verifier-api.md).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "wire/json/json.h"

namespace credence::verifier {

enum class Revoked : std::uint8_t {
  kid,          // the attestation key of this name
  key,          // any key of an attester with this SubjectPublicKeyInfo, or certificate of one
  instance,     // the attester that endorsements name so
  corim,        // all that this CoRIM says: its own id, or the id of its submission
  signer,       // all CoRIMs that a certificate for this key signed
  certificate,  // all CoRIMs that this certificate signed
};
[[nodiscard]] std::string_view name(Revoked kind) noexcept;

struct Revocation {
  Revoked kind{};
  // kid, instance: their octets. key, signer: SHA-256 of the DER SubjectPublicKeyInfo. corim: the id as text.
  // certificate: the serial number, big-endian, without leading zeros.
  Bytes value;
  std::string issuer;  // of a certificate, as RFC 2253 writes it
  std::string reason;  // for people, in every refusal
  Timestamp since{};   // when it was made; it is in force whatever the time
};

// {"kind", "value" in hexadecimal (of a corim: text), "issuer" of a certificate, "reason", "since"}.
[[nodiscard]] json::Object to_json(const Revocation& revocation);
// Without "since" it is made at `now`. Errc::missing_member, unexpected_type or invalid_value with the member.
[[nodiscard]] Result<Revocation> revocation_from_json(const json::Object& object, Timestamp now);

// SHA-256 of kind and value in hexadecimal: what is revoked twice is revoked once, whatever the reasons.
[[nodiscard]] Result<std::string> revocation_id(const Revocation& revocation);

}  // namespace credence::verifier
