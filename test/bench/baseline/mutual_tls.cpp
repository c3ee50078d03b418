// A mutual TLS 1.3 handshake with OpenSSL alone: what attestation is added to.
//
//   baseline_mutual_tls [--groups X25519|default] [--seconds S]
#include "mutual_tls.h"

int main(int count, char** arguments) {
  const std::string groups(bench::argument(count, arguments, "--groups", "X25519"));
  const bench::Identity client("client");
  const bench::Identity server("server");
  const bench::Context client_context = bench::context_for(client, server, groups);
  const bench::Context server_context = bench::context_for(server, client, groups);
  const bench::Pair first(client_context.get(), server_context.get());
  first.handshake();
  const auto handshake = [&] { bench::Pair(client_context.get(), server_context.get()).handshake(); };
  bench::print("mutual_tls", bench::measure(bench::seconds_argument(count, arguments), handshake),
               first.configuration());
}
