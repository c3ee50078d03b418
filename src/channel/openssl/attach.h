// Attestation in the TLS handshake of an application's own SSL_CTX (docs/api.md).
#pragma once

#include <openssl/ssl.h>

#include "base/result.h"
#include "channel/openssl/context_state.h"
#include "channel/peer.h"

namespace credence::channel {

// Makes every connection that is created from `context` afterwards attest itself, demand attestation, or both; a
// connection that exists already is not touched. Sets and locks down what protocol.md section 1 says: TLS 1.3 only,
// no resumption in any form, no early data, no certificate compression, suites that the root of trust can bind.
//
// Slots of the SSL_CTX that it uses: info callback (chains to the application's), message callback (OpenSSL has no
// getter: passes everything on to `messages`), certificate verify callback (replaced), custom extension of its type,
// session ticket callbacks, not-resumable-session callback, early-data callback, PSK callbacks (removed), one ex_data
// index each of SSL_CTX and SSL.
//
// Errc::configuration when the attachment cannot work: no leaf for the attester's TLS key, a suite list that leaves
// nothing, an extension type in use, a second attach. The context must then not be used.
[[nodiscard]] Result<void> attach(SSL_CTX* context, Attachment attachment, ApplicationMessages messages = {});

// Who the peer of the current handshake is: after SSL_clear() nobody. The reason of the refusal, or Errc::gate_closed
// while the handshake goes on; Errc::not_found when this side demanded nothing and so knows nothing.
[[nodiscard]] Result<PeerAppraisal> peer(const SSL* ssl);

// Whether application data may flow: the one question that every read and write asks first.
[[nodiscard]] Result<void> check_open(const SSL* ssl);

// The reason of a refusal by this side, when there is one: what an alert number cannot say.
[[nodiscard]] std::optional<Error> refusal(const SSL* ssl);

// Ends whatever the connection waits for. Before SSL_free() of a connection that SSL_waiting_for_async() reports as
// waiting: otherwise its job's stack, and all that lies on it, is lost.
void cancel(SSL* ssl);

}  // namespace credence::channel
