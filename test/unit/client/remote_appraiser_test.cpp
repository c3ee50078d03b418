#include "client/remote_appraiser.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <future>
#include <thread>

#include "base/text.h"
#include "client/provision.h"
#include "service/http/problem.h"
#include "service/http/server.h"
#include "service/verifier/file.h"
#include "service/verifier/server.h"
#include "support/certificate_files.h"
#include "support/endorser.h"
#include "support/evidence_maker.h"
#include "support/running.h"
#include "support/threads.h"
#include "wire/json/json.h"

namespace credence::client {
namespace {

using service::http::Method;
using service::http::Request;
using service::http::Response;
using test::Running;

const crypto::PrivateKey& verifier_key() {
  static const auto key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value();
  return key;
}

// A verifier that answers as the test says.
struct Script {
  std::string nonce_prefix;  // before the echoed nonce: another nonce
  std::string location = "session/1";
  std::string status = "complete";    // of the answer to the evidence
  std::optional<Bytes> result_nonce;  // in the result instead of the one asked for
  unsigned open_status = 201, submit_status = 200;
  int polls_until_complete = 0;  // with submit_status 202
  std::chrono::milliseconds delay{0};
  std::atomic<int> polls = 0, sessions = 0;
  std::optional<std::string> peer;  // that was asked about
};

std::string report(std::string_view status, std::string_view nonce, const std::optional<std::string>& result) {
  json::Object session{{"status", status}, {"nonce", nonce}};
  if (result) session["result"] = *result;
  return json::to_text(session);
}

service::http::Router scripted(std::shared_ptr<Script> script) {
  auto nonce = std::make_shared<std::string>();
  const auto result = [script, nonce] {
    rats::Ear ear;
    ear.issued_at = system_clock()->now();
    ear.nonce = script->result_nonce.value_or(from_any_base64(*nonce).value_or(Bytes{}));
    ear.submodules["PARSEC_TPM"].status = rats::Tier::affirming;
    return rats::sign_ear(ear, verifier_key()).value();
  };
  service::http::Router router;
  router.add(Method::post, "/challenge-response/v1/newSession", 0, [script, nonce](const Request& request) {
    ++script->sessions;
    *nonce = std::string(request.target.parameter("nonce").value().value_or(""));
    script->peer = request.target.parameter("peer").value();
    std::this_thread::sleep_for(script->delay);
    if (script->open_status != 201) return service::http::problem(script->open_status, "not today");
    return Response{.status = 201,
                    .headers = {{"Location", script->location}},
                    .body = report("waiting", script->nonce_prefix + *nonce, {})};
  });
  router.add(Method::post, "/challenge-response/v1/session/1", 1 << 20, [script, nonce, result](const Request&) {
    if (script->submit_status >= 400) return service::http::problem(script->submit_status, "not this");
    const bool complete = script->submit_status == 200 && script->status == "complete";
    return Response{.status = script->submit_status,
                    .body = report(script->submit_status == 200 ? script->status : "processing", *nonce,
                                   complete ? std::optional(result()) : std::nullopt)};
  });
  router.add(Method::get, "/challenge-response/v1/session/1", 0, [script, nonce, result](const Request&) {
    if (++script->polls < script->polls_until_complete) {
      return Response{.status = 200, .body = report("processing", *nonce, {})};
    }
    return Response{.status = 200, .body = report("complete", *nonce, result())};
  });
  return router;
}

class RemoteAppraiserTest : public testing::Test {
 protected:
  std::shared_ptr<Script> script = std::make_shared<Script>();
  Running<service::http::Server> server{
      service::http::Server::start({.threads = 1}, scripted(script), no_log()).value()};
  RemoteVerifier options = make_options();

  [[nodiscard]] RemoteVerifier make_options() const {
    RemoteVerifier made;
    made.url = "http://127.0.0.1:" + std::to_string(server->port());
    made.keys = {verifier_key().public_key()};
    made.poll_interval = std::chrono::milliseconds(10);
    return made;
  }

  [[nodiscard]] static verifier::AppraisalRequest evidence() {
    return {.media_type = std::string(evidence::kParsecTpm),
            .evidence = {1, 2, 3},
            .challenge = evidence::Binder::from_wire(crypto::Digest::zeros(crypto::HashAlgorithm::sha256))};
  }

  [[nodiscard]] static std::future<Result<rats::Ear>> appraise(verifier::Appraiser& appraiser,
                                                               verifier::AppraisalRequest request = evidence()) {
    std::promise<Result<rats::Ear>> promise;
    auto future = promise.get_future();
    appraiser.appraise(std::move(request), [promise = std::move(promise)](Result<rats::Ear> verdict) mutable {
      promise.set_value(std::move(verdict));
    });
    return future;
  }

  [[nodiscard]] Result<rats::Ear> verdict() const {
    const auto appraiser = remote_appraiser(options, system_clock()).value();
    return appraise(*appraiser).get();
  }
};

TEST_F(RemoteAppraiserTest, BringsTheVerifiersResult) {
  const auto result = verdict();
  ASSERT_TRUE(result) << result.error().text();
  EXPECT_TRUE(result->is_affirming());
  EXPECT_EQ(result->nonce, Bytes(32, 0));
}

TEST_F(RemoteAppraiserTest, WritesTheNonceInTheDialectThatIsSet) {
  for (const auto dialect : {NonceDialect::url, NonceDialect::url_padded, NonceDialect::standard}) {
    options.dialect = dialect;
    EXPECT_TRUE(verdict());
  }
}

TEST_F(RemoteAppraiserTest, NamesThePeerThatIsMeant) {
  const auto appraiser = remote_appraiser(options, system_clock()).value();
  EXPECT_TRUE(appraise(*appraiser).get());
  EXPECT_EQ(script->peer, std::nullopt);
  verifier::AppraisalRequest named = evidence();
  named.peer = "web.example&ear=draft";  // whatever is in it, it is one parameter
  EXPECT_TRUE(appraise(*appraiser, std::move(named)).get());
  EXPECT_EQ(script->peer, "web.example&ear=draft");
}

TEST_F(RemoteAppraiserTest, PollsWhileTheVerifierThinks) {
  script->submit_status = 202;
  script->polls_until_complete = 3;
  const auto result = verdict();
  ASSERT_TRUE(result) << result.error().text();
  EXPECT_EQ(script->polls, 3);
}

struct RefusalCase {
  std::string name;
  void (*change)(Script&, RemoteVerifier&);
  Errc code;
};
void PrintTo(const RefusalCase& example, std::ostream* out) { *out << example.name; }

class Refusal : public RemoteAppraiserTest, public testing::WithParamInterface<RefusalCase> {};
INSTANTIATE_TEST_SUITE_P(
    All, Refusal,
    testing::Values(
        RefusalCase{"other_key",
                    [](Script&, RemoteVerifier& v) {
                      v.keys = {crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value().public_key()};
                    },
                    Errc::untrusted_verifier},
        RefusalCase{"result_for_another_nonce", [](Script& s, RemoteVerifier&) { s.result_nonce = Bytes(32, 1); },
                    Errc::nonce_mismatch},
        RefusalCase{"session_with_another_nonce", [](Script& s, RemoteVerifier&) { s.nonce_prefix = "AAAA"; },
                    Errc::nonce_mismatch},
        RefusalCase{"session_elsewhere", [](Script& s, RemoteVerifier&) { s.location = "http://127.0.0.1:1/x"; },
                    Errc::untrusted_verifier},
        RefusalCase{"session_failed", [](Script& s, RemoteVerifier&) { s.status = "failed"; }, Errc::unavailable},
        RefusalCase{"overloaded", [](Script& s, RemoteVerifier&) { s.open_status = 503; }, Errc::unavailable},
        RefusalCase{"internal_error", [](Script& s, RemoteVerifier&) { s.submit_status = 500; }, Errc::unavailable},
        RefusalCase{"type_unknown_there", [](Script& s, RemoteVerifier&) { s.submit_status = 415; }, Errc::unsupported},
        RefusalCase{"too_slow",
                    [](Script& s, RemoteVerifier& v) {
                      s.delay = std::chrono::milliseconds(500);
                      v.deadline = std::chrono::milliseconds(100);
                    },
                    Errc::timeout},
        RefusalCase{"never_decides",
                    [](Script& s, RemoteVerifier& v) {
                      s.submit_status = 202;
                      s.polls_until_complete = 1'000'000;
                      v.deadline = std::chrono::milliseconds(200);
                    },
                    Errc::timeout},
        RefusalCase{"nobody_there", [](Script&, RemoteVerifier& v) { v.url = "http://127.0.0.1:1"; },
                    Errc::unavailable}),
    [](const auto& example) { return example.param.name; });

TEST_P(Refusal, IsNoVerdict) {
  GetParam().change(*script, options);
  const auto result = verdict();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, GetParam().code) << result.error().text();
}

TEST_F(RemoteAppraiserTest, IsBusyBeyondItsBound) {
  script->delay = std::chrono::milliseconds(200);
  options.max_pending = 1;
  const auto appraiser = remote_appraiser(options, system_clock()).value();
  auto first = appraise(*appraiser), second = appraise(*appraiser);
  EXPECT_EQ(second.get().error().code, Errc::busy);
  EXPECT_TRUE(first.get());
  EXPECT_TRUE(appraise(*appraiser).get());  // there is room again
}

TEST_F(RemoteAppraiserTest, ServesManyAtOnceOnOneThread) {
  options.max_concurrent = 2;
  const auto appraiser = remote_appraiser(options, system_clock()).value();
  std::vector<std::future<Result<rats::Ear>>> verdicts;
  for (int i = 0; i < 20; ++i) verdicts.push_back(appraise(*appraiser));
  for (auto& each : verdicts) {
    const auto result = each.get();
    EXPECT_TRUE(result) << result.error().text();
  }
}

TEST_F(RemoteAppraiserTest, FailsWhatIsUnderWayWhenItGoes) {
  script->delay = std::chrono::milliseconds(300);
  auto appraiser = remote_appraiser(options, system_clock()).value();
  auto under_way = appraise(*appraiser);
  while (script->sessions == 0) std::this_thread::yield();
  appraiser.reset();
  EXPECT_EQ(under_way.get().error().code, Errc::unavailable);
}

TEST_F(RemoteAppraiserTest, MayBeDroppedByItsOwnVerdict) {
  const std::size_t threads = test::thread_count();
  auto appraiser = remote_appraiser(options, system_clock()).value();
  std::promise<bool> done;
  auto* const raw = appraiser.get();
  raw->appraise(evidence(), [owner = std::move(appraiser), &done](Result<rats::Ear> verdict) mutable {
    owner.reset();
    done.set_value(verdict.has_value());
  });
  EXPECT_TRUE(done.get_future().get());
  EXPECT_TRUE(test::threads_fall_to(threads));
}

TEST_F(RemoteAppraiserTest, NeedsAKeyToBelieve) {
  options.keys.clear();
  EXPECT_EQ(remote_appraiser(options, system_clock()).error().code, Errc::configuration);
  options = make_options();
  options.url = "http://verifier.example";
  EXPECT_EQ(remote_appraiser(options, system_clock()).error().code, Errc::usage);
}

// A signal that the application waits for must not end in a thread that it does not know of.
TEST(RemoteAppraiser, LeavesSignalsToTheApplication) {
  RemoteVerifier options;
  options.url = "http://127.0.0.1:1";
  options.keys = {verifier_key().public_key()};
  const auto appraiser = remote_appraiser(options, system_clock()).value();
  sigset_t signals;
  sigset_t before;
  sigemptyset(&signals);
  sigaddset(&signals, SIGUSR1);
  pthread_sigmask(SIG_BLOCK, &signals, &before);
  ASSERT_EQ(::kill(::getpid(), SIGUSR1), 0);
  const timespec patience{.tv_sec = 5, .tv_nsec = 0};
  EXPECT_EQ(sigtimedwait(&signals, nullptr, &patience), SIGUSR1);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

// Everything real but the TPM: our verifier over TLS, our evidence, the channel's binder.
TEST(RemoteAppraiser, WorksWithOurVerifierOverTls) {
  const test::TemporaryDirectory directory;
  const auto own = test::write_certificate(directory, "own"), other = test::write_certificate(directory, "other");
  service::VerifierOptions verifier_options;
  verifier_options.tls = service::http::TlsFiles{.certificate = own.certificate, .key = own.key};
  verifier_options.keys.signing_key = directory.path() / "ear.pem";
  verifier_options.insecure_local_callers = true;
  const test::Endorser endorser;
  verifier_options.corim_anchors = {endorser.write_anchor(directory)};
  const Running server(service::VerifierServer::start(verifier_options, no_log()).value());
  const test::EvidenceMaker maker;
  for (const auto& corim : {evidence::tpm::veraison_corim(maker.endorsement()).value(),
                            evidence::tpm::keys_corim(maker.endorsement()).value()}) {
    const auto outcome = provision(endorser.sign(corim), {.url = server->url(), .http = {.ca_file = own.certificate}});
    ASSERT_TRUE(outcome) << outcome.error().text();
    ASSERT_TRUE(outcome->success) << outcome->failure_reason;
  }

  const auto pem = service::read_file(directory.path() / "ear.pem.pub", 10'000).value();
  RemoteVerifier options;
  options.url = server->url();
  options.keys = {crypto::PublicKey::from_pem(as_text(pem.view())).value()};
  options.http.ca_file = own.certificate;
  const auto appraise = [&](ByteView binder) {
    const auto appraiser = remote_appraiser(options, system_clock()).value();
    std::promise<Result<rats::Ear>> promise;
    appraiser->appraise(
        {.media_type = std::string(evidence::kParsecTpm),
         .evidence = maker.make(),
         .challenge = evidence::Binder::from_wire(crypto::Digest::from(crypto::HashAlgorithm::sha256, binder).value())},
        [&](Result<rats::Ear> verdict) { promise.set_value(std::move(verdict)); });
    return promise.get_future().get();
  };
  const auto good = appraise(maker.extra_data);
  ASSERT_TRUE(good) << good.error().text();
  EXPECT_TRUE(good->is_affirming()) << testing::PrintToString(good->problems());
  EXPECT_EQ(good->ueid, maker.kid());
  EXPECT_EQ(appraise(Bytes(32, 0x01)).value().status(), rats::Tier::contraindicated);
  for (const ResultForm form : {ResultForm::draft, ResultForm::draft_cwt}) {
    options.form = form;
    const auto draft = appraise(maker.extra_data);
    ASSERT_TRUE(draft) << draft.error().text();
    EXPECT_TRUE(draft->is_affirming());
    EXPECT_EQ(draft->profile, "tag:ietf.org,2026:rats/ear#03");
    EXPECT_EQ(draft->confirmation_key, good->confirmation_key);
  }
  options.http.ca_file = other.certificate;
  EXPECT_EQ(appraise(maker.extra_data).error().code, Errc::untrusted_verifier);
}

}  // namespace
}  // namespace credence::client
