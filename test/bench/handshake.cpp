// A mutual TLS 1.3 handshake in which the client also attests: evidence of the software root, appraised in this process
// without a signed result.
//
//   bench_handshake [--groups X25519|default] [--seconds S]
#include "channel/openssl/attach.h"
#include "crypto/openssl/native.h"
#include "mutual_tls.h"
#include "software_platform.h"

namespace {

using namespace credence;

void attach(SSL_CTX* context, std::optional<channel::Demands> demands, std::optional<channel::Offer> offer) {
  const auto attached = channel::attach(
      context, {.demands = std::move(demands), .offer = std::move(offer), .clock = system_clock(), .log = nullptr});
  if (!attached) bench::value_of<bool>(std::unexpected(attached.error()), "attach");
}

// The server demands evidence on top of the certificate, of exactly this device.
void attach_both(SSL_CTX* client, SSL_CTX* server, const bench::SoftwarePlatform& platform) {
  attach(client, {}, channel::Offer{.attester = platform.root});
  attach(server,
         channel::Demands{.appraiser = verifier::local_appraiser(platform.engine),
                          .pin = {.instances = {platform.root->channel_key().facts().kid}, .names = {}},
                          .allow_insecure_test_root = true},
         {});
}

void attested_handshake(const bench::Pair& pair) {
  pair.handshake();
  const auto peer = channel::peer(pair.server.get());
  bench::require(peer && peer->ear.is_affirming() && peer->binding == channel::Binding::handshake,
                 peer ? "the verdict is not affirming" : peer.error().text().c_str());
}

}  // namespace

int main(int count, char** arguments) {
  const std::string groups(bench::argument(count, arguments, "--groups", "X25519"));
  const bench::Identity client("client");
  const bench::Identity server("server");
  const bench::Context client_context = bench::context_for(client, server, groups);
  const bench::Context server_context = bench::context_for(server, client, groups);
  const bench::SoftwarePlatform platform(bench::value_of(crypto::private_key_from(client.key.get()), "client key"));
  attach_both(client_context.get(), server_context.get(), platform);
  const bench::Pair first(client_context.get(), server_context.get());
  attested_handshake(first);
  const auto handshake = [&] { attested_handshake({client_context.get(), server_context.get()}); };
  bench::print("attested_handshake", bench::measure(bench::seconds_argument(count, arguments), handshake),
               first.configuration());
}
