// The remoteAttestation extension in each message (protocol.md section 3). Step 1 of a relying party: structure only,
// nothing that is read here has been authenticated.
#include <exception>
#include <memory>
#include <optional>
#include <utility>

#include "channel/alert.h"
#include "channel/early/negotiation.h"
#include "channel/local_check.h"
#include "channel/openssl/connection.h"
#include "channel/openssl/hooks.h"
#include "channel/openssl/own_evidence.h"

namespace credence::channel {
namespace {

struct Message {
  SSL* ssl;
  Connection& connection;
  unsigned int context;
  const X509* certificate;
  std::size_t entry;
};

using Data = std::optional<Bytes>;  // empty: the message goes out without the extension

std::vector<early::Scheme> gives(const Message& message) {
  for (const auto& attachment : message.connection.attachments(message.ssl)) {
    if (attachment->offer && attachment->offer->to_unauthenticated_clients) {
      return early::evidence_schemes(given_media_types(*attachment->offer));
    }
  }
  return {};
}

// Only what every applicable relying party can have appraised.
std::vector<early::Scheme> judges(const Message& message) {
  std::vector<early::Scheme> schemes;
  bool first = true;
  for (const auto& attachment : message.connection.attachments(message.ssl)) {
    if (!attachment->demands) continue;
    const auto judged = early::evidence_schemes(judged_media_types(*attachment->demands));
    if (std::exchange(first, false)) {
      schemes = judged;
    } else {
      std::erase_if(schemes, [&judged](const early::Scheme& one) { return !early::choose({&one, 1}, judged); });
    }
  }
  return schemes;
}

bool demands_anything(const Message& message) {
  for (const auto& attachment : message.connection.attachments(message.ssl)) {
    if (attachment->demands) return true;
  }
  return false;
}

Result<Data> own_certificate(const Message& message, const std::optional<early::Scheme>& scheme) {
  if (message.entry != 0 || !scheme) return std::nullopt;
  TRY(Bytes data, own_evidence(message.ssl, message.connection, message.certificate, *scheme));
  return data;
}

Result<Data> write(early::Client& client, const Message& message) {
  if ((message.context & SSL_EXT_CLIENT_HELLO) != 0) {
    TRY(Bytes data, client.client_hello());
    return data;
  }
  if ((message.context & SSL_EXT_TLS1_3_CERTIFICATE) != 0) return own_certificate(message, client.own_scheme());
  return std::nullopt;
}

Result<Data> write(early::Server& server, const Message& message) {
  if ((message.context & SSL_EXT_TLS1_3_ENCRYPTED_EXTENSIONS) != 0) {
    CHECK(server.hellos_done(message.connection.transcript.retried()));
    return server.encrypted_extensions(gives(message));
  }
  if ((message.context & SSL_EXT_TLS1_3_CERTIFICATE_REQUEST) != 0 && demands_anything(message)) {
    CHECK(server.hellos_done(message.connection.transcript.retried()));
    TRY(Bytes data, server.certificate_request(judges(message)));
    return data;
  }
  if ((message.context & SSL_EXT_TLS1_3_CERTIFICATE) != 0) return own_certificate(message, server.own_scheme());
  return std::nullopt;
}

Result<void> read(early::Client& client, const Message& message, ByteView data) {
  if ((message.context & SSL_EXT_TLS1_3_ENCRYPTED_EXTENSIONS) != 0) return client.encrypted_extensions(data);
  if ((message.context & SSL_EXT_TLS1_3_CERTIFICATE_REQUEST) != 0) return client.certificate_request(data);
  if ((message.context & SSL_EXT_TLS1_3_CERTIFICATE) != 0) return client.server_certificate(data, message.entry);
  return fail(Errc::misplaced,
              "the remoteAttestation extension stands in a message of a server that has no place for it");
}

Result<void> read(early::Server& server, const Message& message, ByteView data) {
  if ((message.context & SSL_EXT_CLIENT_HELLO) != 0) return server.client_hello(data);
  if ((message.context & SSL_EXT_TLS1_3_CERTIFICATE) != 0) return server.client_certificate(data, message.entry);
  return fail(Errc::misplaced,
              "the remoteAttestation extension stands in a message of a client that has no place for it");
}

int refuse(const Message& message, const Error& reason, int* alert) {
  message.connection.refuse(message.ssl, reason);
  *alert = std::to_underlying(alert_of(reason.code));
  return -1;
}

int give(const Data& data, const unsigned char** out, std::size_t* size) {
  if (!data) return 0;
  auto copy = std::make_unique_for_overwrite<unsigned char[]>(data->size());
  std::ranges::copy(*data, copy.get());
  *size = data->size();
  *out = copy.release();
  return 1;
}

}  // namespace

int on_add_extension(SSL* ssl, unsigned int, unsigned int context, const unsigned char** out, std::size_t* size,
                     X509* certificate, std::size_t entry, int* alert, void*) noexcept {
  *alert = SSL_AD_INTERNAL_ERROR;
  try {
    Connection* connection = Connection::adopt(ssl);
    if (connection == nullptr) return 0;
    const Message message{ssl, *connection, context, certificate, entry};
    const auto data = std::visit([&message](auto& role) { return write(role, message); }, connection->negotiation);
    return data ? give(*data, out, size) : refuse(message, data.error(), alert);
  } catch (const std::exception&) {
    return -1;
  }
}

void on_free_extension(SSL*, unsigned int, unsigned int, const unsigned char* out, void*) noexcept { delete[] out; }

int on_parse_extension(SSL* ssl, unsigned int, unsigned int context, const unsigned char* data, std::size_t size,
                       X509* certificate, std::size_t entry, int* alert, void*) noexcept {
  *alert = SSL_AD_INTERNAL_ERROR;
  try {
    Connection* connection = Connection::adopt(ssl);
    if (connection == nullptr) return 1;
    const Message message{ssl, *connection, context, certificate, entry};
    const auto accepted =
        std::visit([&](auto& role) { return read(role, message, {data, size}); }, connection->negotiation);
    return accepted ? 1 : refuse(message, accepted.error(), alert);
  } catch (const std::exception&) {
    return -1;
  }
}

}  // namespace credence::channel
