#include "channel/openssl/connection.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <new>

#include "base/weak.h"
#include "channel/early/negotiation.h"
#include "channel/local_check.h"
#include "channel/openssl/hooks.h"

namespace credence::channel {
namespace {

void free_connection(void*, void* connection, CRYPTO_EX_DATA*, int, long, void*) noexcept {
  delete static_cast<Connection*>(connection);
}

// SSL_dup() copies ex_data pointers: the copy is another connection and starts without one.
int forget_in_copy(CRYPTO_EX_DATA*, const CRYPTO_EX_DATA*, void** connection, int, long, void*) noexcept {
  *connection = nullptr;
  return 1;
}

int connection_index() noexcept {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, forget_in_copy, free_connection);
  return index;
}

bool attachment_demands(const std::vector<std::shared_ptr<const Attachment>>& attachments) {
  return std::ranges::any_of(attachments, [](const auto& attachment) { return attachment->demands.has_value(); });
}

early::Client client_of(const Attachment& attachment) {
  std::vector<early::Scheme> judges;
  std::vector<early::Scheme> gives;
  if (attachment.demands) judges = early::evidence_schemes(judged_media_types(*attachment.demands));
  if (attachment.offer) gives = early::evidence_schemes(given_media_types(*attachment.offer));
  return {std::move(judges), std::move(gives)};
}

// protocol.md 1.5, also for what the application has set on the SSL, or on the SSL_CTX after attach(): with an external
// PSK no certificate is looked at, and whoever shares it passes for the device.
void forget_external_keys(SSL* ssl) {
  if (weak::removed(weak::Check::resumption)) return;
  SSL_set_psk_use_session_callback(ssl, nullptr);
  SSL_set_psk_find_session_callback(ssl, nullptr);
  SSL_set_psk_client_callback(ssl, nullptr);
  SSL_set_psk_server_callback(ssl, nullptr);
}

// The output of a refused connection: each write fails. No application has a use for a read-only BIO there.
crypto::OwnedBio no_output() noexcept { return crypto::OwnedBio(BIO_new_mem_buf("", 0)); }
bool is_no_output(const BIO* bio) noexcept {
  return bio != nullptr && BIO_method_type(bio) == BIO_TYPE_MEM && BIO_test_flags(bio, BIO_FLAGS_MEM_RDONLY) != 0;
}

}  // namespace

Connection* Connection::of(const SSL* ssl) noexcept {
  return ssl == nullptr ? nullptr : static_cast<Connection*>(SSL_get_ex_data(ssl, connection_index()));
}

Connection* Connection::adopt(SSL* ssl, const ContextState* creator) {
  if (Connection* known = of(ssl)) return known;
  if (creator == nullptr) creator = ContextState::of(SSL_get_SSL_CTX(ssl));
  if (creator == nullptr) return nullptr;
  std::unique_ptr<Connection> made(new Connection(*creator));
  Connection* connection = made.get();
  if (SSL_set_ex_data(ssl, connection_index(), connection) != 1) throw std::bad_alloc();
  static_cast<void>(made.release());
  // On the SSL itself: a servername callback that switches the SSL_CTX does not take this hook away.
  if (const InfoCallback before = SSL_get_info_callback(ssl); before != on_info) connection->application_info = before;
  SSL_set_info_callback(ssl, on_info);
  connection->begin(ssl);
  return connection;
}

void Connection::begin(SSL* ssl) {
  role_ = SSL_is_server(ssl) == 1 ? evidence::Role::server : evidence::Role::client;
  give_output_back(ssl);
  forget_external_keys(ssl);
  gate = {};
  transcript = {};
  met.clear();
  peer_spki.clear();
  if (role_ == evidence::Role::client) {
    negotiation = client_of(*created_with_);
  } else {
    prepare_server(ssl);
  }
  // protocol.md 1.8, whatever the application set on the SSL. With SSL_VERIFY_NONE a handshake that the verify step
  // refuses completes, and an SSL_write() that drives it sends its data before the gate can say no.
  if (attachment_demands(attachments(ssl)) && !weak::removed(weak::Check::gate)) {
    SSL_set_verify(ssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, SSL_get_verify_callback(ssl));
  }
}

// protocol.md 1.5: a client offers no PSK, also when the application has set a session. Only before the ClientHello is
// written: libssl needs the session from then on.
void Connection::forget_session(SSL* ssl) const {
  if (role_ == evidence::Role::client && !weak::removed(weak::Check::resumption)) SSL_set_session(ssl, nullptr);
}

void Connection::prepare_server(SSL* ssl) {
  negotiation = early::Server();
  // protocol.md 1.9: SSL_write() fails until the gate opens. Without it a server may send data after its Finished to a
  // client that nobody has looked at. (A client writes nothing before the end of its handshake, and with this flag set
  // libssl would ignore the CertificateRequest.)
  if (!weak::removed(weak::Check::gate)) SSL_set_shutdown(ssl, SSL_get_shutdown(ssl) | SSL_SENT_SHUTDOWN);
}

std::vector<std::shared_ptr<const Attachment>> Connection::attachments(const SSL* ssl) const {
  std::vector<std::shared_ptr<const Attachment>> all{created_with_};
  const ContextState* current = ContextState::of(SSL_get_SSL_CTX(ssl));
  if (current != nullptr && current->attachment != created_with_) all.push_back(current->attachment);
  return all;
}

void Connection::handshake_done(SSL* ssl) {
  const auto applicable = attachments(ssl);
  const bool all_met = std::ranges::all_of(applicable, [this](const auto& attachment) {
    return !attachment->demands || std::ranges::find(met, attachment, &Met::attachment) != met.end();
  });
  const Gate::Facts facts{
      .resumed = SSL_session_reused(ssl) == 1 || SSL_get_early_data_status(ssl) == SSL_EARLY_DATA_ACCEPTED,
      .demands_met = all_met};
  if (const auto opened = gate.handshake_done(facts); !opened) {
    refuse(ssl, opened.error());
    // protocol.md 1.9: whoever goes around the verify step gets here with a finished handshake. No alert follows: one
    // of the verify step has been sent before, and a peer that was let in by mistake is owed none.
    close_for_good(ssl);
    return;
  }
  SSL_set_shutdown(ssl, SSL_get_shutdown(ssl) & ~SSL_SENT_SHUTDOWN);
}

// SSL_clear() makes the SSL fit for another peer.
void Connection::give_output_back(SSL* ssl) {
  if (withheld_output == nullptr) return;
  if (is_no_output(SSL_get_wbio(ssl))) SSL_set0_wbio(ssl, withheld_output.release());
  withheld_output.reset();
}

void Connection::refuse(SSL* ssl, const Error& reason) {
  for (const auto& attachment : attachments(ssl)) {
    if (attachment->log) attachment->log->write(LogLevel::warning, "attestation refused: " + reason.text());
  }
  gate.refuse(reason);
  // OpenSSL sends no alert while SENT is set (measured). The handshake ends here, so nothing else can be sent either.
  SSL_set_shutdown(ssl, SSL_get_shutdown(ssl) & ~SSL_SENT_SHUTDOWN);
}

Result<evidence::TranscriptHash> Connection::transcript_hash(const SSL* ssl) const {
  if (!transcript.complete()) {
    return fail(Errc::missing_member,
                "the hello messages were not seen: the message callback of attach() was replaced, or the SSL_CTX was "
                "switched by a servername callback");
  }
  return transcript.hash(cipher_suite_of(ssl));
}

// protocol.md 1.9. libssl asks for SSL_SENT_SHUTDOWN on entry only: an SSL_write() that has itself driven the handshake
// to its end would send its data after the refusal. Without an output it fails instead.
void close_for_good(SSL* ssl) noexcept {
  SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  BIO* output = SSL_get_wbio(ssl);
  if (output == nullptr || is_no_output(output)) return;
  // Kept until SSL_free(), when the application expects it to go. Where no memory was left for a Connection the
  // reference is lost: better than a BIO that is gone under the application.
  const bool kept = BIO_up_ref(output) == 1;
  if (Connection* connection = Connection::of(ssl); connection != nullptr && kept) {
    connection->withheld_output.reset(output);
  }
  SSL_set0_wbio(ssl, no_output().release());
}

std::uint16_t cipher_suite_of(const SSL* ssl) noexcept {
  const SSL_CIPHER* cipher = SSL_get_pending_cipher(ssl);
  if (cipher == nullptr) cipher = SSL_get_current_cipher(ssl);
  return cipher == nullptr ? std::uint16_t{0} : SSL_CIPHER_get_protocol_id(cipher);
}

}  // namespace credence::channel
