#include "stock_peer.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "channel/early/extension.h"
#include "channel/early/negotiation.h"
#include "channel/openssl/connection.h"
#include "channel/openssl/leaf.h"
#include "evidence/binding/binder.h"
#include "evidence/media_types.h"
#include "rats/cmw/cmw.h"

namespace credence::attack {
namespace {

constexpr unsigned int kRemoteAttestation = 0xff2a;
constexpr unsigned int kMessages = SSL_EXT_TLS1_3_ONLY | SSL_EXT_CLIENT_HELLO | SSL_EXT_TLS1_3_ENCRYPTED_EXTENSIONS |
                                   SSL_EXT_TLS1_3_CERTIFICATE_REQUEST | SSL_EXT_TLS1_3_CERTIFICATE;

int add(SSL* ssl, unsigned int, unsigned int context, const unsigned char** out, std::size_t* size, X509*,
        std::size_t entry, int*, void* peer) noexcept {
  const Bytes message = static_cast<StockPeer*>(peer)->message(ssl, context, entry);
  if (message.empty()) return 0;
  auto* copy = static_cast<unsigned char*>(OPENSSL_memdup(message.data(), message.size()));
  *out = copy;
  *size = message.size();
  return copy == nullptr ? -1 : 1;
}

void release(SSL*, unsigned int, unsigned int, const unsigned char* out, void*) noexcept {
  OPENSSL_free(const_cast<unsigned char*>(out));
}

int parse(SSL*, unsigned int, unsigned int context, const unsigned char* data, std::size_t size, X509*, std::size_t,
          int*, void* peer) noexcept {
  if ((context & SSL_EXT_TLS1_3_CERTIFICATE) != 0) {
    static_cast<StockPeer*>(peer)->received.assign(data, data + size);
  }
  return 1;
}

void on_message(int, int, int content_type, const void* data, std::size_t size, SSL*, void* peer) noexcept {
  constexpr int kHandshakeRecord = 22;
  if (content_type != kHandshakeRecord) return;
  static_cast<StockPeer*>(peer)->saw({static_cast<const std::uint8_t*>(data), size});
}

std::vector<channel::early::Scheme> schemes(std::string_view media_type) {
  const std::vector<std::string> types{std::string(media_type)};
  return channel::early::evidence_schemes(types);
}

Bytes hello_with(std::string_view media_type) {
  return channel::early::encode_client_hello(
             {.server_attester = schemes(media_type), .client_attester = schemes(media_type)})
      .value();
}

Bytes chosen(std::string_view media_type) {
  return channel::early::encode_chosen_scheme(schemes(media_type).front()).value();
}

}  // namespace

void StockPeer::install(SSL_CTX* context) {
  ASSERT_EQ(SSL_CTX_add_custom_ext(context, kRemoteAttestation, kMessages, add, release, this, parse, this), 1);
  SSL_CTX_set_msg_callback(context, on_message);
  SSL_CTX_set_msg_callback_arg(context, this);
}

Bytes StockPeer::message(SSL* ssl, unsigned int context, std::size_t in_entry) {
  if ((context & SSL_EXT_CLIENT_HELLO) != 0 && offers) return client_hello();
  if ((context & SSL_EXT_TLS1_3_ENCRYPTED_EXTENSIONS) != 0 && chooses) return chosen(evidence::kParsecTpm);
  if ((context & SSL_EXT_TLS1_3_CERTIFICATE_REQUEST) != 0 && !asks.empty()) return chosen(asks);
  if ((context & SSL_EXT_TLS1_3_CERTIFICATE) != 0 && in_entry == entry) return certificate(ssl);
  return {};
}

Bytes StockPeer::client_hello() {
  if (hellos_++ == 0 || !then_offers) return hello_with(evidence::kParsecTpm);
  return then_offers->empty() ? Bytes{} : hello_with(*then_offers);
}

Bytes StockPeer::certificate(const SSL* ssl) const {
  if (answer) return answer();
  if (!evidence) return {};
  const auto transcript = transcript_.hash(channel::cipher_suite_of(ssl)).value();
  const auto role = SSL_is_server(ssl) == 1 ? evidence::Role::server : evidence::Role::client;
  const Bytes spki = channel::spki_of(SSL_get_certificate(ssl));
  const auto binder = evidence::handshake_binder(transcript, role, spki).value();
  return channel::early::encode_certificate(
             rats::encode_cmw_cbor(rats::CmwRecord{
                 .type = std::string(evidence::kParsecTpm), .value = evidence(binder.view()), .indicator = {}}))
      .value();
}

}  // namespace credence::attack
