#include "evidence/binding/transcript.h"

#include <algorithm>
#include <array>
#include <format>
#include <optional>

#include "wire/tls/reader.h"

namespace credence::evidence {
namespace {

// RFC 8446 section 4: HandshakeType.
constexpr std::uint8_t kClientHello = 1;
constexpr std::uint8_t kServerHello = 2;
constexpr std::uint8_t kMessageHash = 254;

constexpr std::size_t kHeaderSize = 4;
// OpenSSL's own bound for a ClientHello, the longest of the hello messages.
constexpr std::size_t kLongestHello = 131'396;

// RFC 8446 section 4.1.3: the Random of a HelloRetryRequest, SHA-256 of "HelloRetryRequest".
constexpr std::array<std::uint8_t, 32> kRetryRandom = {0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c,
                                                       0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb,
                                                       0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c};

struct ServerHello {
  bool retry_request = false;
  std::uint16_t cipher_suite = 0;
};

// The part of the ServerHello that tells what follows; OpenSSL parses the rest.
Result<ServerHello> read_server_hello(ByteView message) {
  tls::Reader reader(message.subspan(kHeaderSize), kHeaderSize);
  TRY([[maybe_unused]] const std::uint16_t legacy_version, reader.u16());
  TRY(const ByteView random, reader.fixed(kRetryRandom.size()));
  TRY([[maybe_unused]] const ByteView session_id, reader.vector({.minimum = 0, .maximum = 32}));
  TRY(const std::uint16_t cipher_suite, reader.u16());
  return ServerHello{.retry_request = equal(random, kRetryRandom), .cipher_suite = cipher_suite};
}

Result<std::uint8_t> message_type(ByteView message) {
  if (message.size() > kLongestHello)
    return fail(Errc::too_large,
                std::format("expected a hello message of at most {} octets, got {}", kLongestHello, message.size()));
  tls::Reader reader(message);
  TRY(const std::uint8_t type, reader.u8());
  TRY(const std::uint32_t length, reader.u24());
  if (length != reader.remaining())
    return fail_at(Errc::malformed, 1,
                   std::format("the handshake header says {} octets, the message has {}", length, reader.remaining()));
  return type;
}

}  // namespace

Result<void> Transcript::add(ByteView message) {
  auto taken = take(message);
  if (!taken) state_ = State::broken;
  return taken;
}

Result<void> Transcript::take(ByteView message) {
  if (state_ == State::broken) return fail(Errc::malformed, "the transcript was refused before");
  if (state_ == State::complete && (message.empty() || (message[0] != kClientHello && message[0] != kServerHello)))
    return {};
  TRY(const std::uint8_t type, message_type(message));
  switch (state_) {
    case State::client_hello:
    case State::second_client_hello:
      if (type != kClientHello)
        return fail_at(Errc::unexpected_type, 0, std::format("expected a ClientHello (1), got message type {}", type));
      client_hello_ = to_bytes(message);
      state_ = state_ == State::client_hello ? State::server_hello : State::second_server_hello;
      return {};
    case State::server_hello:
    case State::second_server_hello:
      if (type != kServerHello)
        return fail_at(Errc::unexpected_type, 0, std::format("expected a ServerHello (2), got message type {}", type));
      return take_server_hello(message);
    case State::complete:
    case State::broken:
      break;
  }
  // A binder speaks of one handshake; a second one on the same connection would leave it behind.
  return fail_at(Errc::unexpected_type, 0, "a further hello after the ServerHello: renegotiation is not allowed");
}

Result<void> Transcript::take_server_hello(ByteView message) {
  TRY(const ServerHello hello, read_server_hello(message));
  if (state_ == State::second_server_hello) {
    // RFC 8446 section 4.1.4: one retry at most, and the suite of the HelloRetryRequest stays.
    if (hello.retry_request) return fail(Errc::unexpected_type, "a second HelloRetryRequest");
    if (hello.cipher_suite != cipher_suite_)
      return fail(Errc::invalid_value, std::format("the HelloRetryRequest chose suite {:#06x}, the ServerHello {:#06x}",
                                                   cipher_suite_, hello.cipher_suite));
  }
  cipher_suite_ = hello.cipher_suite;
  if (hello.retry_request) {
    first_client_hello_ = std::move(client_hello_);
    retry_request_ = to_bytes(message);
    state_ = State::second_client_hello;
  } else {
    server_hello_ = to_bytes(message);
    state_ = State::complete;
  }
  return {};
}

Result<TranscriptHash> Transcript::hash(std::uint16_t cipher_suite) const {
  if (!complete())
    return fail(Errc::missing_member, "no transcript: the messages from ClientHello to ServerHello were not all seen");
  if (cipher_suite != cipher_suite_)
    return fail(Errc::invalid_value, std::format("the ServerHello chose suite {:#06x}, the connection says {:#06x}",
                                                 cipher_suite_, cipher_suite));
  const auto algorithm = crypto::hash_of_cipher_suite(cipher_suite);
  if (!algorithm)
    return fail(Errc::unsupported_algorithm, std::format("no binder hash for cipher suite {:#06x}", cipher_suite));
  if (!retried()) {
    TRY(const crypto::Digest value, crypto::digest(*algorithm, {client_hello_, server_hello_}));
    return TranscriptHash{value};
  }
  // RFC 8446 section 4.4.1: after a HelloRetryRequest ClientHello1 is replaced by a message_hash message.
  TRY(const crypto::Digest first, crypto::digest(*algorithm, first_client_hello_));
  const auto size = static_cast<std::uint8_t>(first.view().size());
  const std::array<std::uint8_t, kHeaderSize> header = {kMessageHash, 0, 0, size};
  TRY(const crypto::Digest value,
      crypto::digest(*algorithm, {header, first.view(), retry_request_, client_hello_, server_hello_}));
  return TranscriptHash{value};
}

}  // namespace credence::evidence
