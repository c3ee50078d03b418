// credence connect: an attested client that sends standard input and prints what comes back.
#include <unistd.h>

#include <array>
#include <chrono>
#include <format>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "cli/connection_options.h"
#include "cli/listen_address.h"
#include "cli/socket.h"
#include "cli/verb.h"
#include "credence/stream.h"

namespace credence::cli {
namespace {

constexpr std::size_t kMostInput = 1 << 20;

struct Options : ConnectionOptions {
  std::string target;
};

// Standard input to its end; a greeting when it is a terminal.
Result<std::string> read_input() {
  if (isatty(STDIN_FILENO) != 0) return "hello\n";
  std::string input;
  std::array<char, 16'384> part;
  for (ssize_t size = 0; (size = ::read(STDIN_FILENO, part.data(), part.size())) > 0;) {
    input.append(part.data(), static_cast<std::size_t>(size));
    if (input.size() > kMostInput) return fail(Errc::too_large, std::format("expected at most {} octets", kMostInput));
  }
  return input;
}

// As many octets as were sent, or until the server closes.
Result<std::string> read_echo(Stream& stream, std::size_t expected, std::chrono::milliseconds patience) {
  std::string echo;
  std::array<std::uint8_t, 16'384> part;
  while (echo.size() < expected) {
    TRY(const std::size_t size, stream.read_within(part, patience));
    if (size == 0) break;
    echo.append(as_text({part.data(), size}));
  }
  return echo;
}

Result<ExitStatus> connect(const Options& options, const Output& output) {
  const std::chrono::milliseconds patience = std::chrono::seconds(options.timeout_seconds);
  TRY(const HostPort target, parse_host_port(options.target));
  TRY(const SslContext context, make_context(options, Stream::Side::client, target.host));
  TRY(const std::string input, read_input());
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
  CHECK(stream.write_within(as_bytes(input), patience));
  // Only now is it known whether the server accepted this side: its verdict comes after the handshake is complete here.
  TRY(const std::string reply, read_echo(stream, input.size(), patience));
  facts["reply"] = reply;
  static_cast<void>(stream.close());
  output.facts(facts);
  return reply == input ? ExitStatus::done : ExitStatus::refused;
}

}  // namespace

void add_connect(CommandLine& line) {
  auto* command = line.app.add_subcommand("connect", "Connect to an attested server; standard input is sent to it");
  auto options = std::make_shared<Options>();
  command->add_option("TARGET", options->target, "The server")->type_name("HOST:PORT")->required();
  add_connection_options(*command, *options);
  on_call(line, command, options, connect);
}

}  // namespace credence::cli
