// credence demo-attacker: the four dishonest clients of the demo, each with a genuine TPM at hand. Hidden from the
// help.
#include <openssl/ssl.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <format>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "cli/connection_options.h"
#include "cli/demo/demo.h"
#include "cli/socket.h"
#include "cli/verb.h"
#include "credence/stream.h"
#include "crypto/key.h"
#include "crypto/openssl/native.h"
#include "rot/software/tls_key.h"
#include "rot/tpm2/tpm2.h"
#include "service/listen_address.h"

namespace credence::cli {
namespace {

constexpr std::chrono::seconds kHandshakePatience{20};

struct Options {
  std::string kind;
  std::string target;
  std::string tcti;
  std::string state;
  std::string server_certificate;
};

// Passes the first evidence on and keeps it; answers every later request with that same evidence.
class ReplayingAttester final : public rot::Attester {
 public:
  explicit ReplayingAttester(std::shared_ptr<rot::Attester> genuine) : genuine_(std::move(genuine)) {}

  [[nodiscard]] std::vector<std::string> media_types() const override { return genuine_->media_types(); }
  [[nodiscard]] bool can_bind(crypto::HashAlgorithm hash) const noexcept override { return genuine_->can_bind(hash); }
  [[nodiscard]] std::shared_ptr<rot::TlsKey> tls_key() const override { return genuine_->tls_key(); }
  void attest(const rot::Facts& facts, const std::shared_ptr<rot::TlsKey>& key, std::vector<std::string> accept,
              rot::Completion<rot::Evidence> done) override {
    if (recording_) return done(*recording_);
    genuine_->attest(facts, key, std::move(accept), [this, done = std::move(done)](auto evidence) mutable {
      if (evidence) recording_ = *evidence;
      done(std::move(evidence));
    });
  }

 private:
  std::shared_ptr<rot::Attester> genuine_;
  std::optional<rot::Evidence> recording_;  // used in one connection after the other
};

// Speaks TLS with a key of its own and shows the TPM's evidence about the TPM's key.
class SoftwareKeyAttester final : public rot::Attester {
 public:
  SoftwareKeyAttester(std::shared_ptr<rot::Attester> genuine, std::shared_ptr<rot::TlsKey> key)
      : genuine_(std::move(genuine)), key_(std::move(key)) {}

  [[nodiscard]] std::vector<std::string> media_types() const override { return genuine_->media_types(); }
  [[nodiscard]] bool can_bind(crypto::HashAlgorithm hash) const noexcept override { return genuine_->can_bind(hash); }
  [[nodiscard]] std::shared_ptr<rot::TlsKey> tls_key() const override { return key_; }
  void attest(const rot::Facts& facts, const std::shared_ptr<rot::TlsKey>&, std::vector<std::string> accept,
              rot::Completion<rot::Evidence> done) override {
    genuine_->attest(facts, genuine_->tls_key(), std::move(accept), std::move(done));
  }

 private:
  std::shared_ptr<rot::Attester> genuine_;
  std::shared_ptr<rot::TlsKey> key_;
};

Result<SslContext> client_context(const Options& options) {
  SslContext context(SSL_CTX_new(TLS_client_method()));
  if (!context) return crypto::openssl_failure("SSL_CTX_new");
  if (SSL_CTX_load_verify_file(context.get(), options.server_certificate.c_str()) != 1) {
    return fail_in(Errc::configuration, options.server_certificate, crypto::last_error());
  }
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  return context;
}

// One connection with this attester, as far as the server lets it get.
Result<void> connect_with(const Options& options, const Attester& attester) {
  TRY(const SslContext context, client_context(options));
  CHECK(use_tls_key(context.get(), attester));
  CHECK(attach(context.get(), {.attester = attester, .require = {}}));
  TRY(const service::HostPort target, service::parse_host_port(options.target));
  TRY(Descriptor socket, connect_to(target, kHandshakePatience));
  TRY(Stream stream, Stream::over(context.get(), socket.release(), Stream::Side::client, target.host));
  CHECK(stream.handshake_within(kHandshakePatience));
  CHECK(stream.write_within(as_bytes("stolen?\n"), kHandshakePatience));
  std::array<std::uint8_t, 64> reply;
  TRY(const std::size_t size, stream.read_within(reply, kHandshakePatience));
  if (size == 0) return fail(Errc::gate_closed, "the server closed the connection");
  return {};
}

Result<std::shared_ptr<rot::tpm2::Device>> open_device(const Options& options) {
  rot::tpm2::Options device_options;
  device_options.tcti = options.tcti;
  device_options.state_directory = options.state;
  return rot::tpm2::Device::open(std::move(device_options));
}

Result<void> extend_pcr(rot::tpm2::Device& device, std::uint8_t pcr) {
  TRY(const crypto::Digest measurement, crypto::digest(crypto::HashAlgorithm::sha256, as_bytes("another boot loader")));
  std::promise<Result<void>> promise;
  auto extended = promise.get_future();
  device.extend_pcr(pcr, measurement, [&promise](Result<void> result) { promise.set_value(std::move(result)); });
  return extended.get();
}

// Boots other software than was endorsed, then attests honestly.
Result<void> connect_after_tampering(const Options& options) {
  TRY(const auto device, open_device(options));
  CHECK(extend_pcr(*device, 1));
  return connect_with(options, device);
}

Result<void> connect_twice_with_one_evidence(const Options& options) {
  TRY(const auto device, open_device(options));
  const auto replaying = std::make_shared<ReplayingAttester>(device);
  CHECK(connect_with(options, replaying));  // the genuine connection that is recorded
  return connect_with(options, replaying);
}

Result<void> connect_with_software_key(const Options& options) {
  TRY(const auto device, open_device(options));
  TRY(crypto::PrivateKey key, crypto::PrivateKey::generate(crypto::KeyType::ec_p256));
  TRY(const auto tls_key, rot::software::SoftwareTlsKey::create(std::move(key)));
  return connect_with(options, std::make_shared<SoftwareKeyAttester>(device, tls_key));
}

// Any TLS client of today.
Result<void> connect_without_attestation(const Options& options) {
  TRY(const SslContext context, client_context(options));
  TRY(const service::HostPort target, service::parse_host_port(options.target));
  TRY(const Descriptor socket, connect_to(target, kHandshakePatience));
  const crypto::Owned<SSL, SSL_free> ssl(SSL_new(context.get()));
  if (!ssl || SSL_set_fd(ssl.get(), socket.get()) != 1) return crypto::openssl_failure("SSL_new");
  for (int result = 0; (result = SSL_connect(ssl.get())) != 1;) {
    const int error = SSL_get_error(ssl.get(), result);
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) {
      return fail(Errc::gate_closed, crypto::last_error());
    }
    pollfd ready{.fd = socket.get(), .events = POLLIN, .revents = 0};
    if (poll(&ready, 1, 10'000) != 1) return fail(Errc::timeout, "the server does not answer");
  }
  return {};
}

Result<ExitStatus> attack(const Options& options, const Output& output) {
  struct Kind {
    std::string_view name;
    Result<void> (*run)(const Options&);
  };
  static constexpr std::array<Kind, 4> kKinds = {{{"extended-pcr", connect_after_tampering},
                                                  {"replay", connect_twice_with_one_evidence},
                                                  {"software-key", connect_with_software_key},
                                                  {"no-attestation", connect_without_attestation}}};
  const auto* kind = std::ranges::find(kKinds, options.kind, &Kind::name);
  if (kind == kKinds.end()) return fail(Errc::usage, "no such attack: " + options.kind);
  const auto outcome = kind->run(options);
  json::Object facts{{"event", "attack"}, {"kind", options.kind}, {"got through", outcome.has_value()}};
  if (!outcome) facts["reason"] = outcome.error().text();
  output.facts(facts);
  return outcome ? ExitStatus::done : ExitStatus::refused;
}

}  // namespace

void add_demo_attacker(CommandLine& line) {
  auto* command = line.app.add_subcommand("demo-attacker")->group("");
  auto options = std::make_shared<Options>();
  command->add_option("KIND", options->kind)->required();
  command->add_option("--to", options->target)->required();
  command->add_option("--tcti", options->tcti);
  command->add_option("--state", options->state);
  command->add_option("--server-certificate", options->server_certificate)->required();
  on_call(line, command, options, attack);
}

}  // namespace credence::cli
