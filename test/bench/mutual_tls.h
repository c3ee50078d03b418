// A mutual TLS 1.3 handshake with OpenSSL alone: both ends in one thread over memory BIOs, P-256 certificates that sign
// themselves and are the only anchors, no tickets, no resumption. The attested handshake is the same with two contexts
// attached, so that nothing else can differ.
#pragma once

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

#include "measure.h"

namespace bench {

template <auto free_function>
struct Free {
  template <typename T>
  void operator()(T* object) const noexcept {
    free_function(object);
  }
};
template <typename T, auto free_function>
using Owned = std::unique_ptr<T, Free<free_function>>;
using Context = Owned<SSL_CTX, SSL_CTX_free>;
using Connection = Owned<SSL, SSL_free>;

// A P-256 key and a certificate that signs itself.
struct Identity {
  Owned<EVP_PKEY, EVP_PKEY_free> key{EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256")};
  Owned<X509, X509_free> leaf{X509_new()};

  explicit Identity(const char* name) {
    X509_NAME* subject = X509_get_subject_name(leaf.get());
    require(X509_set_version(leaf.get(), X509_VERSION_3) == 1 &&
                ASN1_INTEGER_set(X509_get_serialNumber(leaf.get()), 1) == 1 &&
                X509_gmtime_adj(X509_getm_notBefore(leaf.get()), -60) != nullptr &&
                X509_gmtime_adj(X509_getm_notAfter(leaf.get()), 3600) != nullptr &&
                X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(name),
                                           -1, -1, 0) == 1 &&
                X509_set_issuer_name(leaf.get(), subject) == 1 && X509_set_pubkey(leaf.get(), key.get()) == 1 &&
                X509_sign(leaf.get(), key.get(), EVP_sha256()) > 0,
            "certificate");
  }
};

// The peer's certificate is the only anchor. `groups`: a list as OpenSSL takes it, or "default".
inline Context context_for(const Identity& own, const Identity& peer, const std::string& groups) {
  Context context(SSL_CTX_new(TLS_method()));
  require(context && SSL_CTX_set_min_proto_version(context.get(), TLS1_3_VERSION) == 1 &&
              SSL_CTX_use_certificate(context.get(), own.leaf.get()) == 1 &&
              SSL_CTX_use_PrivateKey(context.get(), own.key.get()) == 1 &&
              X509_STORE_add_cert(SSL_CTX_get_cert_store(context.get()), peer.leaf.get()) == 1 &&
              SSL_CTX_set_num_tickets(context.get(), 0) == 1 &&
              (groups == "default" || SSL_CTX_set1_groups_list(context.get(), groups.c_str()) == 1),
          "SSL_CTX");
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_TICKET);
  return context;
}

// Two connections of which each writes into what the other one reads.
struct Pair {
  Connection client;
  Connection server;

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

  void handshake() const {
    SSL_do_handshake(client.get());
    SSL_do_handshake(server.get());
    require(SSL_do_handshake(client.get()) == 1 && SSL_do_handshake(server.get()) == 1, "handshake");
    require(SSL_get0_peer_certificate(server.get()) != nullptr && SSL_get_verify_result(server.get()) == X509_V_OK &&
                SSL_get_verify_result(client.get()) == X509_V_OK,
            "verification of the peers");
  }

  // The inside of a JSON object.
  [[nodiscard]] std::string configuration() const {
    return std::string(R"("curve":"P-256","group":")") + SSL_get0_group_name(client.get()) + R"(","suite":")" +
           SSL_get_cipher_name(client.get()) + '"';
  }
};

}  // namespace bench
