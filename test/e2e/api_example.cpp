// The example of README.md, docs/api.md and include/credence/tls.h as a program over the public API: both ends attest
// with a TPM and demand attestation of each other. api_example_test.py runs two of them and compares the texts.
//
//   api_example server TCTI STATE-DIRECTORY PEER-KID CORIM...        prints its port
//   api_example PORT   TCTI STATE-DIRECTORY PEER-KID CORIM...        connects to it
#include <arpa/inet.h>
#include <credence/local_verifier.h>
#include <credence/tls.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <array>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

namespace {

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

int accept_one() {
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof(address);
  if (bind(listener, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(listener, 1) != 0) return -1;
  if (getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) != 0) return -1;
  std::cout << ntohs(address.sin_port) << std::endl;
  return accept(listener, nullptr, nullptr);
}

int connect_to(int port) {
  const int made = socket(AF_INET, SOCK_STREAM, 0);
  const sockaddr_in address = loopback(port);
  return connect(made, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0 ? made : -1;
}

void attach(SSL_CTX* context, const credence::TpmOptions& tpm, const credence::LocalVerifierOptions& judge,
            const std::string& kid) {
  auto attester = credence::open_tpm(tpm).value();
  auto verifier = credence::local_verifier(judge).value();
  // [the example]
  credence::use_tls_key(context, attester).value();
  credence::Demands demands{.verifier = verifier, .instances = {kid}, .attestation_only = true};
  credence::attach(context, {.attester = attester, .require = demands}).value();
  // [its end]
}

// The server speaks first: its word tells the client that it has been accepted.
bool exchange(SSL* ssl, bool server) {
  constexpr std::string_view word = "hello";
  std::array<char, 64> into{};
  if (server) return SSL_write(ssl, word.data(), word.size()) == 5 && SSL_read(ssl, into.data(), into.size()) == 5;
  return SSL_read(ssl, into.data(), into.size()) == 5 && SSL_write(ssl, word.data(), word.size()) == 5;
}

int run(const std::vector<std::string>& arguments) {
  const bool server = arguments[1] == "server";
  SSL_CTX* context = SSL_CTX_new(server ? TLS_server_method() : TLS_client_method());
  attach(context, {.tcti = arguments[2], .state_directory = arguments[3]},
         {.corims = {arguments.begin() + 5, arguments.end()}}, arguments[4]);
  SSL* ssl = SSL_new(context);
  SSL_set_fd(ssl, server ? accept_one() : connect_to(std::stoi(arguments[1])));
  server ? SSL_set_accept_state(ssl) : SSL_set_connect_state(ssl);
  SSL_do_handshake(ssl);
  auto peer = credence::peer(ssl).value();
  const bool exchanged = exchange(ssl, server);
  std::cout << peer.instance << ' ' << peer.binding << ' ' << peer.pinned_by << std::endl;
  SSL_free(ssl);
  SSL_CTX_free(context);
  return exchanged ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace

int main(int count, char** values) {
  const std::vector<std::string> arguments(values, values + count);
  try {
    if (arguments.size() > 5) return run(arguments);
    std::cerr << "expected: server|PORT TCTI STATE-DIRECTORY PEER-KID CORIM...\n";
  } catch (const std::bad_expected_access<credence::Error>& refused) {
    std::cerr << refused.error().text() << '\n';
  }
  return EXIT_FAILURE;
}
