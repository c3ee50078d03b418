// What ties evidence to a channel: the binder of the handshake, of the session, and the challenge form.
//
// Roots of trust, channels and verifiers all compute it with this code (docs/protocol.md sections 2 and 3).
#pragma once

#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "base/strong.h"
#include "crypto/hash.h"

namespace credence::evidence {

// The side of the connection that presents the evidence.
enum class Role : std::uint8_t { client, server };
[[nodiscard]] std::string_view name(Role role) noexcept;
[[nodiscard]] constexpr Role opposite(Role role) noexcept { return role == Role::client ? Role::server : Role::client; }

// Transcript-Hash(ClientHello..ServerHello), with the message_hash form after a HelloRetryRequest. Its algorithm is
// the hash of the cipher suite.
struct TranscriptHash {
  crypto::Digest value;
};

// What both quotes carry as extraData in a channel. Only the functions here make one from facts; from_wire() is for a
// verifier that is told what to expect.
class Binder {
 public:
  [[nodiscard]] static Binder from_wire(crypto::Digest value) noexcept { return Binder(value); }
  [[nodiscard]] ByteView view() const noexcept { return value_.view(); }
  [[nodiscard]] const crypto::Digest& digest() const noexcept { return value_; }
  friend bool operator==(const Binder&, const Binder&) = default;  // in constant time

 private:
  friend Result<Binder> handshake_binder(const TranscriptHash& transcript, Role role, ByteView spki);
  friend Result<Binder> session_binder(crypto::HashAlgorithm hash, ByteView exported, ByteView spki);
  explicit Binder(crypto::Digest value) noexcept : value_(value) {}
  crypto::Digest value_;
};

// draft-fossati-seat-early-attestation:
//   attest_base     = HKDF-Expand-Label(zeros[Hash.length], "attestation base", Transcript-Hash, Hash.length)
//   {c,s}_attest_binder = HKDF-Expand-Label(attest_base, "attestation", Hash(SPKI of that side's leaf), Hash.length)
// The draft's construction has no role label: the roles are kept apart by the keys (protocol.md 1.11 refuses the
// same key on both sides), so `role` selects whose SPKI is meant and is recorded, not mixed in.
[[nodiscard]] Result<Binder> handshake_binder(const TranscriptHash& transcript, Role role, ByteView spki);

// draft-fossati-seat-expat: Hash(SPKI || exported), exported = TLS-Exporter("Attestation", context, 32).
[[nodiscard]] Result<Binder> session_binder(crypto::HashAlgorithm hash, ByteView exported, ByteView spki);

// protocol.md 2.8: SHA-256("credence challenge 1" || u16 length || nonce). It can equal no binder that an attester
// would quote, since only challenge keys sign it.
[[nodiscard]] Result<crypto::Digest> challenge_digest(const Nonce& nonce);

}  // namespace credence::evidence
