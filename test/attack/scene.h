// Who takes part in an attack: genuine machines, a relying party with a verifier, and the attacker's end of TLS.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "evidence/media_types.h"
#include "support/evidence_maker.h"
#include "unit/channel/in_memory.h"
#include "verifier/engine.h"
#include "verifier/policy/policies.h"
#include "verifier/store/memory/store.h"

namespace credence::attack {

using channel::ContextPtr;
using channel::Demands;
using channel::End;
using channel::Pair;
using test::EvidenceMaker;
namespace tpm = evidence::tpm;

// Presents evidence under a TLS key: what `make` gives for the binder of the handshake. A genuine machine makes it in
// its TPM; the attacker takes what he has.
class Presenter final : public rot::Attester {
 public:
  using Make = std::function<Bytes(ByteView binder)>;
  Presenter(const crypto::PrivateKey& key, Make make, std::string_view media_type = evidence::kParsecTpm);

  [[nodiscard]] std::vector<std::string> media_types() const override { return {media_type_}; }
  [[nodiscard]] bool can_bind(crypto::HashAlgorithm) const noexcept override { return true; }
  [[nodiscard]] std::shared_ptr<rot::TlsKey> tls_key() const override { return key_; }
  void attest(const rot::Facts& facts, const std::shared_ptr<rot::TlsKey>& key, std::vector<std::string> accept,
              rot::Completion<rot::Evidence> done) override;

 private:
  std::shared_ptr<rot::TlsKey> key_;
  Make make_;
  std::string media_type_;
};

// What the TPM of a genuine machine states when its own process asks it.
[[nodiscard]] Presenter::Make honest(const EvidenceMaker& machine);

// Demands attestation, and asks the real engine.
struct RelyingParty {
  // Errors are the store's: an endorsement that it refuses.
  Result<void> endorse(const EvidenceMaker& machine) const;
  Result<void> endorse(const evidence::tpm::Endorsement& endorsement) const;
  [[nodiscard]] std::shared_ptr<verifier::Appraiser> verifier() const;
  // Only this machine.
  [[nodiscard]] Demands demands(const EvidenceMaker& machine) const;
  // Any machine that the verifier affirms.
  [[nodiscard]] Demands demands_any() const;

  std::shared_ptr<verifier::Store> store = verifier::memory_store();
  verifier::Policy policy{};
  std::shared_ptr<verifier::Policies> policies{};
};

// A stock SSL_CTX with this key and a self-signed certificate for it.
[[nodiscard]] ContextPtr context_of(const crypto::PrivateKey& key, const SSL_METHOD* method);

// The attacker connects to a server that demands attestation, and presents what `attester` gives.
[[nodiscard]] Result<void> enter_as_client(const crypto::PrivateKey& key, std::shared_ptr<rot::Attester> attester,
                                           Demands demands);
// As above, with what a Presenter gives.
[[nodiscard]] Result<void> enter_as_client(const crypto::PrivateKey& key, Presenter::Make make, Demands demands,
                                           std::string_view media_type = evidence::kParsecTpm);
// A client that demands attestation connects to the attacker.
[[nodiscard]] Result<void> enter_as_server(const crypto::PrivateKey& key, Presenter::Make make, Demands demands);

// Success when the victim took the attacker in: its gate is open and data flows both ways. Otherwise the victim's
// reason; no octet has then left it or reached its application.
[[nodiscard]] Result<void> data_flows(End& victim, End& attacker);

// The evidence that a genuine machine gives to whoever it connects to: here, to the attacker.
[[nodiscard]] Bytes evidence_given_to_the_attacker(const EvidenceMaker& machine);

}  // namespace credence::attack
