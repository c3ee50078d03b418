// Where appraisals run, and what happens when too many wait for their policy.
#include "service/policy/policy_appraiser.h"

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "base/text.h"
#include "crypto/random.h"
#include "evidence/media_types.h"
#include "service/http/problem.h"
#include "service/verifier/memory_sessions.h"
#include "service/verifier/verification_api.h"
#include "support/evidence_maker.h"
#include "support/open_router.h"
#include "support/refusal.h"
#include "verifier/store/memory/store.h"
#include "wire/json/json.h"

namespace credence::service {
namespace {

// Policies wait here while it is closed.
class Gate {
 public:
  void pass() {
    std::unique_lock lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
    --waiting_;
    last_ = std::this_thread::get_id();
  }
  void set(bool open) {
    const std::lock_guard lock(mutex_);
    open_ = open;
    changed_.notify_all();
  }
  void wait_for_one() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return waiting_ > 0; });
  }
  [[nodiscard]] std::thread::id last() {
    const std::lock_guard lock(mutex_);
    return last_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = true;
  int waiting_ = 0;
  std::thread::id last_;
};

// Content with everything, once the gate is open.
class GatedLanguage final : public verifier::PolicyLanguage {
 public:
  GatedLanguage(std::shared_ptr<Gate> gate, bool remote) : gate_(std::move(gate)), remote_(remote) {}

  std::string_view type() const override { return "gated"; }
  std::string_view media_type() const override { return "application/x-gated"; }
  bool is_remote() const noexcept override { return remote_; }
  Result<std::shared_ptr<const verifier::PolicyProgram>> load(const std::string&, std::string_view) const override {
    return std::make_shared<const Program>(gate_);
  }
  Result<void> check(const std::string&, std::string_view) const override { return {}; }

 private:
  struct Program final : verifier::PolicyProgram {
    explicit Program(std::shared_ptr<Gate> its_gate) : gate(std::move(its_gate)) {}
    Result<verifier::PolicyOutput> run(const verifier::PolicyInput&) const override {
      gate->pass();
      return verifier::PolicyOutput{};
    }
    std::shared_ptr<Gate> gate;
  };
  std::shared_ptr<Gate> gate_;
  bool remote_;
};

class PolicyAppraiserTest : public testing::Test {
 protected:
  PolicyAppraiserTest() {
    for (const auto& corim :
         {evidence::tpm::veraison_corim(maker.endorsement()), evidence::tpm::keys_corim(maker.endorsement())})
      EXPECT_TRUE(store->submit(*corim, rats::encode_corim(*corim).value()));
  }
  ~PolicyAppraiserTest() override {
    gate->set(true);
    if (pool) pool->end();
  }

  struct Limits {
    std::size_t threads, waiting;
    std::chrono::nanoseconds slow;
  };
  void set_up(bool remote, const Limits& limits) {
    policies = std::make_shared<verifier::Policies>(
        verifier::Policies::Parts{.store = store,
                                  .languages = {std::make_shared<const GatedLanguage>(gate, remote)},
                                  .clock = clock,
                                  .random = crypto::system_random()});
    const auto engine = std::make_shared<const verifier::Engine>(store, clock, verifier::Policy{},
                                                                 verifier::Engine::Identity{}, policies);
    pool = std::make_shared<WorkerPool>(limits.threads, limits.threads + limits.waiting);
    appraiser = policy_appraiser(engine, policies, pool, limits.slow);
    router = test::open_router(VerificationApi(
        {.sessions = std::make_shared<MemorySessions>(SessionLimits{}, clock, crypto::system_random()),
         .appraiser = appraiser,
         .media_types = engine->media_types(),
         .signer = std::make_shared<const ResultSigner>(
             ResultSigner::make(crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value()).value()),
         .random = crypto::system_random()}));
  }
  std::string activate() {
    const auto version = policies->add({.scheme = "PARSEC_TPM", .type = "gated", .rules = "x"});
    EXPECT_TRUE(version) << version.error().text();
    EXPECT_TRUE(policies->activate("PARSEC_TPM", version->id));
    return version->id;
  }

  [[nodiscard]] http::Response call(http::Method method, const std::string& target, Bytes body = {}) const {
    http::Request request;
    request.method = method;
    request.target = http::parse_target("/challenge-response/v1/" + target).value();
    if (!body.empty()) request.headers.emplace_back("Content-Type", evidence::kParsecTpm);
    request.body = std::move(body);
    return router.handle(std::move(request));
  }
  static std::string header(const http::Response& response, std::string_view name) {
    for (const auto& [key, value] : response.headers)
      if (key == name) return value;
    return "";
  }
  [[nodiscard]] std::string open() const {
    return header(call(http::Method::post, "newSession?nonce=" + to_base64url(maker.extra_data)), "Location");
  }
  [[nodiscard]] static std::string status_of(const http::Response& response) {
    return std::string(json::parse(response.body)->at("status").as_string());
  }
  [[nodiscard]] http::Response submit(const std::string& session) {
    return call(http::Method::post, session, maker.make());
  }
  // Of the session, once it is over.
  [[nodiscard]] std::string outcome(const std::string& session) const {
    std::string status = "processing";
    for (int i = 0; i < 10'000 && status == "processing"; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      status = status_of(call(http::Method::get, session));
    }
    return status;
  }

  test::EvidenceMaker maker;
  std::shared_ptr<Gate> gate = std::make_shared<Gate>();
  std::shared_ptr<FixedClock> clock = std::make_shared<FixedClock>(Timestamp(std::chrono::seconds(1'790'000'000)));
  std::shared_ptr<verifier::Store> store = verifier::memory_store();
  std::shared_ptr<verifier::Policies> policies;
  std::shared_ptr<WorkerPool> pool;
  std::shared_ptr<verifier::Appraiser> appraiser;
  http::Router router;
};

constexpr std::chrono::hours kNever{1};

TEST_F(PolicyAppraiserTest, SpendsNoSessionOnAFullPool) {
  set_up(true, {.threads = 1, .waiting = 1, .slow = kNever});
  activate();
  gate->set(false);
  const std::string first = open(), second = open(), third = open();
  EXPECT_EQ(submit(first).status, http::kAccepted);
  gate->wait_for_one();
  EXPECT_EQ(submit(second).status, http::kAccepted);
  const http::Response busy = submit(third);
  EXPECT_EQ(busy.status, http::kServiceUnavailable);
  EXPECT_EQ(header(busy, "Content-Type"), http::kProblemJson);
  EXPECT_NE(header(busy, "Retry-After"), "");
  EXPECT_EQ(status_of(call(http::Method::get, third)), "waiting");

  gate->set(true);
  EXPECT_EQ(outcome(first), "complete");
  EXPECT_EQ(outcome(second), "complete");
  // A place is given back just behind the outcome.
  unsigned status = http::kServiceUnavailable;
  for (int i = 0; i < 10'000 && status == http::kServiceUnavailable; ++i) {
    status = submit(third).status;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_EQ(status, http::kAccepted);
  EXPECT_EQ(outcome(third), "complete");
  EXPECT_EQ(call(http::Method::get, third).status, http::kOk);
}

// Who was let in is not turned away, whoever comes in between.
TEST_F(PolicyAppraiserTest, KeepsThePlaceOfWhoeverWasLetIn) {
  set_up(true, {.threads = 1, .waiting = 0, .slow = kNever});
  activate();
  std::optional<verifier::Admitted> admitted = appraiser->admit(evidence::kParsecTpm).value();
  test::expect_refused(appraiser->admit(evidence::kParsecTpm), Errc::busy, "too many appraisals wait");
  test::expect_refused(appraiser->admit(evidence::kTpmChallenge), Errc::busy, "too many");  // the same scheme
  EXPECT_TRUE(appraiser->admit("application/psa-attestation-token"));                       // which has no policy
  for (int i = 0; i < 2; ++i) {                                                             // as with two challenges
    std::promise<Result<rats::Ear>> verdict;
    (*admitted)({.media_type = std::string(evidence::kParsecTpm),
                 .evidence = maker.make(),
                 .challenge = evidence::Binder::from_wire(
                     crypto::Digest::from(crypto::HashAlgorithm::sha256, maker.extra_data).value())},
                [&](Result<rats::Ear> ear) { verdict.set_value(std::move(ear)); });
    EXPECT_TRUE(verdict.get_future().get()->is_affirming());
  }
  test::expect_refused(appraiser->admit(evidence::kParsecTpm), Errc::busy, "too many appraisals wait");
  admitted.reset();
  bool free = false;  // the thread may hold its own a moment longer
  for (int i = 0; i < 10'000 && !free; ++i) {
    free = appraiser->admit(evidence::kParsecTpm).has_value();
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_TRUE(free);
}

// What waits when the service stops is over before the service is.
TEST_F(PolicyAppraiserTest, EndsWithItsOwner) {
  set_up(true, {.threads = 1, .waiting = 1, .slow = kNever});
  activate();
  gate->set(false);
  const std::string running = open(), waiting = open();
  EXPECT_EQ(submit(running).status, http::kAccepted);
  gate->wait_for_one();
  EXPECT_EQ(submit(waiting).status, http::kAccepted);
  std::thread end([this] { pool->end(); });
  EXPECT_EQ(outcome(waiting), "failed");  // cancelled while the other runs
  gate->set(true);
  end.join();
  EXPECT_EQ(status_of(call(http::Method::get, running)), "complete");
}

TEST_F(PolicyAppraiserTest, AsksAFastPolicyAtOnce) {
  set_up(false, {.threads = 1, .waiting = 0, .slow = kNever});
  activate();
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(submit(open()).status, http::kOk);
    EXPECT_EQ(gate->last(), std::this_thread::get_id());
  }
}

// Here any time at all is slow.
TEST_F(PolicyAppraiserTest, AsksAPolicyElsewhereOnceItWasSlow) {
  set_up(false, {.threads = 1, .waiting = 8, .slow = std::chrono::nanoseconds(1)});
  EXPECT_EQ(submit(open()).status, http::kOk);  // no policy yet: no time counts
  EXPECT_EQ(submit(open()).status, http::kOk);
  activate();
  EXPECT_EQ(submit(open()).status, http::kOk);
  EXPECT_EQ(gate->last(), std::this_thread::get_id());
  const std::string later = open();
  gate->set(false);
  EXPECT_EQ(submit(later).status, http::kAccepted);
  gate->set(true);
  EXPECT_EQ(outcome(later), "complete");
  EXPECT_NE(gate->last(), std::this_thread::get_id());
  activate();  // another one is another matter
  EXPECT_EQ(submit(open()).status, http::kOk);
  EXPECT_EQ(gate->last(), std::this_thread::get_id());
}

}  // namespace
}  // namespace credence::service
