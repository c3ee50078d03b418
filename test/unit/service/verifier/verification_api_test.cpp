#include "service/verifier/verification_api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <ostream>
#include <utility>

#include "base/text.h"
#include "crypto/random.h"
#include "evidence/media_types.h"
#include "rats/cmw/cmw.h"
#include "service/http/problem.h"
#include "service/verifier/memory_sessions.h"
#include "support/open_router.h"
#include "wire/json/json.h"

namespace credence::service {
namespace {

using evidence::kParsecTpm;
using evidence::kTpmChallenge;

// Says what the test wants, when the test wants it.
class ScriptedAppraiser final : public verifier::Appraiser {
 public:
  std::vector<std::string> media_types() const override { return {}; }
  void appraise(verifier::AppraisalRequest request, verifier::Verdict done) override {
    requests.push_back(request);
    if (waits) {
      waiting = std::move(done);
    } else {
      done(verdict(request.challenge));
    }
  }

  Result<verifier::Admitted> admit(std::string_view media_type) override {
    if (full) return fail(Errc::busy, "too many wait");
    return Appraiser::admit(media_type);
  }

  [[nodiscard]] Result<rats::Ear> verdict(const verifier::Challenge& challenge) const {
    if (fails) return fail(Errc::io, "the store is gone");
    if (is_set_back) return fail(Errc::clock_set_back, "the clock here is 3600 s behind what it had told: set it");
    rats::Ear ear;
    ear.issued_at = Timestamp(std::chrono::seconds(1'000));
    const bool good = std::holds_alternative<Nonce>(challenge) ? affirms_nonce : affirms_binder;
    rats::Submodule& submodule = ear.submodules["PARSEC_TPM"];
    submodule.vector.emplace();
    (*submodule.vector)[rats::TrustClaim::instance_identity] =
        good ? rats::kTrustworthy : rats::kCryptoValidationFailed;
    submodule.status = submodule.vector->tier();
    ear.credence.warnings = warnings;
    ear.credence.hazard_allowed = hazard_allowed;
    submodule.policy_claims["problem"] = std::holds_alternative<Nonce>(challenge) ? "nonce" : "binder";
    return ear;
  }

  bool waits = false, fails = false, is_set_back = false, full = false, affirms_binder = true, affirms_nonce = true;
  bool hazard_allowed = false;
  std::vector<std::string> warnings;
  std::vector<verifier::AppraisalRequest> requests;
  verifier::Verdict waiting;
};

class Lines final : public Log {
 public:
  void write(LogLevel level, std::string_view text) override { lines.emplace_back(level, text); }
  std::vector<std::pair<LogLevel, std::string>> lines;
};

class VerificationApiTest : public testing::Test {
 protected:
  VerificationApiTest() { set_up(false); }

  void set_up(bool compatibility) {
    sessions = std::make_shared<MemorySessions>(SessionLimits{}, clock, crypto::system_random());
    router = test::open_router(
        VerificationApi({.sessions = sessions,
                         .appraiser = appraiser,
                         .media_types = {std::string(kParsecTpm), std::string(kTpmChallenge)},
                         .signer = std::make_shared<const ResultSigner>(ResultSigner::make(key).value()),
                         .random = crypto::system_random(),
                         .dialect = NonceDialect::url,
                         .compatibility = compatibility,
                         .log = &log,
                         .given = nonces}));
  }

  [[nodiscard]] http::Response call(http::Method method, std::string_view target, std::string_view content_type = {},
                                    Bytes body = {}, std::string_view accept = {}) const {
    http::Request request;
    request.method = method;
    request.target = http::parse_target(target).value();
    if (!content_type.empty()) request.headers.emplace_back("Content-Type", content_type);
    if (!accept.empty()) request.headers.emplace_back("Accept", accept);
    request.body = std::move(body);
    return router.handle(std::move(request));
  }

  [[nodiscard]] std::string open(std::string_view query = {}) const {
    const http::Response response = call(http::Method::post, "/challenge-response/v1/newSession" + std::string(query));
    EXPECT_EQ(response.status, http::kCreated) << response.body;
    return "/challenge-response/v1/" + header(response, "Location");
  }

  [[nodiscard]] static std::string header(const http::Response& response, std::string_view name) {
    for (const auto& [key, value] : response.headers) {
      if (key == name) return value;
    }
    return {};
  }

  [[nodiscard]] static json::Object json_of(const http::Response& response) {
    return json::parse(response.body).value().as_object();
  }

  std::shared_ptr<FixedClock> clock = std::make_shared<FixedClock>(Timestamp(std::chrono::seconds(1'000)));
  std::shared_ptr<ScriptedAppraiser> appraiser = std::make_shared<ScriptedAppraiser>();
  crypto::PrivateKey key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value();
  std::shared_ptr<Sessions> sessions;
  mutable Lines log;
  std::shared_ptr<GivenNonces> nonces = std::make_shared<GivenNonces>();
  http::Router router;
};

TEST_F(VerificationApiTest, OpensASessionAsVeraisonDoes) {
  const http::Response response = call(http::Method::post, "/challenge-response/v1/newSession?nonceSize=48");
  EXPECT_EQ(response.status, http::kCreated);
  EXPECT_EQ(header(response, "Content-Type"), kSessionMediaType);
  EXPECT_TRUE(header(response, "Location").starts_with("session/"));
  const json::Object session = json_of(response);
  EXPECT_EQ(session.at("status").as_string(), "waiting");
  EXPECT_EQ(from_base64url(session.at("nonce").as_string()).value().size(), 48U);
  EXPECT_EQ(session.at("expiry").as_string(), "1970-01-01T00:19:10.000Z");
  EXPECT_EQ(session.at("accept").as_array().at(0).as_string(), std::string_view(kParsecTpm));
  EXPECT_FALSE(session.contains("evidence"));
  EXPECT_FALSE(session.contains("result"));
}

struct NonceCase {
  std::string name;
  std::string query;
  unsigned status;
  std::size_t octets;
};
void PrintTo(const NonceCase& example, std::ostream* out) { *out << example.name; }

class NewSession : public VerificationApiTest, public testing::WithParamInterface<NonceCase> {};
INSTANTIATE_TEST_SUITE_P(
    Nonce, NewSession,
    testing::Values(
        NonceCase{"none", "", 201, 32}, NonceCase{"size_7", "?nonceSize=7", 400, 0},
        NonceCase{"size_8", "?nonceSize=8", 201, 8}, NonceCase{"size_64", "?nonceSize=64", 201, 64},
        NonceCase{"size_65", "?nonceSize=65", 400, 0}, NonceCase{"size_negative", "?nonceSize=-8", 400, 0},
        NonceCase{"size_text", "?nonceSize=8x", 400, 0}, NonceCase{"size_empty", "?nonceSize=", 201, 32},
        NonceCase{"nonce_empty", "?nonce=", 201, 32}, NonceCase{"both_empty", "?nonce=&nonceSize=", 201, 32},
        NonceCase{"nonce_empty_and_size", "?nonce=&nonceSize=8", 201, 8},
        NonceCase{"nonce_and_size_empty", "?nonce=AAAAAAAAAAA&nonceSize=", 201, 8},
        NonceCase{"empty_twice", "?nonce=&nonce=", 400, 0}, NonceCase{"nonce_7", "?nonce=AAAAAAAAAA", 400, 0},
        NonceCase{"nonce_8", "?nonce=AAAAAAAAAAA", 201, 8},
        NonceCase{"nonce_64", "?nonce=" + std::string(86, 'A'), 201, 64},
        NonceCase{"nonce_65", "?nonce=" + std::string(87, 'A'), 400, 0},
        NonceCase{"url_alphabet", "?nonce=-_-_-_-_-_8", 201, 8}, NonceCase{"padded", "?nonce=-_-_-_-_-_8%3D", 201, 8},
        NonceCase{"standard", "?nonce=%2B/%2B/%2B/%2B/%2B/8%3D", 201, 8},
        NonceCase{"standard_with_bare_plus", "?nonce=+/+/+/+/+/8=", 201, 8},
        NonceCase{"no_base64", "?nonce=AAAA!AAAAAA", 400, 0},
        NonceCase{"both", "?nonce=AAAAAAAAAAA&nonceSize=8", 400, 0},
        NonceCase{"twice", "?nonce=AAAAAAAAAAA&nonce=AAAAAAAAAAA", 400, 0},
        NonceCase{"unknown_parameter", "?colour=red", 201, 32}),
    [](const auto& example) { return example.param.name; });

TEST_P(NewSession, ChecksItsNonce) {
  const http::Response response = call(http::Method::post, "/challenge-response/v1/newSession" + GetParam().query);
  EXPECT_EQ(response.status, GetParam().status) << response.body;
  if (GetParam().status == http::kCreated) {
    EXPECT_EQ(from_base64url(json_of(response).at("nonce").as_string()).value().size(), GetParam().octets);
  } else {
    EXPECT_EQ(header(response, "Content-Type"), http::kProblemJson);
  }
}

TEST_F(VerificationApiTest, SignsAResultOverTheSessionsNonce) {
  const std::string session = open("?nonce=" + std::string(43, 'A'));
  const http::Response response = call(http::Method::post, session, kParsecTpm, {1, 2, 3});
  ASSERT_EQ(response.status, http::kOk) << response.body;
  const json::Object answer = json_of(response);
  EXPECT_EQ(answer.at("status").as_string(), "complete");
  EXPECT_EQ(answer.at("evidence").as_object().at("value").as_string(), "AQID");
  const crypto::PublicKey pinned = key.public_key();
  const rats::Ear ear = rats::verify_ear(answer.at("result").as_string(), {&pinned, 1}).value();
  EXPECT_EQ(ear.nonce, Bytes(32, 0));
  EXPECT_TRUE(ear.is_affirming());
  EXPECT_EQ(ear.credence.evidence_time, std::nullopt);  // who chose the nonce may have done so long ago
  EXPECT_EQ(call(http::Method::get, session).body, response.body);
}

TEST_F(VerificationApiTest, GivesTheFormThatIsAskedFor) {
  const std::array keys{key.public_key()};
  const auto answer = [&](std::string_view query) {
    return json_of(call(http::Method::post, open(query), kTpmChallenge, {1}));
  };
  const json::Object jwt = answer("?ear=draft");
  EXPECT_FALSE(jwt.contains("result-type"));
  EXPECT_EQ(rats::verify_ear(jwt.at("result").as_string(), keys).value().profile, "tag:ietf.org,2026:rats/ear#03");
  const json::Object cwt = answer("?ear=draft-cwt");
  EXPECT_EQ(cwt.at("result-type").as_string(), kCwtMediaType);
  const Bytes octets = from_base64url(cwt.at("result").as_string()).value();
  EXPECT_TRUE(rats::verify_ear_cwt(octets, keys).value().is_affirming());
  EXPECT_FALSE(json_of(call(http::Method::post, open(), kTpmChallenge, {1})).contains("result-type"));
  EXPECT_EQ(call(http::Method::post, "/challenge-response/v1/newSession?ear=cwt").status, http::kBadRequest);
}

TEST_F(VerificationApiTest, PutsEvidenceAndTraceIntoTheResultOnRequestOnly) {
  const std::array keys{key.public_key()};
  const auto result = [&](std::string_view query, Bytes evidence) {
    const json::Object session = json_of(call(http::Method::post, open(query), kTpmChallenge, std::move(evidence)));
    return rats::verify_ear(session.at("result").as_string(), keys).value();
  };
  EXPECT_EQ(result("?raw-evidence=1", {1, 2}).raw_evidence, (Bytes{1, 2}));
  EXPECT_FALSE(appraiser->requests.back().trace);
  EXPECT_EQ(result("", {1, 2}).raw_evidence, std::nullopt);
  const rats::Ear large = result("?raw-evidence=1", Bytes((256 << 10) + 1));
  EXPECT_EQ(large.raw_evidence, std::nullopt);
  EXPECT_EQ(large.credence.warnings.size(), 1U);
  EXPECT_TRUE(result("?trace=1", {1}).is_affirming());
  EXPECT_TRUE(appraiser->requests.back().trace);
}

TEST_F(VerificationApiTest, SaysWhenItIssuedItsOwnNonce) {
  const http::Response response = call(http::Method::post, open(), kTpmChallenge, {1});
  ASSERT_EQ(response.status, http::kOk) << response.body;
  const rats::Ear ear = rats::decode_ear(json_of(response).at("result").as_string()).value();
  EXPECT_EQ(ear.credence.evidence_time, clock->now());
}

TEST_F(VerificationApiTest, TellsItsLogAloudWhatWasAllowed) {
  EXPECT_EQ(call(http::Method::post, open(), kTpmChallenge, {1}).status, http::kOk);
  appraiser->hazard_allowed = true;
  appraiser->warnings = {"debug is on; a reference value allows it"};
  EXPECT_EQ(call(http::Method::post, open(), kTpmChallenge, {1}).status, http::kOk);
  ASSERT_EQ(log.lines.size(), 2U);
  EXPECT_EQ(log.lines[0].first, LogLevel::info);
  EXPECT_EQ(log.lines[1].first, LogLevel::warning);
  EXPECT_THAT(log.lines[1].second, testing::EndsWith("; warning: debug is on; a reference value allows it"));
}

TEST_F(VerificationApiTest, TellsAClientThatRepeatsItsNonce) {
  const auto warnings = [&](std::string_view query) {
    const http::Response response = call(http::Method::post, open(query), kTpmChallenge, {1});
    EXPECT_EQ(response.status, http::kOk) << response.body;
    return rats::decode_ear(json_of(response).at("result").as_string()).value().credence.warnings;
  };
  const std::string once = "?nonce=" + std::string(86, 'A'), other = "?nonce=" + std::string(85, 'A') + "Q";
  EXPECT_FALSE(open(once).empty());  // a session without evidence is no question that was answered
  EXPECT_THAT(warnings(once), testing::IsEmpty());
  EXPECT_THAT(warnings(once), testing::ElementsAre("evidence for this nonce was appraised before, in another session: "
                                                   "expected a new nonce for each question"));
  EXPECT_THAT(warnings(other), testing::IsEmpty());
  EXPECT_THAT(warnings("?nonceSize=64"), testing::IsEmpty());
  set_up(false);  // as a reload does, which ends no session
  EXPECT_THAT(warnings(once), testing::SizeIs(1));
}

TEST_F(VerificationApiTest, TakesEvidenceOncePerSession) {
  const std::string session = open();
  EXPECT_EQ(call(http::Method::post, session, kParsecTpm, {1}).status, http::kOk);
  EXPECT_EQ(call(http::Method::post, session, kParsecTpm, {1}).status, http::kConflict);
  EXPECT_EQ(appraiser->requests.size(), 1U);
}

TEST_F(VerificationApiTest, GivesBadEvidenceASignedRefusal) {
  appraiser->affirms_binder = false;
  const http::Response response = call(http::Method::post, open(), kParsecTpm, {1});
  ASSERT_EQ(response.status, http::kOk);
  const rats::Ear ear = rats::decode_ear(json_of(response).at("result").as_string()).value();
  EXPECT_EQ(ear.status(), rats::Tier::contraindicated);
}

TEST_F(VerificationApiTest, MakesTheChallengeFromMediaTypeAndNonce) {
  const auto nonce32 = "?nonce=" + std::string(43, 'A'), nonce48 = "?nonce=" + std::string(64, 'A'),
             nonce64 = "?nonce=" + std::string(86, 'A');
  EXPECT_EQ(call(http::Method::post, open(nonce32), kParsecTpm, {1}).status, http::kOk);
  EXPECT_EQ(std::get<evidence::Binder>(appraiser->requests.back().challenge).view().size(), 32U);
  EXPECT_EQ(call(http::Method::post, open(nonce48), kParsecTpm, {1}).status, http::kOk);
  EXPECT_EQ(std::get<evidence::Binder>(appraiser->requests.back().challenge).view().size(), 48U);
  EXPECT_EQ(call(http::Method::post, open(nonce64), kTpmChallenge, {1}).status, http::kOk);
  EXPECT_EQ(std::get<Nonce>(appraiser->requests.back().challenge).view().size(), 64U);

  const std::string session = open(nonce64);
  const http::Response refused = call(http::Method::post, session, kParsecTpm, {1});
  EXPECT_EQ(refused.status, http::kBadRequest);
  EXPECT_NE(refused.body.find("32 or 48 octets"), std::string::npos);
  EXPECT_EQ(call(http::Method::post, session, kTpmChallenge, {1}).status, http::kOk);  // the session was not spent
}

TEST_F(VerificationApiTest, TriesVeraisonsFormOnlyInCompatibilityMode) {
  appraiser->affirms_binder = false;
  EXPECT_EQ(call(http::Method::post, open(), kParsecTpm, {1}).status, http::kOk);
  EXPECT_EQ(appraiser->requests.size(), 1U);

  set_up(true);
  appraiser->requests.clear();
  const std::string given = "?nonce=" + std::string(43, 'A');
  const http::Response response = call(http::Method::post, open(given), kParsecTpm, {1});
  ASSERT_EQ(appraiser->requests.size(), 2U);
  EXPECT_TRUE(std::holds_alternative<evidence::Binder>(appraiser->requests[0].challenge));
  EXPECT_TRUE(std::holds_alternative<Nonce>(appraiser->requests[1].challenge));
  EXPECT_TRUE(rats::decode_ear(json_of(response).at("result").as_string()).value().is_affirming());

  appraiser->affirms_nonce = false;  // of two refusals the stricter rules' one is told
  const http::Response refused = call(http::Method::post, open(given), kParsecTpm, {1});
  const rats::Ear ear = rats::decode_ear(json_of(refused).at("result").as_string()).value();
  EXPECT_EQ(ear.problems(), std::vector<std::string>{"binder"});
}

// A nonce that the verifier made is no binder, however long it is.
TEST_F(VerificationApiTest, TakesItsOwnNonceForNoBinderInCompatibilityMode) {
  set_up(true);
  EXPECT_EQ(call(http::Method::post, open("?nonceSize=32"), kParsecTpm, {1}).status, http::kOk);
  ASSERT_EQ(appraiser->requests.size(), 1U);
  EXPECT_TRUE(std::holds_alternative<Nonce>(appraiser->requests[0].challenge));
}

TEST_F(VerificationApiTest, BoundsTheSessionsOfEachClient) {
  sessions = std::make_shared<MemorySessions>(SessionLimits{.of_one_client = 1}, clock, crypto::system_random());
  router = test::open_router(
      VerificationApi({.sessions = sessions,
                       .appraiser = appraiser,
                       .signer = std::make_shared<const ResultSigner>(ResultSigner::make(key).value()),
                       .random = crypto::system_random()}));
  const auto status_for = [&](std::string_view client) {
    http::Request request;
    request.method = http::Method::post;
    request.target = http::parse_target("/challenge-response/v1/newSession").value();
    request.client = client;
    return router.handle(std::move(request)).status;
  };
  EXPECT_EQ(status_for("192.0.2.1"), http::kCreated);
  EXPECT_EQ(status_for("192.0.2.1"), http::kServiceUnavailable);
  EXPECT_EQ(status_for("192.0.2.2"), http::kCreated);
}

TEST_F(VerificationApiTest, AnswersLaterWhenTheVerdictTakesTime) {
  appraiser->waits = true;
  const std::string session = open();
  const http::Response accepted = call(http::Method::post, session, kParsecTpm, {1});
  EXPECT_EQ(accepted.status, http::kAccepted);
  EXPECT_EQ(json_of(accepted).at("status").as_string(), "processing");
  EXPECT_EQ(json_of(accepted).at("evidence").as_object().at("value").as_string(), "AQ==");
  EXPECT_EQ(appraiser->requests.back().evidence, Bytes{1});
  std::exchange(appraiser->waiting, {})(appraiser->verdict(appraiser->requests.back().challenge));
  const http::Response done = call(http::Method::get, session);
  EXPECT_EQ(json_of(done).at("status").as_string(), "complete");
  EXPECT_TRUE(json_of(done).contains("result"));
}

TEST_F(VerificationApiTest, FailsTheSessionWhenNothingCouldBeDecided) {
  appraiser->fails = true;
  const std::string session = open();
  const http::Response response = call(http::Method::post, session, kParsecTpm, {1});
  EXPECT_EQ(response.status, http::kInternalServerError);
  EXPECT_EQ(header(response, "Content-Type"), http::kProblemJson);
  EXPECT_EQ(json_of(response).at("status").as_int64(), 500);
  EXPECT_EQ(json_of(response).at("detail").as_string(),
            "nothing was decided: the verifier failed, its log says why");  // and not what failed
  const http::Response later = call(http::Method::get, session);
  EXPECT_EQ(later.status, http::kOk);
  EXPECT_EQ(json_of(later).at("status").as_string(), "failed");
  EXPECT_FALSE(json_of(later).contains("result"));
  appraiser->fails = false;
  EXPECT_EQ(call(http::Method::post, session, kParsecTpm, {1}).status, http::kConflict);
}

// Between the look at the clock that lets the request in and that of the engine: no failure of the verifier's.
TEST_F(VerificationApiTest, SaysThatTheClockWasSetBackWhileItAppraised) {
  appraiser->is_set_back = true;
  const std::string session = open();
  const http::Response response = call(http::Method::post, session, kParsecTpm, {1});
  EXPECT_EQ(response.status, http::kServiceUnavailable);
  EXPECT_EQ(header(response, "Content-Type"), http::kProblemJson);
  EXPECT_EQ(header(response, "Retry-After"), "1");
  EXPECT_EQ(json_of(response).at("detail").as_string(),
            "clock_set_back: the clock here is 3600 s behind what it had told: set it");
  const json::Object later = json_of(call(http::Method::get, session));
  EXPECT_EQ(later.at("status").as_string(), "failed");
  EXPECT_FALSE(later.contains("result"));
  appraiser->is_set_back = false;
  EXPECT_EQ(call(http::Method::post, open(), kParsecTpm, {1}).status, http::kOk);
}

// The client repeats what it sent, and nothing was lost.
TEST_F(VerificationApiTest, SpendsNoSessionWhenTooManyWait) {
  const std::string session = open();
  appraiser->full = true;
  const http::Response busy = call(http::Method::post, session, kParsecTpm, {1});
  EXPECT_EQ(busy.status, http::kServiceUnavailable);
  EXPECT_EQ(header(busy, "Content-Type"), http::kProblemJson);
  EXPECT_NE(header(busy, "Retry-After"), "");
  EXPECT_TRUE(appraiser->requests.empty());
  EXPECT_EQ(json_of(call(http::Method::get, session)).at("status").as_string(), "waiting");
  appraiser->full = false;
  EXPECT_EQ(call(http::Method::post, session, kParsecTpm, {1}).status, http::kOk);
}

TEST_F(VerificationApiTest, TakesAMediaTypeHoweverItIsSpelled) {
  std::string shouted(kParsecTpm);
  std::ranges::transform(shouted, shouted.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  for (const std::string& type : {std::string(kParsecTpm), shouted}) {
    const http::Response response = call(http::Method::post, open(), type, {7, 8});
    EXPECT_EQ(response.status, http::kOk) << response.body;
    EXPECT_EQ(appraiser->requests.back().evidence, (Bytes{7, 8}));
    EXPECT_EQ(appraiser->requests.back().media_type, kParsecTpm);
    EXPECT_EQ(json_of(response).at("evidence").as_object().at("type").as_string(), kParsecTpm);
  }
}

TEST_F(VerificationApiTest, UnwrapsACmw) {
  const rats::CmwRecord record{.type = std::string(kParsecTpm), .value = {7, 8}, .indicator = {}};
  const std::string json = rats::encode_cmw_json(rats::Cmw{record}).value();
  for (const std::string_view type : {"application/cmw+cbor", "application/vnd.veraison.cmw", "application/cmw"}) {
    EXPECT_EQ(call(http::Method::post, open(), type, rats::encode_cmw_cbor(record)).status, http::kOk) << type;
    EXPECT_EQ(appraiser->requests.back().evidence, (Bytes{7, 8}));
    EXPECT_EQ(appraiser->requests.back().media_type, kParsecTpm);
  }
  EXPECT_EQ(call(http::Method::post, open(), "application/cmw+json", to_bytes(as_bytes(json))).status, http::kOk);
  const rats::Cmw collection{rats::CmwCollection{.collection_type = {}, .entries = {{"a", rats::Cmw{record}}}}};
  EXPECT_EQ(call(http::Method::post, open(), "application/cmw", rats::encode_cmw_cbor(collection)).status,
            http::kUnsupportedMediaType);
  EXPECT_EQ(call(http::Method::post, open(), "application/cmw", {0xff}).status, http::kBadRequest);
}

struct RefusalCase {
  std::string name;
  http::Method method;
  std::string target;  // "" for an open session
  std::string content_type;
  Bytes body;
  std::string accept;
  unsigned status;
};
void PrintTo(const RefusalCase& example, std::ostream* out) { *out << example.name; }

class Refusals : public VerificationApiTest, public testing::WithParamInterface<RefusalCase> {};
constexpr auto kGet = http::Method::get, kPost = http::Method::post, kDelete = http::Method::remove;
const std::string kUnknown = "/challenge-response/v1/session/00112233445566778899aabbccddeeff";
const std::string kUnknownUuid = "/challenge-response/v1/session/00112233-4455-6677-8899-aabbccddeeff";
const std::string kUnknownUpper = "/challenge-response/v1/session/00112233445566778899AABBCCDDEEFF";
const std::string kNoId = "/challenge-response/v1/session/1234";
const std::string kType(kParsecTpm);
INSTANTIATE_TEST_SUITE_P(
    All, Refusals,
    testing::Values(RefusalCase{"unknown_type", kPost, "", "text/plain", {1}, "", 415},
                    RefusalCase{"no_type", kPost, "", "", {1}, "", 415},
                    RefusalCase{"type_is_no_type", kPost, "", "what", {1}, "", 400},
                    RefusalCase{"type_with_other_parameters", kPost, "", kType + "; a=b", {1}, "", 415},
                    RefusalCase{"empty_body", kPost, "", kType, {}, "", 400},
                    RefusalCase{"evidence_not_acceptable", kPost, "", kType, {1}, "text/html", 406},
                    RefusalCase{"get_not_acceptable", kGet, "", "", {}, "application/json", 406},
                    RefusalCase{"accept_is_no_type", kGet, "", "", {}, "what", 400},
                    RefusalCase{"get_unknown", kGet, kUnknown, "", {}, "", 404},
                    RefusalCase{"post_unknown", kPost, kUnknown, kType, {1}, "", 404},
                    RefusalCase{"delete_unknown", kDelete, kUnknown, "", {}, "", 404},
                    RefusalCase{"get_unknown_uuid", kGet, kUnknownUuid, "", {}, "", 404},
                    RefusalCase{"get_unknown_upper", kGet, kUnknownUpper, "", {}, "", 404},
                    RefusalCase{"post_unknown_uuid", kPost, kUnknownUuid, kType, {1}, "", 404},
                    RefusalCase{"delete_unknown_uuid", kDelete, kUnknownUuid, "", {}, "", 404},
                    RefusalCase{"get_bad_id", kGet, kNoId, "", {}, "", 400},
                    RefusalCase{"get_bad_digit", kGet, kUnknown.substr(0, kUnknown.size() - 1) + "g", "", {}, "", 400},
                    RefusalCase{"get_bad_uuid", kGet, kUnknownUuid.substr(0, kUnknownUuid.size() - 1), "", {}, "", 400},
                    RefusalCase{"post_bad_id", kPost, kNoId, kType, {1}, "", 400},
                    RefusalCase{"delete_bad_id", kDelete, kNoId, "", {}, "", 400},
                    RefusalCase{"too_large", kPost, "", kType, Bytes((1 << 20) + 1), "", 413}),
    [](const auto& example) { return example.param.name; });

TEST_P(Refusals, AreProblems) {
  const RefusalCase& given = GetParam();
  const std::string session = open();
  const http::Response response =
      call(given.method, given.target.empty() ? session : given.target, given.content_type, given.body, given.accept);
  EXPECT_EQ(response.status, given.status) << response.body;
  EXPECT_EQ(header(response, "Content-Type"), http::kProblemJson);
  EXPECT_EQ(json_of(response).at("status").as_int64(), given.status);
  if (given.status == http::kUnsupportedMediaType) {
    EXPECT_EQ(header(response, "Accept"), std::string(kParsecTpm) + ", " + std::string(kTpmChallenge));
  }
  EXPECT_TRUE(appraiser->requests.empty());
  EXPECT_EQ(call(kPost, session, kType, {1}).status, http::kOk);  // no refusal costs the session
}

TEST_F(VerificationApiTest, ForgetsADeletedAndAnExpiredSession) {
  const std::string deleted = open(), expired = open();
  EXPECT_EQ(call(kDelete, deleted).status, http::kNoContent);
  EXPECT_EQ(call(kGet, deleted).status, http::kNotFound);
  EXPECT_EQ(call(kDelete, deleted).status, http::kNotFound);
  const std::string also_expired = open(), third = open();
  EXPECT_EQ(call(kGet, expired).status, http::kOk);
  clock->advance(std::chrono::seconds(150));
  EXPECT_EQ(call(kGet, also_expired).status, http::kNotFound);
  EXPECT_EQ(call(kDelete, third).status, http::kNotFound);
  EXPECT_EQ(call(kPost, expired, kParsecTpm, {1}).status, http::kNotFound);
}

// Else it is moved to a larger place while it is written.
TEST(SessionJson, TakesAtOnceWhatItNeeds) {
  Session session;
  session.nonce = Nonce(Bytes(64, 0x5a));
  session.status = SessionStatus::processing;
  const auto expect_small_reserve = [&session] {
    const std::string text = session_to_json(session, R"(["a/b"])", NonceDialect::url_padded);
    EXPECT_LE(text.capacity(), text.size() + 64) << text;
  };
  expect_small_reserve();
  session.evidence_type = kParsecTpm;
  session.evidence = std::make_shared<const Bytes>(1'000);
  expect_small_reserve();
  session.result = std::string(1'000, 'r');
  expect_small_reserve();
  session.request.as_cwt = true;
  expect_small_reserve();
}

TEST(SessionJson, WritesTheChosenDialect) {
  const auto written = [](NonceDialect dialect) {
    std::string text = "nonce ";
    append_nonce(text, Bytes{0xfb, 0xff, 0xfe, 0x00}, dialect);
    return text;
  };
  EXPECT_EQ(written(NonceDialect::url), "nonce -__-AA");
  EXPECT_EQ(written(NonceDialect::url_padded), "nonce -__-AA==");
  EXPECT_EQ(written(NonceDialect::standard), "nonce +//+AA==");
}

}  // namespace
}  // namespace credence::service
