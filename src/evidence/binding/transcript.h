// Transcript-Hash(ClientHello..ServerHello) of RFC 8446 section 4.4.1, from the messages as they cross the wire.
//
// OpenSSL gives no access to its transcript before the handshake ends, and the binder is needed in the middle of it.
// Both sides feed this class from the message callback; it keeps the two to four hello messages and nothing else.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/result.h"
#include "evidence/binding/binder.h"

namespace credence::evidence {

// Not thread-safe: one per connection.
class Transcript {
 public:
  // Takes one handshake message with its 4-octet header, sent or received, in the order of the wire. Expected are
  // ClientHello, ServerHello, or with a HelloRetryRequest ClientHello, HelloRetryRequest, ClientHello, ServerHello.
  // Until then any other message is refused; afterwards other messages are not kept, and a further hello is refused
  // (renegotiation). After a refusal the transcript is unusable: hash() fails.
  [[nodiscard]] Result<void> add(ByteView message);

  // True once the ServerHello (not a HelloRetryRequest) was taken.
  [[nodiscard]] bool complete() const noexcept { return state_ == State::complete; }
  [[nodiscard]] bool retried() const noexcept { return !retry_request_.empty(); }

  // With the message_hash form after a HelloRetryRequest. `cipher_suite` is the negotiated one and must be the one in
  // the ServerHello. Errc::missing_member before complete().
  [[nodiscard]] Result<TranscriptHash> hash(std::uint16_t cipher_suite) const;

 private:
  enum class State : std::uint8_t {
    client_hello,
    server_hello,
    second_client_hello,
    second_server_hello,
    complete,
    broken
  };
  [[nodiscard]] Result<void> take(ByteView message);
  [[nodiscard]] Result<void> take_server_hello(ByteView message);

  State state_ = State::client_hello;
  std::uint16_t cipher_suite_ = 0;  // of the HelloRetryRequest, then of the ServerHello
  Bytes first_client_hello_;        // only after a HelloRetryRequest
  Bytes retry_request_;
  Bytes client_hello_;
  Bytes server_hello_;
};

}  // namespace credence::evidence
