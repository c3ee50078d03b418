// Two ends of a TLS 1.3 connection in one thread, over memory BIOs.
#pragma once

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <chrono>
#include <string>

#include "crypto/certificate.h"
#include "crypto/openssl/native.h"
#include "provider/provider.h"

namespace credence::provider {

using OwnedSslContext = crypto::Owned<SSL_CTX, SSL_CTX_free>;
using OwnedSsl = crypto::Owned<SSL, SSL_free>;

[[nodiscard]] inline crypto::Certificate leaf_for(EVP_PKEY* key, std::string name) {
  const auto now = std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
  return self_signed_certificate(key, {.common_name = std::move(name),
                                       .dns_names = {},
                                       .not_before = now - std::chrono::hours(1),
                                       .not_after = now + std::chrono::hours(1)})
      .value();
}

struct Identity {
  crypto::OwnedKey key;
  crypto::Certificate leaf;
};

[[nodiscard]] inline Identity identity_of(std::shared_ptr<rot::TlsKey> tls_key, const Options& options = {}) {
  crypto::OwnedKey key = private_key(std::move(tls_key), options).value();
  crypto::Certificate leaf = leaf_for(key.get(), "provider test");
  return {std::move(key), std::move(leaf)};
}

// Of any library context; the peer's leaf is the only anchor.
[[nodiscard]] inline OwnedSslContext tls_context(OSSL_LIB_CTX* library, const Identity& own,
                                                 const crypto::Certificate& peer) {
  OwnedSslContext context(SSL_CTX_new_ex(library, nullptr, TLS_method()));
  const bool made = SSL_CTX_set_min_proto_version(context.get(), TLS1_3_VERSION) == 1 &&
                    SSL_CTX_use_certificate(context.get(), crypto::native(own.leaf)) == 1 &&
                    SSL_CTX_use_PrivateKey(context.get(), own.key.get()) == 1 &&
                    SSL_CTX_check_private_key(context.get()) == 1 &&
                    X509_STORE_add_cert(SSL_CTX_get_cert_store(context.get()), crypto::native(peer)) == 1;
  if (!made) throw std::runtime_error("TLS context: " + crypto::last_error());
  SSL_CTX_set_num_tickets(context.get(), 0);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  return context;
}

struct Pair {
  OwnedSsl client;
  OwnedSsl server;

  Pair(SSL_CTX* client_context, SSL_CTX* server_context)
      : client(SSL_new(client_context)), server(SSL_new(server_context)) {
    BIO* to_server = BIO_new(BIO_s_mem());
    BIO* to_client = BIO_new(BIO_s_mem());
    BIO_up_ref(to_server);
    BIO_up_ref(to_client);
    SSL_set_bio(client.get(), to_client, to_server);
    SSL_set_bio(server.get(), to_server, to_client);
    SSL_set_connect_state(client.get());
    SSL_set_accept_state(server.get());
  }

  // What stopped an end, as SSL_get_error() says, and the reason in the error queue.
  struct Stop {
    int error = SSL_ERROR_NONE;
    std::string reason;
  };
  static Stop advance(SSL* end) {
    ERR_clear_error();
    const int returned = SSL_do_handshake(end);
    Stop stop{.error = SSL_get_error(end, returned), .reason = {}};
    const char* data = nullptr;
    int flags = 0;
    while (const unsigned long code = ERR_get_error_all(nullptr, nullptr, nullptr, &data, &flags)) {
      const char* text = ERR_reason_error_string(code);
      stop.reason +=
          std::string(text != nullptr ? text : "") + " " + ((flags & ERR_TXT_STRING) != 0 ? data : "") + "; ";
    }
    return stop;
  }

  bool handshake() {
    for (int flight = 0; flight < 4; ++flight) {
      const Stop at_client = advance(client.get());
      const Stop at_server = advance(server.get());
      if (at_client.error == SSL_ERROR_NONE && at_server.error == SSL_ERROR_NONE) return true;
      if (at_client.error == SSL_ERROR_SSL || at_server.error == SSL_ERROR_SSL) return false;
    }
    return false;
  }
};

}  // namespace credence::provider
