#include "client/key_set.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

#include "base/text.h"
#include "client/remote_appraiser.h"
#include "crypto/random.h"
#include "service/http/server.h"
#include "service/verifier/file.h"
#include "service/verifier/jwks_api.h"
#include "service/verifier/memory_sessions.h"
#include "service/verifier/verification_api.h"
#include "sign/jose/jwk.h"
#include "support/certificate_files.h"
#include "support/open_router.h"
#include "support/refusal.h"
#include "support/running.h"

namespace credence::client {
namespace {

using namespace std::chrono_literals;
using test::Running;

crypto::PrivateKey new_key() { return crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value(); }

std::string set_of(const std::vector<crypto::PrivateKey>& keys) {
  json::Array array;
  for (const auto& key : keys) array.push_back(jose::jwk_from_key(key.public_key()).value());
  return json::to_text(json::Object{{"keys", std::move(array)}});
}

std::string kid_of(const crypto::PrivateKey& key) { return jose::thumbprint(key.public_key()).value(); }

void refresh(KeySet& set) {
  std::promise<void> done;
  set.refresh([&] { done.set_value(); });
  done.get_future().get();
}

TEST(KeySet, OfAFileFollowsTheFile) {
  const test::TemporaryDirectory directory;
  const auto first = new_key(), second = new_key();
  const auto file = test::write_file(directory.path() / "jwks.json", set_of({first}));
  const auto set = open_key_set({.location = file, .least_interval = 0ms}).value();
  EXPECT_EQ(set->keys(), (KeySet::Keys{first.public_key()}));
  EXPECT_TRUE(set->knows(kid_of(first)));
  test::write_file(file, set_of({second, first}));
  EXPECT_FALSE(set->knows(kid_of(second)));
  refresh(*set);
  EXPECT_TRUE(set->knows(kid_of(second)));
  test::write_file(file, "half a set");  // while it is being written
  refresh(*set);
  EXPECT_EQ(set->keys().size(), 2U);
}

TEST(KeySet, OfAFileIsNotReadOftenerThanAllowed) {
  const test::TemporaryDirectory directory;
  const auto first = new_key(), second = new_key();
  const auto file = test::write_file(directory.path() / "jwks.json", set_of({first}));
  const auto set = open_key_set({.location = file, .least_interval = 1h}).value();
  refresh(*set);
  test::write_file(file, set_of({second}));
  refresh(*set);
  EXPECT_FALSE(set->knows(kid_of(second)));
}

TEST(KeySet, ThatIsTooOldDoesNotCount) {
  const test::TemporaryDirectory directory;
  const auto file = test::write_file(directory.path() / "jwks.json", set_of({new_key()}));
  const auto set = open_key_set({.location = file, .max_age = 1s, .least_interval = 1h}).value();
  EXPECT_EQ(set->keys().size(), 1U);  // read for this
  std::this_thread::sleep_for(1100ms);
  EXPECT_TRUE(set->keys().empty());
}

TEST(KeySet, ThatIsNoneIsRefused) {
  const test::TemporaryDirectory directory;
  const auto file = [&](std::string_view text) { return test::write_file(directory.path() / "jwks.json", text); };
  test::expect_refused(open_key_set({.location = directory.path() / "none"}), Errc::not_found, "none");
  EXPECT_FALSE(open_key_set({.location = file("no JSON")}));
  test::expect_refused(open_key_set({.location = file(R"({"keys":[]})")}), Errc::missing_member, "keys");
  // A secret in a set that everybody reads has leaked.
  json::Object leaked = jose::jwk_from_key(new_key().public_key()).value();
  leaked["d"] = "AA";
  test::expect_refused(open_key_set({.location = file(json::to_text(json::Object{{"keys", json::Array{leaked}}}))}),
                       Errc::bad_key, "compromised");
}

TEST(KeySet, IsNotFetchedOverAnUnauthenticatedConnection) {
  for (const std::string url : {"http://127.0.0.1:1/jwks.json", "http://verifier.example/jwks.json", "ftp://x/y"}) {
    const auto set = open_key_set({.location = url, .http = {.allow_insecure_http = true}});
    test::expect_refused(set, Errc::configuration, "expected https://");
  }
}

// Moves while others look at it.
class MovingClock final : public Clock {
 public:
  explicit MovingClock(Timestamp at) : at_(at) {}
  [[nodiscard]] Timestamp now() const override { return at_.load(); }
  void set(Timestamp at) { at_ = at; }

 private:
  std::atomic<Timestamp> at_;
};

class Affirming final : public verifier::Appraiser {
 public:
  explicit Affirming(std::shared_ptr<const Clock> clock) : clock_(std::move(clock)) {}
  std::vector<std::string> media_types() const override { return {}; }
  void appraise(verifier::AppraisalRequest, verifier::Verdict done) override {
    rats::Ear ear;
    ear.issued_at = clock_->now();
    ear.verifier_developer = "D";
    ear.submodules["PARSEC_TPM"].status = rats::Tier::affirming;
    done(std::move(ear));
  }

 private:
  std::shared_ptr<const Clock> clock_;
};

struct Keys {
  std::shared_ptr<const service::ResultSigner> signer;
  std::shared_ptr<const Clock> clock;
  void add_routes(service::Routes& routes) const { add_jwks_route(routes, signer, clock); }
};

// A verifier whose signing key rolls over, over TLS; how results come about does not matter here.
class RotatingVerifier : public testing::Test {
 protected:
  RotatingVerifier() {
    router = test::open_router(api_of(signer), Keys{.signer = signer, .clock = clock});
    server.emplace(service::http::Server::start(
                       {.tls = service::http::TlsFiles{.certificate = own.certificate, .key = own.key}, .threads = 1},
                       router, no_log())
                       .value());
    url = "https://127.0.0.1:" + std::to_string((*server)->port());
  }

  [[nodiscard]] service::VerificationApi api_of(std::shared_ptr<const service::ResultSigner> with) const {
    return service::VerificationApi({.sessions = std::make_shared<service::MemorySessions>(
                                         service::SessionLimits{}, clock, crypto::system_random()),
                                     .appraiser = std::make_shared<Affirming>(clock),
                                     .media_types = {std::string(evidence::kParsecTpm)},
                                     .signer = std::move(with),
                                     .random = crypto::system_random()});
  }
  [[nodiscard]] std::shared_ptr<KeySet> key_set(std::chrono::seconds refresh_after = 60s,
                                                std::chrono::seconds max_age = 3'600s) const {
    return open_key_set({.location = url + "/.well-known/jwks.json",
                         .http = {.ca_file = own.certificate},
                         .refresh = refresh_after,
                         .max_age = max_age,
                         .least_interval = 10ms})
        .value();
  }
  [[nodiscard]] std::shared_ptr<verifier::Appraiser> appraiser(std::shared_ptr<KeySet> set) const {
    RemoteVerifier options;
    options.url = url;
    options.http.ca_file = own.certificate;
    options.key_set = std::move(set);
    return remote_appraiser(options, clock).value();
  }
  [[nodiscard]] static Result<rats::Ear> appraise(verifier::Appraiser& appraiser) {
    std::promise<Result<rats::Ear>> promise;
    appraiser.appraise({.media_type = std::string(evidence::kParsecTpm),
                        .evidence = {1},
                        .challenge = evidence::Binder::from_wire(crypto::Digest::zeros(crypto::HashAlgorithm::sha256))},
                       [&](Result<rats::Ear> verdict) { promise.set_value(std::move(verdict)); });
    return promise.get_future().get();
  }

  const Timestamp start{1'790'000'000s};
  const Timestamp over = start + 60s;  // results that are under way then stay young enough
  const crypto::PrivateKey first = new_key(), second = new_key();
  const test::TemporaryDirectory directory;
  const test::CertificateFiles own = test::write_certificate(directory, "own");
  std::shared_ptr<MovingClock> clock = std::make_shared<MovingClock>(start);
  std::shared_ptr<const service::ResultSigner> signer = std::make_shared<const service::ResultSigner>(
      service::ResultSigner::make(
          {.current = {.key = first}, .next = service::SigningKey{.key = second}, .next_from = over}, start)
          .value());
  service::http::Router router;
  std::optional<Running<service::http::Server>> server;
  std::string url;
};

TEST_F(RotatingVerifier, IsFollowedFromItsFirstResultOn) {
  const auto set = key_set();
  EXPECT_TRUE(set->keys().empty());  // a URL is asked when it is needed
  const auto verdict = appraise(*appraiser(set));
  ASSERT_TRUE(verdict) << verdict.error().text();
  EXPECT_TRUE(set->knows(kid_of(first)));
  EXPECT_TRUE(set->knows(kid_of(second)));  // announced
}

// Nothing but results renews the set: the first one after a quiet time finds it too old, and must not be refused.
TEST_F(RotatingVerifier, IsFollowedAfterAQuietTime) {
  const auto set = key_set(60s, 1s);
  const auto verifier = appraiser(set);
  ASSERT_TRUE(appraise(*verifier));
  std::this_thread::sleep_for(1'100ms);
  EXPECT_FALSE(set->knows(kid_of(first)));
  const auto verdict = appraise(*verifier);
  ASSERT_TRUE(verdict) << verdict.error().text();
  EXPECT_TRUE(set->knows(kid_of(first)));
}

// No session fails while the key changes, not even of a relying party that has not heard of the new one.
TEST_F(RotatingVerifier, ChangesItsKeyUnderContinuousSessions) {
  const auto announced = appraiser(key_set());
  // A file from before the change, which an operator replaces later: this one depends on the look that a result of an
  // unknown key is worth.
  const auto file = test::write_file(directory.path() / "jwks.json", set_of({first}));
  const auto set_of_file = open_key_set({.location = file, .least_interval = 0ms}).value();
  const auto by_file = appraiser(set_of_file);
  std::atomic<bool> stop = false;
  std::atomic<int> sessions = 0, after = 0;
  std::vector<std::string> failures;
  std::mutex mutex;
  {
    std::vector<std::jthread> parties;
    for (const auto& party : {announced, announced, by_file})
      parties.emplace_back([&, party] {
        while (!stop) {
          const bool changed = clock->now() >= over;
          const auto verdict = appraise(*party);
          ++sessions;
          if (changed) ++after;
          const std::lock_guard lock(mutex);
          if (!verdict) failures.push_back(verdict.error().text());
        }
      });
    while (sessions < 20) std::this_thread::sleep_for(1ms);
    test::write_file(directory.path() / "new.json", set_of({first, second}));
    std::filesystem::rename(directory.path() / "new.json", file);
    clock->set(over);
    while (after < 20) std::this_thread::sleep_for(1ms);
    stop = true;
  }
  EXPECT_TRUE(failures.empty()) << failures.front();
  EXPECT_TRUE(set_of_file->knows(kid_of(second)));
}

TEST_F(RotatingVerifier, IsNotBelievedBehindAnotherCertificate) {
  const auto other = test::write_certificate(directory, "other");
  const auto set =
      open_key_set({.location = url + "/.well-known/jwks.json", .http = {.ca_file = other.certificate}}).value();
  const auto verdict = appraise(*appraiser(set));
  ASSERT_FALSE(verdict);
  EXPECT_EQ(verdict.error().code, Errc::untrusted_verifier);
  EXPECT_TRUE(set->keys().empty());
}

// A result of nobody's key is looked up once and refused; it cannot make the relying party ask without end.
TEST_F(RotatingVerifier, OfAnUnknownKeyIsRefused) {
  const auto stranger = std::make_shared<const service::ResultSigner>(service::ResultSigner::make(new_key()).value());
  const auto set = key_set();
  refresh(*set);
  ASSERT_EQ(set->keys().size(), 2U);
  const Running impostor(
      service::http::Server::start({.threads = 1}, test::open_router(api_of(stranger)), no_log()).value());
  url = "http://127.0.0.1:" + std::to_string(impostor->port());
  const auto verdict = appraise(*appraiser(set));
  ASSERT_FALSE(verdict);
  EXPECT_EQ(verdict.error().code, Errc::untrusted_verifier);
}

}  // namespace
}  // namespace credence::client
