#include "channel/openssl/session_policy.h"

#include <optional>
#include <string>

#include "base/weak.h"
#include "crypto/hash.h"
#include "crypto/openssl/native.h"

namespace credence::channel {
namespace {

// Room for evidence of the greatest size beside a chain of certificates.
constexpr std::size_t kCertificateMessageOctets = 256 * 1024;

Result<void> set_protocol(SSL_CTX* context) {
  // TLS 1.2 has no place for the extension, and there is a way to renegotiate.
  if (SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) != 1) {
    return fail(Errc::configuration, "the SSL_CTX does not speak TLS 1.3: " + crypto::last_error());
  }
  const long most = SSL_CTX_get_max_proto_version(context);
  if (most != 0 && most < TLS1_3_VERSION) {
    return fail(Errc::configuration, "the SSL_CTX is limited to TLS 1.2 or older: attestation needs TLS 1.3");
  }
  return {};
}

int issue_ticket(SSL*, void*) noexcept { return 1; }
SSL_TICKET_RETURN ignore_ticket(SSL*, SSL_SESSION*, const unsigned char*, std::size_t, SSL_TICKET_STATUS,
                                void*) noexcept {
  return SSL_TICKET_RETURN_IGNORE;
}
int never_resumable(SSL*, int) noexcept { return 1; }
int refuse_early_data(SSL*, void*) noexcept { return 0; }

// protocol.md 1.5. On a resumed session no certificate callback runs: whoever holds an old ticket would be taken for
// the device that was appraised then (attack A16).
Result<void> forbid_resumption(SSL_CTX* context) {
  if (weak::removed(weak::Check::resumption)) return {};
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_not_resumable_session_callback(context, never_resumable);
  SSL_CTX_set_psk_find_session_callback(context, nullptr);
  SSL_CTX_set_psk_use_session_callback(context, nullptr);
  SSL_CTX_set_psk_client_callback(context, nullptr);
  SSL_CTX_set_psk_server_callback(context, nullptr);
  SSL_CTX_set_allow_early_data_cb(context, refuse_early_data, nullptr);
  if (SSL_CTX_set_num_tickets(context, 0) == 1 && SSL_CTX_set_max_early_data(context, 0) == 1 &&
      SSL_CTX_set_recv_max_early_data(context, 0) == 1 &&
      SSL_CTX_set_session_ticket_cb(context, issue_ticket, ignore_ticket, nullptr) == 1) {
    return {};
  }
  return fail(Errc::crypto_failure, "OpenSSL did not turn resumption off: " + crypto::last_error());
}

// protocol.md 1.6: a server certificate that was compressed in advance goes out without its extensions.
void forbid_compression(SSL_CTX* context) {
  SSL_CTX_set_options(
      context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_TX_CERTIFICATE_COMPRESSION | SSL_OP_NO_RX_CERTIFICATE_COMPRESSION);
}

// protocol.md 1.8. Post-handshake authentication would move the certificate behind the gate's decision.
void demand_certificate(SSL_CTX* context, const Attachment& attachment) {
  SSL_CTX_set_post_handshake_auth(context, 0);
  if (!attachment.demands) return;
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, SSL_CTX_get_verify_callback(context));
}

bool can_bind(const SSL_CIPHER* cipher, const Attachment& attachment) {
  const std::optional<crypto::HashAlgorithm> hash = crypto::hash_of_cipher_suite(SSL_CIPHER_get_protocol_id(cipher));
  return hash && (!attachment.offer || attachment.offer->attester->can_bind(*hash));
}

// protocol.md 1.7: a binder that the root of trust cannot sign over would end each handshake that chose the suite.
Result<void> limit_suites(SSL_CTX* context, const Attachment& attachment) {
  std::string suites;
  const STACK_OF(SSL_CIPHER)* ciphers = SSL_CTX_get_ciphers(context);
  for (int i = 0; i < sk_SSL_CIPHER_num(ciphers); ++i) {
    const SSL_CIPHER* cipher = sk_SSL_CIPHER_value(ciphers, i);
    if (!can_bind(cipher, attachment)) continue;
    suites += (suites.empty() ? "" : ":") + std::string(SSL_CIPHER_get_name(cipher));
  }
  if (suites.empty()) {
    return fail(Errc::configuration,
                "the root of trust can bind evidence to none of the SSL_CTX's TLS 1.3 cipher suites: allow "
                "TLS_AES_128_GCM_SHA256");
  }
  if (SSL_CTX_set_ciphersuites(context, suites.c_str()) == 1) return {};
  return fail(Errc::crypto_failure, "OpenSSL did not take the cipher suites " + suites + ": " + crypto::last_error());
}

}  // namespace

Result<void> lock_down(SSL_CTX* context, const Attachment& attachment) {
  CHECK(set_protocol(context));
  CHECK(forbid_resumption(context));
  forbid_compression(context);
  demand_certificate(context, attachment);
  if (SSL_CTX_get_max_cert_list(context) < static_cast<long>(kCertificateMessageOctets)) {
    SSL_CTX_set_max_cert_list(context, static_cast<long>(kCertificateMessageOctets));
  }
  return limit_suites(context, attachment);
}

}  // namespace credence::channel
