// The functions that OpenSSL calls. None of them throws: an exception would pass through C.
#pragma once

#include <openssl/ssl.h>

#include <cstddef>

namespace credence::channel {

// Start and end of the handshake; passes every event on to the application's info callback.
void on_info(const SSL* ssl, int where, int value) noexcept;

// Feeds the transcript; passes everything on to the application's message callback. `argument` is the ContextState of
// the creating context: OpenSSL copies it into each SSL, where it survives a switch of the SSL_CTX.
void on_message(int written, int version, int content_type, const void* data, std::size_t size, SSL* ssl,
                void* argument) noexcept;

// The remoteAttestation extension (SSL_CTX_add_custom_ext).
int on_add_extension(SSL* ssl, unsigned int type, unsigned int context, const unsigned char** out, std::size_t* size,
                     X509* certificate, std::size_t entry, int* alert, void* argument) noexcept;
void on_free_extension(SSL* ssl, unsigned int type, unsigned int context, const unsigned char* out,
                       void* argument) noexcept;
int on_parse_extension(SSL* ssl, unsigned int type, unsigned int context, const unsigned char* data, std::size_t size,
                       X509* certificate, std::size_t entry, int* alert, void* argument) noexcept;

// The verify step (SSL_CTX_set_cert_verify_callback).
int on_verify(X509_STORE_CTX* chain, void* argument) noexcept;

}  // namespace credence::channel
