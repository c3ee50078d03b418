#include "service/http/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <format>

namespace credence::service::http {
namespace {

std::unexpected<Error> refuse(const std::filesystem::path& file, std::string_view expected) {
  ERR_clear_error();
  return fail_in(Errc::configuration, file.string(), std::string(expected));
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
  if (SSL_CTX_use_PrivateKey_file(ssl, files.key.c_str(), SSL_FILETYPE_PEM) != 1) {
    return refuse(files.key, "expected an unencrypted PEM file with the key of the server's certificate");
  }
  if (SSL_CTX_check_private_key(ssl) != 1) {
    return refuse(files.key, std::format("expected the key of the certificate in {}", files.certificate.string()));
  }
  return context;
}

}  // namespace credence::service::http
