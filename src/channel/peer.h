// What a relying party demands of its peer, and what it then knows about it.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "base/strong.h"
#include "rats/ear/ear.h"
#include "rot/attester.h"
#include "verifier/appraiser.h"

namespace credence::channel {

// How an appraised environment is tied to the connection, weakest first (protocol.md, the first table).
enum class Binding : std::uint8_t { none, key, handshake, session };
[[nodiscard]] std::string_view name(Binding binding) noexcept;

// When the evidence was made.
struct Freshness {
  enum class Kind : std::uint8_t { session, age, unknown };
  Kind kind = Kind::unknown;
  std::optional<Seconds> age{};            // Kind::age only
  [[nodiscard]] std::string text() const;  // "session", "12 s", "unknown"
  friend bool operator==(const Freshness&, const Freshness&) = default;
};

// Which peer is meant (protocol.md 2.6). A verdict says that some good device is there; only a pin says which one.
struct PeerPin {
  std::vector<Kid> instances;      // attestation keys; one of them
  std::vector<std::string> names;  // DNS names or IP addresses in a CA-issued leaf; one of them
  bool any_of_class = false;       // explicitly none: any device that the verifier affirms
};

// What this side wants to know before it exchanges data.
struct Demands {
  std::shared_ptr<verifier::Appraiser> appraiser;
  PeerPin pin;
  // Accepts a self-signed leaf: the evidence alone says who the peer is. Otherwise the leaf's chain must lead to the
  // trust store of the SSL_CTX.
  bool attestation_only = false;
  // The verifier's names in the result, when they are pinned beside its key: verifier-id.developer and iss.
  std::optional<std::string> verifier_developer{};
  std::optional<std::string> verifier_issuer{};
  // Kinds of evidence for which the appraiser itself is known to compare the nonce. A kind that this library cannot
  // read is accepted only when it is named here.
  std::vector<std::string> enforces_nonce{};
  Binding least_binding = Binding::handshake;
  std::chrono::milliseconds verdict_deadline{10'000};
  Seconds result_age{300};  // how long ago, or how far ahead of this clock, a result may have been issued
  // Accepts rot/software, which proves nothing. Tests and benchmarks only.
  bool allow_insecure_test_root = false;
};

// What this side can tell about itself.
struct Offer {
  std::shared_ptr<rot::Attester> attester;
  // A server's evidence goes out before the client is known. Otherwise the server does not attest in the handshake.
  bool to_unauthenticated_clients = true;
  // A client's evidence names its device: a server that it has not verified does not get it.
  bool insecure_to_unverified_servers = false;
  std::chrono::milliseconds evidence_deadline{10'000};
};

// The result of a successful appraisal, tied to this connection.
struct PeerAppraisal {
  rats::Ear ear;
  Binding binding = Binding::none;
  Freshness freshness{};
  Kid kid{};    // empty when the result names no instance
  Spki spki{};  // of the peer's leaf
  std::string verifier{};
  Timestamp verdict_time{};
  std::string pinned_by{};  // "instance", "name", "instance and name", "any of class"
  std::vector<std::string> warnings{};
};

// What an SSL_CTX is attached with.
struct Attachment {
  std::optional<Demands> demands;
  std::optional<Offer> offer;
  std::shared_ptr<const Clock> clock;
  std::shared_ptr<Log> log;  // may be null
  std::uint16_t extension_type = 0xff2a;
};

// Errc::configuration, naming the member, for an attachment that could never work or would prove nothing.
[[nodiscard]] Result<void> check(const Attachment& attachment);

}  // namespace credence::channel
