// X.509 certificates and chains, as evidence and endorsements need them. The chains of TLS itself stay with OpenSSL.
//
// Handles to shared, immutable certificates: copy them freely, use them from any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "crypto/key.h"

namespace credence::crypto {

class Certificate {
 public:
  [[nodiscard]] static Result<Certificate> from_der(ByteView der);
  [[nodiscard]] static Result<Certificate> from_pem(std::string_view pem);
  [[nodiscard]] ByteView der() const noexcept;
  [[nodiscard]] std::string pem() const;
  [[nodiscard]] ByteView spki() const noexcept;
  [[nodiscard]] Result<PublicKey> public_key() const;
  [[nodiscard]] std::string subject() const;  // RFC 2253, for people only
  [[nodiscard]] Timestamp not_before() const noexcept;
  [[nodiscard]] Timestamp not_after() const noexcept;

  struct State;
  explicit Certificate(std::shared_ptr<const State> state) : state_(std::move(state)) {}
  [[nodiscard]] const State& state() const noexcept { return *state_; }

 private:
  std::shared_ptr<const State> state_;
};

// All certificates of a PEM file; at least one, or Errc::malformed.
[[nodiscard]] Result<std::vector<Certificate>> certificates_from_pem(std::string_view pem);

// What the certificates of a chain have to be issued for.
enum class ChainUse : std::uint8_t {
  any,  // extendedKeyUsage is not looked at
  // The leaf, and every authority below the anchor, may sign documents: its extendedKeyUsage has codeSigning,
  // documentSigning (RFC 9336) or anyExtendedKeyUsage, or it has none and leaves its use open.
  sign_documents
};

// Builds and checks a path from `leaf` through `intermediates` to one of `anchors` at the time `at`: signatures,
// validity, basic constraints, key usage (keyCertSign above the leaf, digitalSignature in the leaf where it says
// anything), and extended key usage as `use` asks. Anchors are exactly the ones given, never the system's. No anchors
// is Errc::configuration.
[[nodiscard]] Result<void> verify_chain(const Certificate& leaf, std::span<const Certificate> intermediates,
                                        std::span<const Certificate> anchors, Timestamp at,
                                        ChainUse use = ChainUse::any);

// A certificate for `key`, signed by itself: the leaf of attestation-only mode and of tests.
struct SelfSigned {
  std::string common_name;
  std::vector<std::string> dns_names;  // and IP addresses, as subjectAltName
  Timestamp not_before;
  Timestamp not_after;
};
[[nodiscard]] Result<Certificate> self_sign(const PrivateKey& key, const SelfSigned& fields);
// The same leaf for `key`, signed by an issuer: how rot/software chains its attestation keys to the test root.
[[nodiscard]] Result<Certificate> issue(const PublicKey& key, const SelfSigned& fields, const PrivateKey& issuer_key,
                                        const Certificate& issuer);

}  // namespace credence::crypto
