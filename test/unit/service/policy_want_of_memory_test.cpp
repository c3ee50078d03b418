// Policies that run on threads of their own, where memory is lacking: their sessions have an end, and the threads go
// on.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "crypto/random.h"
#include "evidence/media_types.h"
#include "service/policy/policy_appraiser.h"
#include "service/verifier/memory_sessions.h"
#include "service/verifier/verification_api.h"
#include "support/evidence_maker.h"
#include "support/refusal.h"
#include "support/want_of_memory.h"
#include "verifier/store/memory/store.h"

namespace credence::service {
namespace {

// As many letters as no function object keeps in itself.
using Burden = std::array<char, 64>;

TEST(WorkerPoolInWantOfMemory, RunsItsWorkOrThrows) {
  const std::size_t failures = test::each_allocation([](std::size_t number) {
    WorkerPool pool(1, 1);
    std::atomic<int> ran = 0;
    WorkerPool::Place place = pool.reserve();
    WorkerPool::Work work = [&ran, burden = Burden{}](bool) { ran += 1 + burden.front(); };
    const auto started = test::in_want(number, [&] {
      pool.start(std::move(place), std::move(work));
      return true;
    });
    pool.end();
    EXPECT_EQ(ran, started.answer ? 1 : 0);
    EXPECT_NE(pool.reserve(), nullptr) << "a place was lost";
    return started.has_failed;
  });
  EXPECT_GT(failures, 1U);
}

// Whoever calls end() destroys, mostly: nothing can be told to it.
TEST(WorkerPoolInWantOfMemory, EndsWithoutAny) {
  WorkerPool pool(1, 2);
  std::promise<void> running, go;
  std::atomic<int> cancelled_work = 0;
  pool.start(pool.reserve(), [&](bool) {
    running.set_value();
    go.get_future().wait();
  });
  running.get_future().wait();
  pool.start(pool.reserve(), [&](bool cancelled) {
    cancelled_work += cancelled ? 1 : 0;
    go.set_value();
  });
  const auto ended = test::in_want(0, [&] {
    pool.end();
    return true;
  });
  EXPECT_TRUE(ended.answer);
  EXPECT_FALSE(ended.has_failed);
  EXPECT_EQ(cancelled_work, 1);
}

// Content with everything. From its run on, memory is lacking on the thread that it has.
class LanguageInWant final : public verifier::PolicyLanguage {
 public:
  explicit LanguageInWant(const std::atomic<std::size_t>& number) : number_(number) {}

  std::string_view type() const override { return "lacking"; }
  std::string_view media_type() const override { return "application/x-lacking"; }
  bool is_remote() const noexcept override { return true; }
  Result<std::shared_ptr<const verifier::PolicyProgram>> load(const std::string&, std::string_view) const override {
    return std::make_shared<const Program>(number_);
  }
  Result<void> check(const std::string&, std::string_view) const override { return {}; }

 private:
  struct Program final : verifier::PolicyProgram {
    explicit Program(const std::atomic<std::size_t>& its_number) : number(its_number) {}
    Result<verifier::PolicyOutput> run(const verifier::PolicyInput&) const override {
      test::fail_allocation(number);
      return verifier::PolicyOutput{};
    }
    const std::atomic<std::size_t>& number;
  };
  const std::atomic<std::size_t>& number_;
};

class PolicyInWantOfMemory : public testing::Test {
 protected:
  PolicyInWantOfMemory() {
    for (const auto& corim :
         {evidence::tpm::veraison_corim(maker.endorsement()), evidence::tpm::keys_corim(maker.endorsement())})
      EXPECT_TRUE(store->submit(*corim, rats::encode_corim(*corim).value()));
    policies = std::make_shared<verifier::Policies>(
        verifier::Policies::Parts{.store = store,
                                  .languages = {std::make_shared<const LanguageInWant>(number)},
                                  .clock = clock,
                                  .random = crypto::system_random()});
    const auto version = policies->add({.scheme = "PARSEC_TPM", .type = "lacking", .rules = "x"});
    EXPECT_TRUE(version && policies->activate("PARSEC_TPM", version->id));
    const auto engine = std::make_shared<const verifier::Engine>(store, clock, verifier::Policy{},
                                                                 verifier::Engine::Identity{}, policies);
    appraiser = policy_appraiser(engine, policies, pool);
    api = std::make_unique<VerificationApi>(
        VerificationApi::Parts{.sessions = sessions,
                               .appraiser = appraiser,
                               .media_types = engine->media_types(),
                               .signer = std::make_shared<const ResultSigner>(ResultSigner::make(key).value()),
                               .random = crypto::system_random()});
  }
  ~PolicyInWantOfMemory() override { pool->end(); }

  [[nodiscard]] std::string submitted() {
    http::Request request;
    request.method = http::Method::post;
    request.headers.emplace_back("Content-Type", evidence::kParsecTpm);
    request.path_parameters = {sessions->open(Nonce(maker.extra_data), false, "192.0.2.1", {}).value().id};
    request.body = maker.make();
    // The thread of the pool may be faster than the answer, which then says how it ended.
    const unsigned status = api->submit_evidence(request).status;
    EXPECT_TRUE(status == http::kAccepted || status == http::kOk || status == http::kInternalServerError) << status;
    return request.path_parameters.front();
  }
  // Behind all work so far, on the one thread that the pool has. Whether an allocation has failed there since.
  [[nodiscard]] bool had_failure() {
    std::promise<bool> failed;
    pool->start(pool->reserve(), [&failed](bool) { failed.set_value(test::allow_allocations()); });
    return failed.get_future().get();
  }

  test::EvidenceMaker maker;
  std::atomic<std::size_t> number = 0;
  std::shared_ptr<FixedClock> clock = std::make_shared<FixedClock>(Timestamp(std::chrono::seconds(1'790'000'000)));
  std::shared_ptr<verifier::Store> store = verifier::memory_store();
  std::shared_ptr<Sessions> sessions =
      std::make_shared<MemorySessions>(SessionLimits{}, clock, crypto::system_random());
  std::shared_ptr<verifier::Policies> policies;
  std::shared_ptr<WorkerPool> pool = std::make_shared<WorkerPool>(1, 8);
  std::shared_ptr<verifier::Appraiser> appraiser;
  crypto::PrivateKey key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value();
  std::unique_ptr<VerificationApi> api;
};

TEST_F(PolicyInWantOfMemory, EndsItsSessionAndGoesOn) {
  std::size_t failed = 0;
  const std::size_t failures = test::each_allocation([&](std::size_t which) {
    number = which;
    const std::string id = submitted();
    const bool has_failed = had_failure();
    const Session left = sessions->find(id).value();
    EXPECT_NE(left.status, SessionStatus::processing);
    if (left.status != SessionStatus::complete) ++failed;
    if (!has_failed) {
      EXPECT_EQ(left.status, SessionStatus::complete);
    }
    return has_failed;
  });
  EXPECT_GT(failures, 10U);
  EXPECT_GT(failed, 10U);
}

// Whoever asks the appraiser hears of it.
TEST_F(PolicyInWantOfMemory, IsAFailureAndNoVerdict) {
  number = 0;
  std::promise<Result<rats::Ear>> verdict;
  appraiser->appraise({.media_type = std::string(evidence::kParsecTpm),
                       .evidence = maker.make(),
                       .challenge = evidence::Binder::from_wire(
                           crypto::Digest::from(crypto::HashAlgorithm::sha256, maker.extra_data).value())},
                      [&](Result<rats::Ear> ear) {
                        static_cast<void>(test::allow_allocations());
                        verdict.set_value(std::move(ear));
                      });
  test::expect_refused(verdict.get_future().get(), Errc::internal, "std::bad_alloc");
}

}  // namespace
}  // namespace credence::service
