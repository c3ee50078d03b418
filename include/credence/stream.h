// An attested connection as a stream of octets, with no way to move one of them before the peer has been accepted.
//
//   TRY(Stream stream, Stream::over(context, socket, Stream::Side::client, "server.example"));
//   CHECK(stream.handshake_within(10s));   // an Error is the reason of the refusal
//   TRY(const Peer peer, stream.peer());   // who it is
//   CHECK(stream.write_within(request, 10s));
//
// Or in an event loop: handshake(), read() and write() never block; poll what wait_for() names and call again. All
// calls on one stream come from one thread; many streams share a thread, since none of them blocks while it waits for a
// verdict, for evidence or for a signature. A program that writes to sockets ignores SIGPIPE.
#pragma once

#include <openssl/ssl.h>
#include <poll.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "credence/result.h"
#include "credence/tls.h"

namespace credence {

class Stream {
 public:
  enum class Side : std::uint8_t { client, server };
  enum class Progress : std::uint8_t { waiting, done };
  // Done with size 0: the peer has closed in good order.
  struct Read {
    Progress progress = Progress::waiting;
    std::size_t size = 0;
  };

  // Takes the connected socket over and makes it non-blocking. `context` must be attached: no other connection ever
  // opens. A client expects a leaf for `server_name` (name or IP address) where the chain is verified; empty: any.
  [[nodiscard]] static Result<Stream> over(SSL_CTX* context, int socket, Side side,
                                           const std::string& server_name = {});
  Stream(Stream&&) noexcept;
  Stream& operator=(Stream&&) noexcept;
  ~Stream();

  // An Error is final: the reason when this side refused the peer, else what broke.
  [[nodiscard]] Result<Progress> handshake();
  // Errc::gate_closed unless the handshake is done and the peer accepted. That the peer refused this side is seen here:
  // in TLS 1.3 its refusal of a client arrives after the client's handshake.
  [[nodiscard]] Result<Read> read(std::span<std::uint8_t> into);
  // All of it or none: call again with the same octets after Progress::waiting.
  [[nodiscard]] Result<Progress> write(std::span<const std::uint8_t> octets);
  // close_notify; nothing before the peer is accepted.
  [[nodiscard]] Result<Progress> close();
  // What the last operation that waits waits for: the socket, or an answer of a verifier or a root of trust.
  [[nodiscard]] std::vector<pollfd> wait_for() const;

  // The same, blocking. Errc::timeout when `patience` is over.
  [[nodiscard]] Result<void> handshake_within(std::chrono::milliseconds patience);
  [[nodiscard]] Result<std::size_t> read_within(std::span<std::uint8_t> into, std::chrono::milliseconds patience);
  [[nodiscard]] Result<void> write_within(std::span<const std::uint8_t> octets, std::chrono::milliseconds patience);

  // Errc::not_found when this side demanded nothing.
  [[nodiscard]] Result<Peer> peer() const;
  [[nodiscard]] std::string cipher_suite() const;
  [[nodiscard]] std::string group() const;

 private:
  struct State;
  explicit Stream(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace credence
