// A client and a server joined in memory, with the software root and an appraiser that does what a test says.
#pragma once

#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "channel/openssl/attach.h"
#include "crypto/certificate.h"
#include "crypto/openssl/native.h"
#include "evidence/media_types.h"
#include "evidence/tpm/check.h"
#include "rot/software/attester.h"

namespace credence::channel {

using ContextPtr = crypto::Owned<SSL_CTX, SSL_CTX_free>;

inline Timestamp test_time() {
  return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
}
inline std::shared_ptr<const Clock> test_clock() { return std::make_shared<FixedClock>(test_time()); }

inline ByteView octets_of(const verifier::Challenge& challenge) {
  return std::visit([](const auto& one) { return one.view(); }, challenge);
}

// Affirms whatever is bound to the challenge, and says of which key and instance it speaks.
inline rats::Ear affirm(const verifier::AppraisalRequest& request) {
  const auto statements = evidence::tpm::decode_statements(request.evidence).value();
  rats::Ear ear;
  ear.issued_at = test_time();
  ear.nonce = to_bytes(octets_of(request.challenge));
  ear.ueid = statements.bundle.kat.kid;
  ear.verifier_developer = "test";
  ear.verifier_build = "1";
  ear.credence.purpose = "channel";
  ear.credence.test_root = true;
  rats::Submodule module;
  module.status = rats::Tier::affirming;
  module.vector.emplace();
  (*module.vector)[rats::TrustClaim::instance_identity] = rats::kTrustworthy;
  module.attested_key = to_bytes(statements.tls_key.spki);
  ear.submodules.emplace("PARSEC_TPM", std::move(module));
  return ear;
}

class TestAppraiser final : public verifier::Appraiser {
 public:
  [[nodiscard]] std::vector<std::string> media_types() const override { return types; }
  void appraise(verifier::AppraisalRequest request, verifier::Verdict done) override {
    const std::scoped_lock lock(mutex_);
    ++asked;
    if (hold) {
      held_.emplace_back(std::move(request), std::move(done));
    } else {
      done(judge(request));
    }
  }
  // Gives the verdicts that were held back; false when there was none.
  bool release() {
    const std::scoped_lock lock(mutex_);
    const bool any = !held_.empty();
    for (auto& [request, done] : held_) done(judge(request));
    held_.clear();
    return any;
  }

  std::vector<std::string> types{std::string(evidence::kParsecTpm), std::string(evidence::kSoftwareTest)};
  std::function<Result<rats::Ear>(const verifier::AppraisalRequest&)> judge = affirm;
  bool hold = false;
  int asked = 0;

 private:
  std::mutex mutex_;
  std::deque<std::pair<verifier::AppraisalRequest, verifier::Verdict>> held_;
};

// Passes requests on to the software root, which a test can make slow, large or wrong.
class TestAttester final : public rot::Attester {
 public:
  explicit TestAttester(std::shared_ptr<rot::software::SoftwareAttester> root) : root_(std::move(root)) {}
  [[nodiscard]] std::vector<std::string> media_types() const override { return root_->media_types(); }
  [[nodiscard]] bool can_bind(crypto::HashAlgorithm hash) const noexcept override { return !only || hash == *only; }
  [[nodiscard]] std::shared_ptr<rot::TlsKey> tls_key() const override { return root_->tls_key(); }
  void attest(const rot::Facts& facts, const std::shared_ptr<rot::TlsKey>& key, std::vector<std::string> accept,
              rot::Completion<rot::Evidence> done) override {
    ++asked;
    root_->attest(facts, key, std::move(accept), [this, &done](Result<rot::Evidence> made) {
      if (made && change) change(*made);
      if (hold) {
        held_.emplace_back(std::move(made), std::move(done));
      } else {
        done(std::move(made));
      }
    });
  }
  void release() {
    for (auto& [made, done] : held_) done(std::move(made));
    held_.clear();
  }

  std::optional<crypto::HashAlgorithm> only;
  std::function<void(rot::Evidence&)> change;
  bool hold = false;
  int asked = 0;

 private:
  std::shared_ptr<rot::software::SoftwareAttester> root_;
  std::deque<std::pair<Result<rot::Evidence>, rot::Completion<rot::Evidence>>> held_;
};

// One end's identity: a key in the software root and a self-signed certificate for it.
struct Device {
  crypto::PrivateKey key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value();
  crypto::Certificate certificate = crypto::self_sign(key, {.common_name = "test",
                                                            .dns_names = {"peer.example"},
                                                            .not_before = test_time() - std::chrono::hours(1),
                                                            .not_after = test_time() + std::chrono::hours(1)})
                                        .value();
  std::shared_ptr<rot::software::SoftwareAttester> root = open_root(key);
  std::shared_ptr<TestAttester> attester = std::make_shared<TestAttester>(root);

  static std::shared_ptr<rot::software::SoftwareAttester> open_root(const crypto::PrivateKey& key) {
    rot::software::Options options;
    options.allow_insecure_test_root = true;
    options.tls_key = key;
    return rot::software::SoftwareAttester::open(std::move(options)).value();
  }

  // A context with this device's key and certificate, not attached.
  [[nodiscard]] ContextPtr context(const SSL_METHOD* method) const {
    ContextPtr made(SSL_CTX_new(method));
    EXPECT_EQ(SSL_CTX_use_certificate(made.get(), crypto::native(certificate)), 1);
    EXPECT_EQ(SSL_CTX_use_PrivateKey(made.get(), crypto::native(key)), 1);
    SSL_CTX_set_min_proto_version(made.get(), TLS1_3_VERSION);
    return made;
  }
  [[nodiscard]] Offer offer() const { return {.attester = attester}; }
  [[nodiscard]] Kid kid() const { return root->channel_key().facts().kid; }
};

inline void trust(SSL_CTX* context, const Device& device) {
  EXPECT_EQ(X509_STORE_add_cert(SSL_CTX_get_cert_store(context), crypto::native(device.certificate)), 1);
}

inline Demands demand(const Device& peer, std::shared_ptr<verifier::Appraiser> appraiser) {
  return {.appraiser = std::move(appraiser),
          .pin = {.instances = {peer.kid()}, .names = {}},
          .attestation_only = true,
          .verdict_deadline = std::chrono::seconds(5),
          .allow_insecure_test_root = true};
}

inline Attachment attachment(std::optional<Demands> demands, std::optional<Offer> offer) {
  return {.demands = std::move(demands), .offer = std::move(offer), .clock = test_clock(), .log = nullptr};
}

// What one call on a connection came to.
enum class Outcome : std::uint8_t { wants, waits, done, failed };

struct End {
  explicit End(SSL_CTX* context, bool server) : ssl(SSL_new(context)) {
    SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    server ? SSL_set_accept_state(ssl) : SSL_set_connect_state(ssl);
    SSL_set_mode(ssl, SSL_MODE_ASYNC);
  }
  ~End() {
    cancel(ssl);
    SSL_free(ssl);
  }
  End(const End&) = delete;
  End& operator=(const End&) = delete;

  Outcome advance() {
    const int returned = SSL_do_handshake(ssl);
    if (returned == 1) return outcome = Outcome::done;
    switch (SSL_get_error(ssl, returned)) {
      case SSL_ERROR_WANT_READ:
        return outcome = Outcome::wants;
      case SSL_ERROR_WANT_ASYNC:
        return outcome = Outcome::waits;
      default:
        break;
    }
    reason = crypto::last_error();
    return outcome = Outcome::failed;
  }
  // SSL_read(): the number of octets, or what is not positive.
  int read() {
    std::array<char, 64> into{};
    const int size = SSL_read(ssl, into.data(), into.size());
    reason = crypto::last_error();
    return size;
  }
  int write(std::string_view text) {
    const int size = SSL_write(ssl, text.data(), static_cast<int>(text.size()));
    reason = crypto::last_error();
    return size;
  }

  SSL* ssl;
  Outcome outcome = Outcome::wants;
  std::string reason;  // OpenSSL's, of the last failure
};

inline void move_octets(End& from, End& to) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(SSL_get_wbio(from.ssl), &data);
  if (size > 0) BIO_write(SSL_get_rbio(to.ssl), data, static_cast<int>(size));
  static_cast<void>(BIO_reset(SSL_get_wbio(from.ssl)));
}

struct Pair {
  Pair(SSL_CTX* client_context, SSL_CTX* server_context)
      : client(client_context, false), server(server_context, true) {}

  // Until both stand still.
  Pair& run() {
    for (int round = 0; round < 12; ++round) {
      if (client.outcome == Outcome::wants || client.outcome == Outcome::waits) client.advance();
      move_octets(client, server);
      if (server.outcome == Outcome::wants || server.outcome == Outcome::waits) server.advance();
      move_octets(server, client);
    }
    return *this;
  }
  [[nodiscard]] bool both_open() const { return check_open(client.ssl) && check_open(server.ssl); }

  End client;
  End server;
};

}  // namespace credence::channel
