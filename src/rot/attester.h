// A root of trust as the rest of Credence sees it: it holds TLS keys, signs with them, and states what it is.
//
// There is no way to have a caller's octets quoted: an attester takes facts, and computes binder or challenge digest
// itself with the public key it holds (protocol.md section 8). Otherwise a leaked key and a quote oracle would break
// every binding.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/strong.h"
#include "crypto/hash.h"
#include "crypto/key.h"
#include "evidence/binding/binder.h"

namespace credence::rot {

struct HandshakeFacts {
  std::uint16_t cipher_suite = 0;
  evidence::TranscriptHash transcript;
  evidence::Role role{};
};
struct SessionFacts {
  std::uint16_t cipher_suite = 0;
  Bytes exported;  // 32 octets of the exporter
  evidence::Role role{};
};
struct ChallengeFacts {
  Nonce nonce;
};
using Facts = std::variant<HandshakeFacts, SessionFacts, ChallengeFacts>;

// Evidence before it is wrapped into a CMW.
struct Evidence {
  std::string media_type;
  Bytes value;
};

template <typename T>
using Completion = std::move_only_function<void(Result<T>)>;

// A TLS key inside the root of trust. Thread-safe; the key lives as long as this object.
class TlsKey {
 public:
  virtual ~TlsKey() = default;
  [[nodiscard]] virtual const crypto::PublicKey& public_key() const noexcept = 0;
  // Hashes that sign() takes. Asking costs nothing: libssl asks before every handshake.
  [[nodiscard]] virtual bool can_sign(crypto::HashAlgorithm hash) const noexcept = 0;
  // ECDSA over the digest. `done` gets DER ECDSA-Sig-Value; it is called exactly once, on any thread, perhaps before
  // sign() returns.
  virtual void sign(const crypto::Digest& digest, Completion<Bytes> done) = 0;
};

// Thread-safe.
class Attester {
 public:
  virtual ~Attester() = default;

  // What attest() can produce for a channel (or a challenge), best first.
  [[nodiscard]] virtual std::vector<std::string> media_types() const = 0;
  // True when a binder of this hash fits what the root of trust signs over. A TPM without SHA-384 cannot take the 48
  // octets of a SHA-384 suite; the channel then leaves that suite out.
  [[nodiscard]] virtual bool can_bind(crypto::HashAlgorithm hash) const noexcept = 0;
  [[nodiscard]] virtual std::shared_ptr<TlsKey> tls_key() const = 0;
  // Makes evidence that `key` lives in this root of trust and what it booted, bound to the facts. A key of another
  // owner is refused with Errc::external_key. `accept`: media types the relying party takes, best first; none in
  // common is Errc::no_common_scheme. `done` is called exactly once, on any thread, perhaps before attest() returns;
  // a full queue gives Errc::busy at once.
  virtual void attest(const Facts& facts, const std::shared_ptr<TlsKey>& key, std::vector<std::string> accept,
                      Completion<Evidence> done) = 0;
};

}  // namespace credence::rot
