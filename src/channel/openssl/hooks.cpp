#include "channel/openssl/hooks.h"

#include <exception>

#include "channel/openssl/connection.h"

namespace credence::channel {
namespace {

constexpr int kHandshakeRecord = 22;

// The application's callback: the one set on the SSL, else the one of the SSL's current context.
InfoCallback application_info(const SSL* ssl, const Connection* connection) noexcept {
  if (connection != nullptr && connection->application_info != nullptr) return connection->application_info;
  SSL_CTX* context = SSL_get_SSL_CTX(ssl);
  const InfoCallback callback = context == nullptr ? nullptr : SSL_CTX_get_info_callback(context);
  if (callback != on_info) return callback;
  const ContextState* state = ContextState::of(context);
  return state == nullptr ? nullptr : state->application_info;
}

void follow_handshake(SSL* ssl, int where) {
  const bool known = Connection::of(ssl) != nullptr;
  Connection* connection = Connection::adopt(ssl);
  if (connection == nullptr) return;
  if ((where & SSL_CB_HANDSHAKE_START) != 0) {
    if (known) connection->begin(ssl);
    connection->forget_session(ssl);
  }
  if ((where & SSL_CB_HANDSHAKE_DONE) != 0) connection->handshake_done(ssl);
}

void follow_message(Connection& connection, int content_type, ByteView message) {
  if (content_type != kHandshakeRecord || connection.transcript.complete()) return;
  // A transcript that refused a message has no hash: the binder, and with it the handshake, fails with the reason.
  static_cast<void>(connection.transcript.add(message));
}

}  // namespace

void on_info(const SSL* ssl, int where, int value) noexcept {
  SSL* connection = const_cast<SSL*>(ssl);  // libssl passes its own, mutable object
  try {
    if ((where & (SSL_CB_HANDSHAKE_START | SSL_CB_HANDSHAKE_DONE)) != 0) follow_handshake(connection, where);
  } catch (const std::exception&) {
    close_for_good(connection);  // no memory to decide with
  }
  if (const InfoCallback next = application_info(ssl, Connection::of(ssl))) next(ssl, where, value);
}

void on_message(int written, int version, int content_type, const void* data, std::size_t size, SSL* ssl,
                void* argument) noexcept {
  try {
    Connection* connection = Connection::adopt(ssl, static_cast<const ContextState*>(argument));
    if (connection != nullptr) {
      follow_message(*connection, content_type, {static_cast<const std::uint8_t*>(data), size});
    }
  } catch (const std::exception&) {
    close_for_good(ssl);
  }
  const Connection* connection = Connection::of(ssl);
  if (connection == nullptr || connection->application_messages.callback == nullptr) return;
  const ApplicationMessages& next = connection->application_messages;
  next.callback(written, version, content_type, data, size, ssl, next.argument);
}

}  // namespace credence::channel
