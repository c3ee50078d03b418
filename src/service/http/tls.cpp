#include "service/http/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <filesystem>
#include <format>
#include <system_error>

namespace credence::service::http {
namespace {

std::unexpected<Error> refuse(const std::filesystem::path& file, std::string_view expected) {
  ERR_clear_error();
  return fail_in(Errc::configuration, file.string(), std::string(expected));
}

// Of the authorities that are named, never the system's: any web site's certificate would be a client's otherwise.
Result<void> ask_for_certificate(SSL_CTX* ssl, const std::filesystem::path& authorities) {
  STACK_OF(X509_NAME)* const names = SSL_load_client_CA_file(authorities.c_str());
  if (names == nullptr || SSL_CTX_load_verify_file(ssl, authorities.c_str()) != 1) {
    sk_X509_NAME_pop_free(names, X509_NAME_free);
    return refuse(authorities, "expected a PEM file with the authorities of client certificates");
  }
  SSL_CTX_set_client_CA_list(ssl, names);  // owns the names
  SSL_CTX_set_verify(ssl, SSL_VERIFY_PEER, nullptr);
  return {};
}

Result<void> check_key_is_private(const std::filesystem::path& key) {
  using std::filesystem::perms;
  std::error_code error;
  const perms mode = std::filesystem::status(key, error).permissions();
  if (error || (mode & (perms::others_read | perms::others_write | perms::group_write)) == perms::none) return {};
  return refuse(key, "expected a key that others cannot read: chmod o= it");
}

}  // namespace

Result<boost::asio::ssl::context> tls_context(const TlsFiles& files) {
  ERR_clear_error();
  boost::asio::ssl::context context(boost::asio::ssl::context::tls_server);
  SSL_CTX* const ssl = context.native_handle();
  if (SSL_CTX_set_min_proto_version(ssl, TLS1_3_VERSION) != 1) {
    return fail(Errc::crypto_failure, "OpenSSL refused TLS 1.3 as the least version");
  }
  // Connections are few and long: resumption would only add ticket keys to protect.
  SSL_CTX_set_options(ssl, SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
  if (SSL_CTX_set_num_tickets(ssl, 0) != 1) return fail(Errc::crypto_failure, "OpenSSL refused to send no tickets");
  SSL_CTX_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS);  // idle connections cost no record buffers

  if (SSL_CTX_use_certificate_chain_file(ssl, files.certificate.c_str()) != 1) {
    return refuse(files.certificate, "expected a PEM file with the server's certificate first, then its chain");
  }
  CHECK(check_key_is_private(files.key));
  if (SSL_CTX_use_PrivateKey_file(ssl, files.key.c_str(), SSL_FILETYPE_PEM) != 1) {
    return refuse(files.key, "expected an unencrypted PEM file with the key of the server's certificate");
  }
  if (SSL_CTX_check_private_key(ssl) != 1) {
    return refuse(files.key, std::format("expected the key of the certificate in {}", files.certificate.string()));
  }
  if (!files.client_ca.empty()) CHECK(ask_for_certificate(ssl, files.client_ca));
  return context;
}

}  // namespace credence::service::http
