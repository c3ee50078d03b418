// One attested connection: what the callbacks of its SSL share.
//
// OpenSSL calls the hooks in this order, each on the thread that drives the connection:
//   start of the handshake                 adopt(): transcript, negotiation and gate begin
//   each handshake message                 transcript
//   remoteAttestation in each message      negotiation (structure only: nothing is authenticated yet)
//   the peer's certificate                 verify: chain, key, binder, appraisal; the verdict is pending
//   end of the handshake                   the gate decides; only now has the peer proven that it holds the key
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "base/result.h"
#include "channel/early/client.h"
#include "channel/early/server.h"
#include "channel/gate.h"
#include "channel/openssl/context_state.h"
#include "channel/peer.h"
#include "crypto/openssl/native.h"
#include "evidence/binding/binder.h"
#include "evidence/binding/transcript.h"

namespace credence::channel {

// An attachment whose demands the peer has met, with what became known.
struct Met {
  std::shared_ptr<const Attachment> attachment;
  std::optional<PeerAppraisal> appraisal;
};

class Connection {
 public:
  // Null when the SSL was never adopted.
  [[nodiscard]] static Connection* of(const SSL* ssl) noexcept;
  // The connection of this SSL, made if need be when `creator` or the SSL's context is attached; null when neither is.
  // Every hook comes here first, so that no single one of them has to run. Throws bad_alloc only.
  [[nodiscard]] static Connection* adopt(SSL* ssl, const ContextState* creator = nullptr);

  // SSL_clear() makes an SSL fit for another connection: the start of its handshake begins from nothing.
  void begin(SSL* ssl);
  // At the very start of the handshake only.
  void forget_session(SSL* ssl) const;
  // Lets the gate decide, and shows its decision to OpenSSL.
  void handshake_done(SSL* ssl);
  // The first reason stays; it closes the gate for good.
  void refuse(SSL* ssl, const Error& reason);

  // The attachments of the creating and of the current context, the current one last. A servername callback may have
  // switched from one to the other: the demands of both hold.
  [[nodiscard]] std::vector<std::shared_ptr<const Attachment>> attachments(const SSL* ssl) const;

  [[nodiscard]] Result<evidence::TranscriptHash> transcript_hash(const SSL* ssl) const;
  [[nodiscard]] evidence::Role role() const noexcept { return role_; }

  Gate gate;
  evidence::Transcript transcript;
  std::variant<early::Client, early::Server> negotiation = early::Server();
  std::vector<Met> met;                     // pending until the gate opens
  Bytes peer_spki;                          // of the leaf in the verify step
  InfoCallback application_info = nullptr;  // set on the SSL itself before it was adopted
  ApplicationMessages application_messages;
  // The SSL's own output, after a refusal has taken it away. The application may use it without a reference of its own.
  crypto::OwnedBio withheld_output;

 private:
  explicit Connection(const ContextState& creator)
      : application_messages(creator.application_messages), created_with_(creator.attachment) {}

  void prepare_server(SSL* ssl);
  void give_output_back(SSL* ssl);

  std::shared_ptr<const Attachment> created_with_;
  evidence::Role role_ = evidence::Role::server;
};

// No application data from now on: reads give 0, writes -1, and so does the write that is under way.
void close_for_good(SSL* ssl) noexcept;

// The negotiated suite while the handshake goes on; 0 when there is none yet.
[[nodiscard]] std::uint16_t cipher_suite_of(const SSL* ssl) noexcept;

}  // namespace credence::channel
