// credence connect: an attested client that sends standard input and prints what comes back.
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <format>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "cli/connection_options.h"
#include "cli/socket.h"
#include "cli/verb.h"
#include "credence/stream.h"
#include "service/listen_address.h"

namespace credence::cli {
namespace {

constexpr std::size_t kMostInput = 1 << 20;

struct Options : ConnectionOptions {
  std::string target;
};

constexpr std::string_view kGreeting = "hello\n";
using SteadyClock = std::chrono::steady_clock;

// What the server has sent by now. False when it has closed.
Result<bool> take_reply(Stream& stream, std::string& reply) {
  std::array<std::uint8_t, 16'384> part;
  while (true) {
    TRY(const Stream::Read got, stream.read(part));
    if (got.progress == Stream::Progress::waiting) return true;
    if (got.size == 0) return false;
    reply.append(as_text({part.data(), got.size}));
  }
}

// True when standard input can be read without waiting.
Result<bool> wait_for_input(const Stream& stream, SteadyClock::time_point deadline) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - SteadyClock::now());
  if (left.count() <= 0) return fail(Errc::timeout, "standard input did not end in time: end it, or raise --timeout");
  std::vector<pollfd> descriptors = stream.wait_for();
  descriptors.push_back({.fd = STDIN_FILENO, .events = POLLIN, .revents = 0});
  poll(descriptors.data(), descriptors.size(), static_cast<int>(left.count()));
  return descriptors.back().revents != 0;
}

// Standard input to its end, while the server is listened to: it may refuse before. A greeting when there is nothing to
// send or a terminal: only an answer tells that the server accepted this side (protocol.md 1.10).
Result<std::string> read_input(Stream& stream, std::string& reply, std::chrono::milliseconds patience) {
  if (isatty(STDIN_FILENO) != 0) return std::string(kGreeting);
  const auto deadline = SteadyClock::now() + patience;
  std::string input;
  std::array<char, 16'384> part;
  while (true) {
    TRY(const bool open, take_reply(stream, reply));
    if (!open) return fail(Errc::gate_closed, "the server closed the connection before standard input ended");
    TRY(const bool ready, wait_for_input(stream, deadline));
    if (!ready) continue;
    const ssize_t size = ::read(STDIN_FILENO, part.data(), part.size());
    if (size < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (size <= 0) break;
    input.append(part.data(), static_cast<std::size_t>(size));
    if (input.size() > kMostInput) return fail(Errc::too_large, std::format("expected at most {} octets", kMostInput));
  }
  return input.empty() ? std::string(kGreeting) : input;
}

// As many octets as were sent, or until the server closes.
Result<void> read_echo(Stream& stream, std::size_t expected, std::string& echo, std::chrono::milliseconds patience) {
  std::array<std::uint8_t, 16'384> part;
  while (echo.size() < expected) {
    TRY(const std::size_t size, stream.read_within(part, patience));
    if (size == 0) break;
    echo.append(as_text({part.data(), size}));
  }
  return {};
}

Result<ExitStatus> connect(const Options& options, const Output& output) {
  const std::chrono::milliseconds patience = std::chrono::seconds(options.timeout_seconds);
  TRY(const service::HostPort target, service::parse_host_port(options.target));
  TRY(const SslContext context, make_context(options, Stream::Side::client, target.host));
  TRY(Descriptor socket, connect_to(target, patience));
  // A name is checked in the chain only where there is one; a self-signed leaf proves none.
  const bool by_chain = !options.require || !options.peer_ca.empty();
  TRY(Stream stream,
      Stream::over(context.get(), socket.release(), Stream::Side::client, by_chain ? target.host : std::string()));
  CHECK(stream.handshake_within(patience));

  json::Object facts{{"event", "connected"}, {"verdict", "not demanded"}};
  if (options.require) {
    TRY(const Peer peer, stream.peer());
    for (auto& [name, value] : facts_of(peer)) facts[name] = std::move(value);
  }
  facts["cipher suite"] = stream.cipher_suite();
  facts["group"] = stream.group();
  std::string reply;
  TRY(const std::string input, read_input(stream, reply, patience));
  CHECK(stream.write_within(as_bytes(input), patience));
  CHECK(read_echo(stream, input.size(), reply, patience));
  facts["reply"] = reply;
  static_cast<void>(stream.close());
  output.facts(facts);
  return reply == input ? ExitStatus::done : ExitStatus::refused;
}

}  // namespace

void add_connect(CommandLine& line) {
  auto* command =
      line.app.add_subcommand("connect", "Connect to an attested server; standard input, or a greeting, is sent to it");
  auto options = std::make_shared<Options>();
  command->add_option("TARGET", options->target, "The server")->type_name("HOST:PORT")->required();
  add_connection_options(*command, *options);
  on_call(line, command, options, connect);
}

}  // namespace credence::cli
