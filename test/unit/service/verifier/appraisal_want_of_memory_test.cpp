// Evidence that is appraised where memory is lacking: its session has an end, or was not spent, and nobody gets a
// verdict that it has not.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "crypto/random.h"
#include "evidence/media_types.h"
#include "service/verifier/memory_sessions.h"
#include "service/verifier/sealed_sessions.h"
#include "service/verifier/verification_api.h"
#include "shared_ledger.h"
#include "support/want_of_memory.h"
#include "wire/json/json.h"

namespace credence::service {
namespace {

// Affirms what is bound to a nonce: at once, or when the test has it answer.
class AppraiserInWant final : public verifier::Appraiser {
 public:
  std::vector<std::string> media_types() const override { return {}; }
  void appraise(verifier::AppraisalRequest request, verifier::Verdict done) override {
    if (waits) {
      waiting = std::move(done);
    } else {
      done(verdict(std::holds_alternative<Nonce>(request.challenge)));
    }
  }
  [[nodiscard]] static rats::Ear verdict(bool good) {
    rats::Ear ear;
    ear.issued_at = Timestamp(std::chrono::seconds(10'000));
    rats::Submodule& submodule = ear.submodules["PARSEC_TPM"];
    submodule.vector.emplace();
    (*submodule.vector)[rats::TrustClaim::instance_identity] =
        good ? rats::kTrustworthy : rats::kCryptoValidationFailed;
    submodule.status = submodule.vector->tier();
    return ear;
  }

  bool waits = false;
  verifier::Verdict waiting;
};

class LinesInWant final : public Log {
 public:
  void write(LogLevel, std::string_view text) override { lines.emplace_back(text); }
  std::vector<std::string> lines;
};

// One kind of sessions, or the other.
class AppraisalInWantOfMemory : public testing::TestWithParam<bool> {
 protected:
  AppraisalInWantOfMemory() {
    if (GetParam()) {
      sessions = std::make_shared<SealedSessions>(
          SealedSessions::Parts{.keys = SessionKeys::from_text(std::string(64, '7'), "default").value(),
                                .ledger = std::make_shared<test::SharedLedger>(),
                                .clock = clock,
                                .random = crypto::system_random()});
    } else {
      sessions = std::make_shared<MemorySessions>(SessionLimits{}, clock, crypto::system_random());
    }
    api = std::make_unique<VerificationApi>(
        VerificationApi::Parts{.sessions = sessions,
                               .appraiser = appraiser,
                               .media_types = {std::string(evidence::kParsecTpm)},
                               .signer = std::make_shared<const ResultSigner>(ResultSigner::make(key).value()),
                               .random = crypto::system_random(),
                               .compatibility = true,
                               .metrics = std::make_shared<VerifierMetrics>(std::make_shared<Metrics>(), "1"),
                               .log = &log});
  }

  // Another one each time.
  [[nodiscard]] Nonce next_nonce() {
    Bytes octets(32);
    ++nonces;
    octets[0] = static_cast<std::uint8_t>(nonces >> 8U);
    octets[1] = static_cast<std::uint8_t>(nonces);
    return Nonce(std::move(octets));
  }
  // Of a client's own nonce, which is a binder perhaps: with two challenges.
  [[nodiscard]] std::string open() {
    return sessions->open(next_nonce(), false, "192.0.2.1", {.raw_evidence = true}).value().id;
  }
  [[nodiscard]] static http::Request evidence_for(const std::string& id) {
    http::Request request;
    request.method = http::Method::post;
    request.headers.emplace_back("Content-Type", evidence::kParsecTpm);
    request.path_parameters = {id};
    request.body = Bytes(100, 7);
    return request;
  }
  [[nodiscard]] http::Response submit(const std::string& id) const {
    http::Request request = evidence_for(id);
    return api->submit_evidence(request);
  }
  [[nodiscard]] bool affirms(const std::string& result) const {
    const crypto::PublicKey pinned = key.public_key();
    return rats::verify_ear(result, {&pinned, 1}).value().is_affirming();
  }
  [[nodiscard]] std::string result_in(const http::Response& response) const {
    return std::string(json::parse(response.body).value().as_object().at("result").as_string());
  }
  // It has ended, or can be used once more.
  void expect_no_claim(const std::string& id) const {
    const Session left = sessions->find(id).value();
    EXPECT_NE(left.status, SessionStatus::processing);
    if (left.status == SessionStatus::complete) {
      EXPECT_TRUE(affirms(left.result));
    }
    if (left.status == SessionStatus::waiting) {
      EXPECT_EQ(submit(id).status, http::kOk);
    }
    if (GetParam()) {
      EXPECT_EQ(sessions->count(), 0U);
    }
  }

  std::uint16_t nonces = 0;  // that were made
  std::shared_ptr<FixedClock> clock = std::make_shared<FixedClock>(Timestamp(std::chrono::seconds(10'000)));
  std::shared_ptr<AppraiserInWant> appraiser = std::make_shared<AppraiserInWant>();
  crypto::PrivateKey key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value();
  LinesInWant log;
  std::shared_ptr<Sessions> sessions;
  std::unique_ptr<VerificationApi> api;
};
INSTANTIATE_TEST_SUITE_P(Sessions, AppraisalInWantOfMemory, testing::Bool(),
                         [](const auto& example) { return std::string(example.param ? "sealed" : "of_memory"); });

TEST_P(AppraisalInWantOfMemory, EndsItsSession) {
  const std::size_t failures = test::each_allocation([this](std::size_t number) {
    const std::string id = open();
    http::Request request = evidence_for(id);
    const auto ended = test::in_want(number, [&] { return api->submit_evidence(request); });
    // An exception is the server's: it answers 500, or closes the connection.
    if (ended.answer && ended.answer->status == http::kOk) {
      EXPECT_EQ(sessions->find(id)->status, SessionStatus::complete);
      EXPECT_TRUE(affirms(result_in(*ended.answer)));
    } else if (ended.answer) {
      EXPECT_EQ(ended.answer->status, http::kInternalServerError) << ended.answer->body;
    }
    expect_no_claim(id);
    return ended.has_failed;
  });
  EXPECT_GT(failures, 20U);
}

// An appraiser that answers later has nobody to whom an exception would go.
TEST_P(AppraisalInWantOfMemory, EndsItsSessionOnTheThreadOfTheAppraiser) {
  appraiser->waits = true;
  std::size_t failed = 0;
  const std::size_t failures = test::each_allocation([&](std::size_t number) {
    const std::string id = sessions->open(next_nonce(), true, "192.0.2.1", {}).value().id;
    EXPECT_EQ(submit(id).status, http::kAccepted);
    rats::Ear verdict = AppraiserInWant::verdict(true);
    const auto ended = test::in_want(number, [&] {
      appraiser->waiting(std::move(verdict));
      return true;
    });
    EXPECT_TRUE(ended.answer) << "an exception reached the appraiser";
    appraiser->waiting = {};
    const Session left = sessions->find(id).value();
    if (left.status == SessionStatus::complete) {
      EXPECT_TRUE(affirms(left.result));
    } else {
      ++failed;
      EXPECT_EQ(left.status, GetParam() ? SessionStatus::waiting : SessionStatus::failed);
    }
    if (GetParam()) {
      EXPECT_EQ(sessions->count(), 0U);
    }
    return ended.has_failed;
  });
  EXPECT_GT(failures, 10U);
  EXPECT_GT(failed, 5U);
}

// ... and one that loses the question answers nothing.
TEST_P(AppraisalInWantOfMemory, EndsWhatItsAppraiserHasLost) {
  appraiser->waits = true;
  const std::string id = open();
  EXPECT_EQ(submit(id).status, http::kAccepted);
  EXPECT_EQ(sessions->find(id)->status, SessionStatus::processing);
  appraiser->waiting = {};
  EXPECT_EQ(sessions->find(id)->status, GetParam() ? SessionStatus::waiting : SessionStatus::failed);
  ASSERT_EQ(log.lines.size(), 1U);
  EXPECT_EQ(log.lines.front(), "nothing was decided: the appraiser has lost the question");
}

}  // namespace
}  // namespace credence::service
