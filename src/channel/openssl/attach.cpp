#include "channel/openssl/attach.h"

#include <openssl/err.h>

#include <algorithm>
#include <utility>

#include "channel/openssl/connection.h"
#include "channel/openssl/hooks.h"
#include "channel/openssl/job_stack.h"
#include "channel/openssl/leaf.h"
#include "channel/openssl/session_policy.h"
#include "crypto/openssl/async_wait.h"
#include "crypto/openssl/native.h"

namespace credence::channel {
namespace {

constexpr unsigned int kMessages = SSL_EXT_TLS1_3_ONLY | SSL_EXT_CLIENT_HELLO | SSL_EXT_TLS1_3_ENCRYPTED_EXTENSIONS |
                                   SSL_EXT_TLS1_3_CERTIFICATE_REQUEST | SSL_EXT_TLS1_3_CERTIFICATE;

Result<void> check_own_leaf(const SSL_CTX* context, const Offer& offer) {
  const X509* leaf = SSL_CTX_get0_certificate(context);
  if (leaf == nullptr) {
    return fail(Errc::configuration,
                "the SSL_CTX has no certificate: install the attester's TLS key and a certificate for it first "
                "(use_tls_key)");
  }
  if (!equal(spki_of(leaf), offer.attester->tls_key()->public_key().spki())) {
    return fail(Errc::configuration,
                "the certificate of the SSL_CTX is not for the attester's TLS key: evidence would speak of another "
                "key than the handshake");
  }
  return {};
}

Result<void> add_extension(SSL_CTX* context, std::uint16_t type) {
  if (SSL_CTX_add_custom_ext(context, type, kMessages, on_add_extension, on_free_extension, nullptr, on_parse_extension,
                             nullptr) == 1) {
    return {};
  }
  return fail(Errc::configuration, "OpenSSL does not take extension type " + std::to_string(type) +
                                       ", perhaps it is in use: " + crypto::last_error());
}

// OpenSSL has no getter for the message callback: the application's is chained when it is handed over.
Result<void> set_hooks(SSL_CTX* context, Attachment attachment, ApplicationMessages messages) {
  const bool demands = attachment.demands.has_value();
  auto state = std::make_unique<ContextState>();
  state->attachment = std::make_shared<const Attachment>(std::move(attachment));
  state->application_info = SSL_CTX_get_info_callback(context);
  state->application_messages = messages;
  ContextState* stored = state.get();
  if (!ContextState::store(context, std::move(state))) {
    return fail(Errc::internal, "OpenSSL stored no data in the SSL_CTX: " + crypto::last_error());
  }
  SSL_CTX_set_info_callback(context, on_info);
  SSL_CTX_set_msg_callback(context, on_message);
  SSL_CTX_set_msg_callback_arg(context, stored);
  if (demands) SSL_CTX_set_cert_verify_callback(context, on_verify, nullptr);
  return {};
}

}  // namespace

Result<void> attach(SSL_CTX* context, Attachment attachment, ApplicationMessages messages) {
  if (context == nullptr) return fail(Errc::usage, "expected an SSL_CTX, got none");
  if (ContextState::of(context) != nullptr) return fail(Errc::configuration, "the SSL_CTX is attached already");
  ERR_clear_error();
  CHECK(check(attachment));
  if (attachment.offer) CHECK(check_own_leaf(context, *attachment.offer));
  CHECK(use_guarded_job_stacks());
  CHECK(lock_down(context, attachment));
  CHECK(add_extension(context, attachment.extension_type));
  return set_hooks(context, std::move(attachment), messages);
}

Result<PeerAppraisal> peer(const SSL* ssl) {
  const Connection* connection = Connection::of(ssl);
  if (connection == nullptr) return fail(Errc::gate_closed, "this SSL has made no attested handshake");
  CHECK(check_open(ssl));
  const auto known = std::ranges::find_if(connection->met, [](const Met& one) { return one.appraisal.has_value(); });
  if (known == connection->met.end()) {
    return fail(Errc::not_found, "this side demanded no attestation: nothing is known about the peer");
  }
  return *known->appraisal;
}

Result<void> check_open(const SSL* ssl) {
  const Connection* connection = Connection::of(ssl);
  // protocol.md 1.9. After SSL_clear() the gate still stands as the last peer left it, until the next handshake starts:
  // whoever comes next would pass for that peer.
  if (connection == nullptr || SSL_in_before(ssl) == 1) {
    return fail(Errc::gate_closed, "no application data before the handshake: make one with SSL_do_handshake()");
  }
  return connection->gate.check_open();
}

std::optional<Error> refusal(const SSL* ssl) {
  const Connection* connection = Connection::of(ssl);
  return connection == nullptr ? std::nullopt : connection->gate.reason();
}

void cancel(SSL* ssl) {
  // More than one callback may be waiting one after the other; each gives up when it is resumed.
  constexpr int kMostWaits = 8;
  const crypto::CancelWaiting cancelling;
  for (int i = 0; i < kMostWaits && SSL_waiting_for_async(ssl) == 1; ++i) static_cast<void>(SSL_do_handshake(ssl));
  ERR_clear_error();
}

}  // namespace credence::channel
