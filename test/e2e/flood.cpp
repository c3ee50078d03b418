// An attested client that sends as fast as it can for as long as the server lets it, and reads what comes back before
// it sends more: a server that serves it to the end of what is there never comes to an end.
//
//   flood PORT TCTI STATE-DIRECTORY PEER-CA      says "echoed" when a mebibyte has come back; 0 once the server closed
#include <arpa/inet.h>
#include <credence/stream.h>
#include <credence/tls.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

namespace {

using credence::Stream;
using Steady = std::chrono::steady_clock;

constexpr std::size_t kEnough = 1 << 20;
constexpr std::chrono::minutes kLongest{5};

int connect_to(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int made = socket(AF_INET, SOCK_STREAM, 0);
  return connect(made, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0 ? made : -1;
}

void attach(SSL_CTX* context, const credence::TpmOptions& tpm, const char* peer_ca) {
  auto attester = credence::open_tpm(tpm).value();
  credence::use_tls_key(context, attester).value();
  SSL_CTX_load_verify_file(context, peer_ca);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  credence::attach(context, {.attester = attester}).value();
}

// All that is there. False when the server has closed.
bool read_all(Stream& stream, std::size_t& echoed) {
  std::vector<std::uint8_t> part(16'384);
  while (true) {
    const auto read = stream.read(part);
    if (!read || (read->progress == Stream::Progress::done && read->size == 0)) return false;
    if (read->progress == Stream::Progress::waiting) return true;
    if (echoed < kEnough && echoed + read->size >= kEnough) std::cout << "echoed" << std::endl;
    echoed += read->size;
  }
}

bool flood(Stream& stream) {
  const std::vector<std::uint8_t> sent(16'384, 'x');
  std::size_t echoed = 0;
  for (const auto end = Steady::now() + kLongest; Steady::now() < end;) {
    if (!read_all(stream, echoed)) return echoed >= kEnough;
    const auto written = stream.write(sent);
    if (!written) return echoed >= kEnough;
    if (*written == Stream::Progress::done) continue;
    auto descriptors = stream.wait_for();
    for (pollfd& descriptor : descriptors) descriptor.events |= POLLIN;
    poll(descriptors.data(), descriptors.size(), 100);
  }
  std::cerr << "the server did not close\n";
  return false;
}

}  // namespace

int main(int count, char** values) {
  if (count != 5) return EXIT_FAILURE;
  std::signal(SIGPIPE, SIG_IGN);
  try {
    const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free);
    attach(context.get(), {.tcti = values[2], .state_directory = values[3]}, values[4]);
    Stream stream =
        Stream::over(context.get(), connect_to(std::stoi(values[1])), Stream::Side::client, "127.0.0.1").value();
    stream.handshake_within(std::chrono::minutes(1)).value();
    return flood(stream) ? EXIT_SUCCESS : EXIT_FAILURE;
  } catch (const std::bad_expected_access<credence::Error>& refused) {
    std::cerr << refused.error().text() << '\n';
  }
  return EXIT_FAILURE;
}
