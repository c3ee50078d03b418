// One entry of the deny list: what is no longer trusted, why and since when (docs/verifier-api.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "crypto/revocation_list.h"
#include "wire/json/json.h"

namespace credence::verifier {

enum class Revoked : std::uint8_t {
  kid,          // the attestation key of this name
  key,          // any key of an attester with this SubjectPublicKeyInfo, or certificate of one
  instance,     // the attester that endorsements name so
  corim,        // all that this CoRIM says: its own id, or the id of its submission
  signer,       // all CoRIMs that a certificate for this key signed
  certificate,  // all CoRIMs that this certificate signed
  crl,          // the certificates of attesters that are on this list of their issuer; a stale list revokes all of them
};
[[nodiscard]] std::string_view name(Revoked kind) noexcept;

struct Revocation {
  Revoked kind{};
  // kid, instance: their octets. key, signer: SHA-256 of the DER SubjectPublicKeyInfo. corim: the id as text.
  // certificate: the serial number, big-endian, without leading zeros. crl: empty, all of it is in `list`.
  Bytes value;
  std::string issuer;  // of a certificate or a crl, as RFC 2253 writes it
  // Of a crl: DER SubjectPublicKeyInfo of the key that issued the certificates, and the list, which it signed.
  Bytes issuer_key{};
  std::optional<crypto::RevocationList> list{};
  std::string reason;  // for people, in every refusal
  Timestamp since{};   // when it was made; it is in force whatever the time
};

// Of the JSON of one entry: the largest list fits, in base64.
inline constexpr json::Limits kRevocationLimits{.bytes = 2 << 20};

// {"kind", "value" in hexadecimal (of a corim: text; of a crl: base64), "issuer" of a certificate, "issuer" and
// "issuer-key" of a crl, "reason", "since"}.
[[nodiscard]] json::Object to_json(const Revocation& revocation);
// Without "since" it is made at `now`. Errc::missing_member, unexpected_type or invalid_value with the member. A list
// is read, and its signature verified, each time; its issuer is what it says itself.
[[nodiscard]] Result<Revocation> revocation_from_json(const json::Object& object, Timestamp now);
// Of the octets of a document that is an entry.
[[nodiscard]] Result<Revocation> revocation_of(ByteView octets);

// SHA-256 of kind and value in hexadecimal: what is revoked twice is revoked once, whatever the reasons. Of a crl, of
// its issuer, however that writes its name: a newer list stands where the older one did.
[[nodiscard]] Result<std::string> revocation_id(const Revocation& revocation);

}  // namespace credence::verifier
