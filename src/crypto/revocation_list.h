// Certificate revocation lists (RFC 5280 section 5), as whoever issues certificates takes them back.
//
// Handles to shared, immutable lists: copy them freely, use them from any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "crypto/certificate.h"
#include "crypto/key.h"

namespace credence::crypto {

inline constexpr std::size_t kLargestRevocationList = 1 << 20;  // octets of DER: some 45 000 entries
// Of text: `openssl crl -text` says what each entry is before the PEM block.
inline constexpr std::size_t kLargestRevocationListPem = 16 << 20;

class RevocationList {
 public:
  struct Entry {
    Bytes serial;  // as serial_of() has it
    Timestamp since{};
    std::string_view reason;  // "keyCompromise"
  };

  // Complete lists by whoever issued the certificates, and nothing else: what says a part only, or more than is read
  // here, would pass for the whole. Errc::unsupported for version 1, for delta, partial and indirect lists, and for
  // critical extensions that are not understood; missing_member without nextUpdate, since nobody could tell a stale
  // one. The signature is not looked at: see verify().
  [[nodiscard]] static Result<RevocationList> from_der(ByteView der);
  [[nodiscard]] static Result<RevocationList> from_pem(std::string_view pem);  // "BEGIN X509 CRL"

  [[nodiscard]] ByteView der() const noexcept;
  [[nodiscard]] const std::string& issuer() const noexcept;  // as RFC 2253 writes it
  // The same for names that differ in case, spaces and kinds of strings only, as is_about() takes them for the same.
  // Others may have it too: it says something beside the key only.
  [[nodiscard]] std::uint32_t issuer_hash() const noexcept;
  [[nodiscard]] Timestamp this_update() const noexcept;
  [[nodiscard]] Timestamp next_update() const noexcept;
  [[nodiscard]] const std::optional<Bytes>& number() const noexcept;  // big-endian, without leading zeros
  [[nodiscard]] std::span<const Entry> entries() const noexcept;      // by serial number
  [[nodiscard]] std::size_t size() const noexcept { return entries().size(); }
  [[nodiscard]] std::string version() const;  // "number 0x1f of 2026-...", for people

  // Signed by this key, with no weaker a hash than chains may have (docs/decisions/crypto.md): Errc::bad_signature,
  // unsupported_algorithm.
  [[nodiscard]] Result<void> verify(const PublicKey& issuer) const;
  // The list names this certificate's subject as its issuer, the certificate may sign lists (RFC 5280 section 6.3.3
  // (f)) and certificates, and its key did: Errc::untrusted_chain besides. Whoever signs lists only has issued nothing
  // that the list, which is looked up by the key, could be asked about.
  [[nodiscard]] Result<void> verify(const Certificate& issuer) const;

  // Errc::expired when this is not the time of the list: from thisUpdate to nextUpdate, which is outside. A clock may
  // be kClockTolerance behind that of the issuer.
  [[nodiscard]] Result<void> check_current(Timestamp now) const;
  // By cRLNumber where both have one, which grows with every list (section 5.2.3), and else by thisUpdate.
  [[nodiscard]] bool is_older_than(const RevocationList& other) const;

  // Whether the list speaks of this certificate, on it or not: it names the same issuer.
  [[nodiscard]] bool is_about(const Certificate& certificate) const;
  // Null: not on it.
  [[nodiscard]] const Entry* find(const Bytes& serial) const;

  struct State;
  explicit RevocationList(std::shared_ptr<const State> state) : state_(std::move(state)) {}

 private:
  std::shared_ptr<const State> state_;
};

}  // namespace credence::crypto
