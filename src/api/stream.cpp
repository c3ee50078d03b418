#include "credence/stream.h"

#include <fcntl.h>
#include <openssl/err.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <format>
#include <optional>

#include "base/bytes.h"
#include "base/result.h"
#include "channel/openssl/attach.h"
#include "crypto/openssl/native.h"

namespace credence {
namespace {

using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

constexpr milliseconds kLongestPoll{1'000};

struct FreeConnection {
  void operator()(SSL* ssl) const noexcept {
    channel::cancel(ssl);
    SSL_free(ssl);
  }
};

class Socket {
 public:
  explicit Socket(int descriptor) noexcept : descriptor_(descriptor) {}
  ~Socket() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  [[nodiscard]] int get() const noexcept { return descriptor_; }

 private:
  int descriptor_;
};

}  // namespace

struct Stream::State {
  explicit State(int descriptor) : socket(descriptor) {}

  Socket socket;  // outlives the SSL, whose end may still send an alert
  std::unique_ptr<SSL, FreeConnection> ssl;
  bool opened = false;
  short wanted = POLLIN;  // of the socket, after an operation that waits

  [[nodiscard]] Result<void> prepare(SSL_CTX* context, Side side, const std::string& server_name);
  [[nodiscard]] Result<bool> waits(int returned, std::string_view operation);
  [[nodiscard]] Error failure(int ssl_error, std::string_view operation) const;
};

namespace {

// The name is sent and checked; an IP address is only checked (RFC 6066 section 3: no literal addresses in SNI).
Result<void> expect_name(SSL* ssl, const std::string& name) {
  if (name.empty()) return {};
  X509_VERIFY_PARAM* check = SSL_get0_param(ssl);
  if (X509_VERIFY_PARAM_set1_ip_asc(check, name.c_str()) == 1) return {};
  ERR_clear_error();
  CHECK(crypto::expect_one(SSL_set1_host(ssl, name.c_str()), "SSL_set1_host"));
  return crypto::expect_one(static_cast<int>(SSL_set_tlsext_host_name(ssl, name.c_str())), "SSL_set_tlsext_host_name");
}

}  // namespace

Result<void> Stream::State::prepare(SSL_CTX* context, Side side, const std::string& server_name) {
  const int flags = fcntl(socket.get(), F_GETFL);
  if (flags < 0 || fcntl(socket.get(), F_SETFL, flags | O_NONBLOCK) != 0) {
    return fail(Errc::usage, "expected a connected socket");
  }
  ssl.reset(SSL_new(context));
  if (!ssl) return crypto::openssl_failure("SSL_new");
  CHECK(crypto::expect_one(SSL_set_fd(ssl.get(), socket.get()), "SSL_set_fd"));
  SSL_set_mode(ssl.get(), SSL_MODE_ASYNC | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  if (side == Side::client) {
    SSL_set_connect_state(ssl.get());
    return expect_name(ssl.get(), server_name);
  }
  SSL_set_accept_state(ssl.get());
  return {};
}

// True when the operation has to wait; an Error when it has failed.
Result<bool> Stream::State::waits(int returned, std::string_view operation) {
  const int error = SSL_get_error(ssl.get(), returned);
  switch (error) {
    case SSL_ERROR_WANT_READ:
      wanted = POLLIN;
      return true;
    case SSL_ERROR_WANT_WRITE:
      wanted = POLLOUT;
      return true;
    case SSL_ERROR_WANT_ASYNC:
      wanted = 0;
      return true;
    case SSL_ERROR_WANT_ASYNC_JOB:
      return fail(Errc::busy, "OpenSSL has no async job left: leave ASYNC_init_thread() unlimited");
    default:
      return std::unexpected(failure(error, operation));
  }
}

namespace {

// On a side that attests and demands nothing the peer's certificate is verified as in any TLS.
std::optional<Error> distrust(const SSL* ssl) {
  const unsigned long last = ERR_peek_last_error();
  if (ERR_GET_LIB(last) != ERR_LIB_SSL || ERR_GET_REASON(last) != SSL_R_CERTIFICATE_VERIFY_FAILED) return std::nullopt;
  ERR_clear_error();
  return Error{.code = Errc::untrusted_chain,
               .why = std::format("expected a certificate of the peer that leads to the SSL_CTX's trust store and "
                                  "carries the expected name, got one with '{}': add the peer's CA (--peer-ca FILE)",
                                  X509_verify_cert_error_string(SSL_get_verify_result(ssl)))};
}

}  // namespace

Error Stream::State::failure(int ssl_error, std::string_view operation) const {
  if (auto refused = channel::refusal(ssl.get())) return *std::move(refused);
  if (ssl_error == SSL_ERROR_ZERO_RETURN) {
    return {.code = Errc::gate_closed, .why = std::format("the peer closed the connection during {}", operation)};
  }
  if (auto distrusted = distrust(ssl.get())) return *std::move(distrusted);
  const unsigned long queued = ERR_peek_error();
  if (queued == 0) return {.code = Errc::io, .why = std::format("the connection broke during {}", operation)};
  const int reason = ERR_GET_REASON(queued);
  // Alerts that the peer sent appear as reasons over 1000 (SSL_AD_REASON_OFFSET).
  if (ERR_GET_LIB(queued) == ERR_LIB_SSL && reason > SSL_AD_REASON_OFFSET) {
    const std::string alert = SSL_alert_desc_string_long(reason - SSL_AD_REASON_OFFSET);
    ERR_clear_error();
    return {.code = Errc::gate_closed,
            .why = std::format("the peer refused this side with the alert '{}'; its own log has the reason", alert)};
  }
  return {.code = Errc::io, .why = std::format("{} failed: {}", operation, crypto::last_error())};
}

Stream::Stream(std::unique_ptr<State> state) : state_(std::move(state)) {}
Stream::Stream(Stream&&) noexcept = default;
Stream& Stream::operator=(Stream&&) noexcept = default;
Stream::~Stream() = default;

Result<Stream> Stream::over(SSL_CTX* context, int socket, Side side, const std::string& server_name) {
  auto state = std::make_unique<State>(socket);
  CHECK(state->prepare(context, side, server_name));
  return Stream(std::move(state));
}

Result<Stream::Progress> Stream::handshake() {
  ERR_clear_error();
  const int returned = SSL_do_handshake(state_->ssl.get());
  if (returned != 1) {
    TRY(const bool waiting, state_->waits(returned, "the handshake"));
    return waiting ? Progress::waiting : Progress::done;
  }
  // What OpenSSL calls complete is not yet accepted: the gate decides.
  if (auto open = channel::check_open(state_->ssl.get()); !open) {
    SSL_shutdown(state_->ssl.get());
    return std::unexpected(std::move(open).error());
  }
  SSL_clear_mode(state_->ssl.get(), SSL_MODE_ASYNC);  // reads and writes need no job
  state_->opened = true;
  return Progress::done;
}

Result<Stream::Read> Stream::read(std::span<std::uint8_t> into) {
  CHECK(channel::check_open(state_->ssl.get()));
  if (!state_->opened) return fail(Errc::gate_closed, "no application data before the handshake is done");
  ERR_clear_error();
  std::size_t size = 0;
  const int returned = SSL_read_ex(state_->ssl.get(), into.data(), into.size(), &size);
  if (returned == 1) return Read{.progress = Progress::done, .size = size};
  if (SSL_get_error(state_->ssl.get(), returned) == SSL_ERROR_ZERO_RETURN) return Read{.progress = Progress::done};
  CHECK(state_->waits(returned, "reading"));
  return Read{};
}

Result<Stream::Progress> Stream::write(std::span<const std::uint8_t> octets) {
  CHECK(channel::check_open(state_->ssl.get()));
  if (!state_->opened) return fail(Errc::gate_closed, "no application data before the handshake is done");
  ERR_clear_error();
  std::size_t written = 0;
  const int returned = SSL_write_ex(state_->ssl.get(), octets.data(), octets.size(), &written);
  if (returned == 1) return Progress::done;  // without partial writes it is all of it or a wait
  CHECK(state_->waits(returned, "writing"));
  return Progress::waiting;
}

Result<Stream::Progress> Stream::close() {
  if (!state_->opened) return Progress::done;
  ERR_clear_error();
  const int returned = SSL_shutdown(state_->ssl.get());
  if (returned >= 0) return Progress::done;
  CHECK(state_->waits(returned, "closing"));
  return Progress::waiting;
}

std::vector<pollfd> Stream::wait_for() const {
  if (state_->wanted != 0) return {{.fd = state_->socket.get(), .events = state_->wanted, .revents = 0}};
  std::size_t count = 0;
  std::array<OSSL_ASYNC_FD, 8> descriptors{};
  if (SSL_get_all_async_fds(state_->ssl.get(), nullptr, &count) != 1 || count > descriptors.size() ||
      SSL_get_all_async_fds(state_->ssl.get(), descriptors.data(), &count) != 1) {
    return {};
  }
  std::vector<pollfd> waiting;
  for (std::size_t i = 0; i < count; ++i) waiting.push_back({.fd = descriptors[i], .events = POLLIN, .revents = 0});
  return waiting;
}

namespace {

// Polls until `attempt` is done or the time is up.
template <typename Attempt>
Result<void> repeat(const Stream& stream, milliseconds patience, std::string_view what, Attempt attempt) {
  const auto deadline = SteadyClock::now() + patience;
  while (true) {
    TRY(const Stream::Progress progress, attempt());
    if (progress == Stream::Progress::done) return {};
    const auto left = std::chrono::duration_cast<milliseconds>(deadline - SteadyClock::now());
    if (left <= milliseconds(0)) {
      return fail(Errc::timeout, std::format("expected {} within {}, it takes longer", what, patience));
    }
    auto waiting = stream.wait_for();
    poll(waiting.data(), waiting.size(), static_cast<int>(std::min(left, kLongestPoll).count()));
  }
}

}  // namespace

Result<void> Stream::handshake_within(milliseconds patience) {
  return repeat(*this, patience, "the handshake", [this] { return handshake(); });
}

Result<std::size_t> Stream::read_within(std::span<std::uint8_t> into, milliseconds patience) {
  std::size_t size = 0;
  CHECK(repeat(*this, patience, "data", [&]() -> Result<Progress> {
    TRY(const Read got, read(into));
    size = got.size;
    return got.progress;
  }));
  return size;
}

Result<void> Stream::write_within(std::span<const std::uint8_t> octets, milliseconds patience) {
  return repeat(*this, patience, "room to write", [&] { return write(octets); });
}

Result<Peer> Stream::peer() const { return credence::peer(state_->ssl.get()); }

std::string Stream::cipher_suite() const { return SSL_get_cipher_name(state_->ssl.get()); }

std::string Stream::group() const {
  const char* name = SSL_get0_group_name(state_->ssl.get());
  return name == nullptr ? "" : name;
}

}  // namespace credence
