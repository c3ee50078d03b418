// What a whole verifier answers, and when it does not start.
#include <gtest/gtest.h>

#include <algorithm>
#include <format>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "client/http.h"
#include "evidence/media_types.h"
#include "service/audit/log.h"
#include "service/verifier/file.h"
#include "service/verifier/session_json.h"
#include "support/certificate_files.h"
#include "support/evidence_maker.h"
#include "support/refusal.h"
#include "support/vectors.h"
#include "verifier_server.h"

namespace credence::service {
namespace {

using test::Running;

TEST_F(VerifierServerTest, AnswersTheCurlProgram) {
  const Running server(start());
  const std::string discovery = curl(server->url() + "/.well-known/veraison/verification");
  EXPECT_TRUE(discovery.starts_with("HTTP/1.1 200 OK")) << discovery;
  EXPECT_NE(discovery.find("Cache-Control: max-age=60"), std::string::npos);
  EXPECT_NE(discovery.find("\"ear-verification-key\""), std::string::npos);
  EXPECT_NE(discovery.find("\"kid\""), std::string::npos);
  EXPECT_NE(discovery.find("/challenge-response/v1/newSession"), std::string::npos);
  EXPECT_NE(curl("-H 'Accept: application/json' " + server->url() + "/.well-known/veraison/provisioning")
                .find("Content-Type: application/json"),
            std::string::npos);
  EXPECT_TRUE(curl("-H 'Accept: text/html' " + server->url() + "/.well-known/veraison/provisioning")
                  .starts_with("HTTP/1.1 406"));
  const std::string session = curl("-X POST " + server->url() + "/challenge-response/v1/newSession");
  EXPECT_TRUE(session.starts_with("HTTP/1.1 201 Created")) << session;
  EXPECT_NE(session.find("Location: session/"), std::string::npos);
  EXPECT_TRUE(curl("-I " + server->url() + "/.well-known/veraison/verification").starts_with("HTTP/1.1 200"));
}

TEST_F(VerifierServerTest, AppraisesChannelEvidenceEndToEnd) {
  options.store = "sqlite:" + (directory.path() / "verifier.db").string();
  Running server(start());
  test::EvidenceMaker maker;
  provision(*server, maker);
  const std::string nonce = to_base64url(maker.extra_data);
  const auto pem = read_file(directory.path() / "ear.pem.pub", 10'000).value();
  const auto pinned = crypto::PublicKey::from_pem(as_text(pem.view())).value();

  const auto good = rats::verify_ear(post_evidence(*server, nonce, evidence::kParsecTpm, maker.make()), {&pinned, 1});
  ASSERT_TRUE(good) << good.error().text();
  EXPECT_TRUE(good->is_affirming()) << testing::PrintToString(good->problems());
  EXPECT_EQ(good->nonce, maker.extra_data);
  EXPECT_EQ(good->credence.purpose, "channel");

  // Veraison affirms this replay (veraison/services issue 447).
  const std::string other = to_base64url(Bytes(32, 0x11));
  const auto replay = rats::verify_ear(post_evidence(*server, other, evidence::kParsecTpm, maker.make()), {&pinned, 1});
  ASSERT_TRUE(replay);
  EXPECT_EQ(replay->status(), rats::Tier::contraindicated);

  // What was provisioned outlives the process.
  server.stop();
  const Running again(start());
  const auto later = rats::verify_ear(post_evidence(*again, nonce, evidence::kParsecTpm, maker.make()), {&pinned, 1});
  EXPECT_TRUE(later.value().is_affirming());
}

// Veraison's own CoRIM and evidence, over Veraison's API (there, any nonce is affirmed: its issue 447).
TEST_F(VerifierServerTest, AppraisesVeraisonsGoldenEvidenceInCompatibilityMode) {
  CREDENCE_VECTORS_OR_SKIP(root);
  const auto folder = root / "parsec" / "veraison-services" / "parsec-tpm";
  options.policy.compatibility = true;
  options.policy.insecure_veraison_endorsements = true;
  options.insecure_unsigned_corims = true;
  const Running server(start());
  const auto outcome =
      client::provision(test::read_file(folder / "corim-parsec-tpm-valid.cbor"), {.url = server->url()});
  ASSERT_TRUE(outcome) << outcome.error().text();
  ASSERT_TRUE(outcome->success) << outcome->failure_reason;
  const Bytes evidence = test::read_file(folder / "evidence.cbor");
  const rats::Ear good =
      rats::decode_ear(post_evidence(*server, "3q2-796tvu8", evidence::kParsecTpm, evidence)).value();
  EXPECT_TRUE(good.is_affirming()) << testing::PrintToString(good.problems());
  EXPECT_EQ(good.credence.compatibility_mode, true);
  const rats::Ear replay =
      rats::decode_ear(post_evidence(*server, "3q2-796tvu4", evidence::kParsecTpm, evidence)).value();
  EXPECT_EQ(replay.status(), rats::Tier::contraindicated);
}

// What the result of a verbatim nonce says does not depend on the endorsement of the key
// (docs/formats/evidence-tpm.md).
TEST_F(VerifierServerTest, MarksAVerbatimNonceOfAChannelKey) {
  options.policy.compatibility = true;
  const Running server(start());
  test::EvidenceMaker maker;
  provision(*server, maker);
  maker.extra_data = Bytes(64, 0x42);  // no length of a binder
  const rats::Ear ear =
      rats::decode_ear(post_evidence(*server, to_base64url(maker.extra_data), evidence::kParsecTpm, maker.make()))
          .value();
  EXPECT_TRUE(ear.is_affirming()) << testing::PrintToString(ear.problems());
  EXPECT_EQ(ear.credence.compatibility_mode, true);
  EXPECT_EQ(ear.credence.purpose, "challenge");
}

// Through a proxy on this machine that adds no header a stranger looks like a local program.
TEST_F(VerifierServerTest, IsClosedWithoutACredentialUnlessToldOtherwise) {
  LogOfLevel open(LogLevel::warning), closed(LogLevel::warning), known(LogLevel::warning);
  const std::string list = "/endorsement-provisioning/v1/corim";
  {
    const Running server(VerifierServer::start(options, open).value());
    EXPECT_TRUE(curl(server->url() + list).starts_with("HTTP/1.1 200"));
  }
  ASSERT_EQ(open.lines.size(), 1U);
  EXPECT_NE(open.lines[0].find("insecure: every program on this machine"), std::string::npos);
  const VerifierOptions local = options;
  options.insecure_local_callers = false;
  {
    const Running server(VerifierServer::start(options, closed).value());
    const std::string answer = curl(server->url() + list);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 403"));
    EXPECT_NE(answer.find("--provisioning-token"), std::string::npos) << answer;
    EXPECT_TRUE(curl("-X POST " + server->url() + "/challenge-response/v1/newSession").starts_with("HTTP/1.1 201"));
  }
  ASSERT_FALSE(closed.lines.empty());
  EXPECT_NE(closed.lines[0].find("provisioning and management are closed"), std::string::npos);
  options.provisioning_token = test::write_private_file(directory.path() / "token", "0123456789abcdef\n");
  ASSERT_TRUE(VerifierServer::start(options, known));
  EXPECT_TRUE(known.lines.empty());

  VerifierOptions both = options, beyond = local;
  both.insecure_local_callers = true;
  test::expect_refused(VerifierServer::start(both, no_log()), Errc::usage, "exclude each other");
  beyond.address = "0.0.0.0";
  test::expect_refused(VerifierServer::start(beyond, no_log()), Errc::usage, "on a loopback address");
}

TEST_F(VerifierServerTest, WarnsOfEachInsecureChoice) {
  LogOfLevel none(LogLevel::warning), all(LogLevel::warning);
  ASSERT_TRUE(VerifierServer::start(options, none));
  EXPECT_EQ(none.lines.size(), 1U);  // of local callers
  options.insecure_no_seccomp = true;
  options.policy.compatibility = true;
  options.policy.insecure_veraison_endorsements = true;
  options.policy.allow_insecure_test_root = true;
  options.remote_store = verifier::RemoteServer::insecure;
  options.insecure_unsigned_corims = true;
  options.insecure_clock_set_back = true;
  ASSERT_TRUE(VerifierServer::start(options, all));
  EXPECT_EQ(all.lines.size(), 9U);
  for (const std::string_view expected :
       {"no filter of system calls", "compatibility with Veraison", "insecure endorsements", "test root",
        "insecure store connection", "unsigned CoRIMs", "a clock that was set back is believed",
        "the clock is taken as it is"})
    EXPECT_TRUE(std::ranges::any_of(all.lines, [&](const std::string& line) { return line.contains(expected); }))
        << expected;
}

// veraison.md, weakness 8: there, and whoever's token it is, an unsigned CoRIM is as good as a signed one.
TEST_F(VerifierServerTest, TakesNoCorimUntilASignerIsKnown) {
  const test::EvidenceMaker maker;
  const rats::Corim corim = evidence::tpm::veraison_corim(maker.endorsement()).value();
  const Bytes without = rats::encode_corim(corim).value(), with = endorser.sign(corim);
  const auto submit = [](const VerifierServer& server, const Bytes& octets) {
    const auto outcome = client::provision(octets, {.url = server.url()}).value();
    EXPECT_EQ(outcome.success, outcome.failure_reason.empty());
    return outcome.failure_reason;
  };
  const VerifierOptions known = options;
  options.corim_anchors.clear();
  LogOfLevel nobody(LogLevel::warning), anybody(LogLevel::warning), somebody(LogLevel::warning);
  {
    const Running server(VerifierServer::start(options, nobody).value());
    EXPECT_TRUE(submit(*server, without).starts_with("untrusted_chain: expected a signed CoRIM, got an unsigned one"));
    EXPECT_TRUE(submit(*server, with).starts_with("untrusted_chain: expected a CoRIM by a signer that this verifier"));
    // The operator names the signer while it runs.
    ASSERT_TRUE(server->reload(known));
    EXPECT_TRUE(submit(*server, without).starts_with("untrusted_chain"));
    EXPECT_EQ(submit(*server, with), "");
  }
  options.insecure_unsigned_corims = true;
  {
    const Running server(VerifierServer::start(options, anybody).value());
    EXPECT_EQ(submit(*server, without), "");
  }
  ASSERT_TRUE(VerifierServer::start(known, somebody));
  const auto says = [](const LogOfLevel& warnings, std::string_view part) {
    return std::ranges::any_of(warnings.lines, [&](const std::string& line) { return line.contains(part); });
  };
  EXPECT_TRUE(says(nobody, "no CoRIM is taken: no signer of CoRIMs is known"));
  EXPECT_TRUE(says(nobody, "Configure --corim-anchor FILE"));
  EXPECT_FALSE(says(nobody, "insecure unsigned CoRIMs"));
  EXPECT_TRUE(says(anybody, "insecure unsigned CoRIMs"));
  EXPECT_FALSE(says(anybody, "no CoRIM is taken"));
  EXPECT_FALSE(says(somebody, "CoRIM"));
}

TEST_F(VerifierServerTest, KnowsTheClientBehindAProxyThatItTrusts) {
  options.metrics.reset();
  const auto open_session = [](const VerifierServer& server, int number) {
    return curl("-H 'X-Forwarded-For: 192.0.2." + std::to_string(number) + "' -X POST " + server.url() +
                "/challenge-response/v1/newSession");
  };
  test::TemporaryDirectory logs;
  options.audit_log = logs.path() / "audit.log";
  options.insecure_local_callers = false;
  for (const bool trusted : {false, true}) {
    options.trusted_proxies = trusted ? std::vector<std::string>{"127.0.0.1"} : std::vector<std::string>{};
    {
      const Running server(start());
      EXPECT_TRUE(open_session(*server, 7).starts_with("HTTP/1.1 201"));
      EXPECT_TRUE(curl("-H 'X-Forwarded-For: 192.0.2.7' " + server->url() + "/endorsement-provisioning/v1/corim")
                      .starts_with("HTTP/1.1 403"));
    }
    const auto log = read_file(*options.audit_log, 1 << 20).value();
    EXPECT_EQ(as_text(log.view()).find("192.0.2.7") != std::string_view::npos, trusted);
  }
  options.trusted_proxies = {"proxy.example"};
  test::expect_refused(VerifierServer::start(options, no_log()), Errc::malformed, "expected an IP address");
}

TEST_F(VerifierServerTest, CountsWhatItDecides) {
  const Running server(start());
  test::EvidenceMaker maker;
  provision(*server, maker);
  const std::string nonce = to_base64url(maker.extra_data);
  static_cast<void>(post_evidence(*server, nonce, evidence::kParsecTpm, maker.make()));
  static_cast<void>(post_evidence(*server, to_base64url(Bytes(32, 0x11)), evidence::kParsecTpm, maker.make()));
  const std::string numbers = curl(server->url() + "/metrics");
  for (const char* line :
       {"credence_appraisals_total{code=\"none\",scheme=\"PARSEC_TPM\",status=\"affirming\"} 1\n",
        "credence_appraisals_total{code=\"binder_mismatch\",scheme=\"PARSEC_TPM\",status=\"contraindicated\"} 1\n",
        "credence_provisioning_total{outcome=\"stored\"} 2\n", "credence_store_corims{tenant=\"default\"} 2\n",
        "credence_sessions_open{tenant=\"default\"} 2\n",
        "credence_build_info{version=", "process_resident_memory_bytes ",
        "credence_http_requests_total{method=\"POST\",route=\"/challenge-response/v1/session/{}\",status=\"2xx\"} 2\n"})
    EXPECT_NE(numbers.find(line), std::string::npos) << line << numbers;
  EXPECT_EQ(numbers.find(nonce), std::string::npos);
}

TEST_F(VerifierServerTest, ShowsNumbersOnAListenerOfTheirOwn) {
  options.metrics.emplace();
  const Running server(start());
  EXPECT_TRUE(curl(server->url() + "/metrics").starts_with("HTTP/1.1 404"));
  const std::string own = std::format("http://127.0.0.1:{}", server->metrics_port());
  EXPECT_NE(curl(own + "/metrics").find("# TYPE credence_store_triples gauge"), std::string::npos);
  EXPECT_TRUE(curl(own + "/readyz").starts_with("HTTP/1.1 200"));
  EXPECT_TRUE(curl(own + "/endorsement-provisioning/v1/corim").starts_with("HTTP/1.1 404"));
}

TEST_F(VerifierServerTest, SaysThatItDrainsAndServesOn) {
  const Running server(start());
  EXPECT_TRUE(curl(server->url() + "/readyz").starts_with("HTTP/1.1 200"));
  server->drain();
  EXPECT_TRUE(curl(server->url() + "/readyz").starts_with("HTTP/1.1 503"));
  EXPECT_TRUE(curl(server->url() + "/healthz").starts_with("HTTP/1.1 200"));
  EXPECT_TRUE(curl("-X POST " + server->url() + "/challenge-response/v1/newSession").starts_with("HTTP/1.1 201"));
}

TEST_F(VerifierServerTest, SpeaksTls13AndNothingOlder) {
  const auto files = test::write_certificate(directory, "verifier");
  options.insecure_http = false;
  options.tls = http::TlsFiles{.certificate = files.certificate, .key = files.key};
  const Running server(start());
  const std::string url = server->url() + "/.well-known/veraison/verification";
  const std::string trusted = "--cacert " + files.certificate.string() + " ";
  EXPECT_TRUE(curl(trusted + url).starts_with("HTTP/1.1 200")) << curl(trusted + url);
  EXPECT_NE(curl(trusted + "--tls-max 1.2 " + url).find("curl: ("), std::string::npos);
  EXPECT_NE(curl(url).find("curl: (60)"), std::string::npos);  // nobody vouches for the certificate
  EXPECT_EQ(curl("http://127.0.0.1:" + std::to_string(server->port()) + "/").find("200 OK"), std::string::npos);
}

TEST_F(VerifierServerTest, DemandsTheProvisioningToken) {
  options.provisioning_token = test::write_private_file(directory.path() / "token", "0123456789abcdef\n");
  options.insecure_local_callers = false;
  const Running server(start());
  const test::EvidenceMaker maker;
  const Bytes corim = endorser.sign(evidence::tpm::veraison_corim(maker.endorsement()).value());
  EXPECT_EQ(client::provision(corim, {.url = server->url()}).error().code, Errc::unauthorized);
  client::Provisioning with_token{.url = server->url(), .http = {}, .token = SecretBytes(as_bytes("0123456789abcdef"))};
  EXPECT_TRUE(client::provision(corim, with_token).value().success);
}

struct BadOptions {
  std::string name;
  void (*change)(VerifierOptions&);
  Errc code;
  std::string why;
};
void PrintTo(const BadOptions& bad, std::ostream* out) { *out << bad.name; }

class Start : public VerifierServerTest, public testing::WithParamInterface<BadOptions> {};
INSTANTIATE_TEST_SUITE_P(
    Refusals, Start,
    testing::Values(
        BadOptions{"no_transport", [](VerifierOptions& o) { o.insecure_http = false; }, Errc::usage, "explicit choice"},
        BadOptions{"both_transports",
                   [](VerifierOptions& o) { o.tls = http::TlsFiles{.certificate = "a", .key = "b"}; }, Errc::usage,
                   "exclude"},
        BadOptions{"no_certificate",
                   [](VerifierOptions& o) {
                     o.insecure_http = false;
                     o.tls = http::TlsFiles{.certificate = "/nonexistent", .key = "/nonexistent"};
                   },
                   Errc::configuration, "/nonexistent"},
        BadOptions{"unknown_store", [](VerifierOptions& o) { o.store = "postgres:x"; }, Errc::usage,
                   "memory:, sqlite:FILE or postgresql:"},
        BadOptions{"database_that_is_not_checked", [](VerifierOptions& o) { o.store = "postgresql://0.0.0.0:1/d"; },
                   Errc::configuration, "expected sslmode=verify-full"},
        // Nobody listens there, so these two got as far as to ask.
        BadOptions{"database_that_is_checked",
                   [](VerifierOptions& o) { o.store = "postgresql://0.0.0.0:1/d?sslmode=verify-full"; },
                   Errc::unavailable, "PostgreSQL:"},
        BadOptions{"database_that_is_not_checked_by_choice",
                   [](VerifierOptions& o) {
                     o.store = "postgresql://0.0.0.0:1/d";
                     o.remote_store = verifier::RemoteServer::insecure;
                   },
                   Errc::unavailable, "PostgreSQL:"},
        BadOptions{"store_without_file", [](VerifierOptions& o) { o.store = "sqlite:"; }, Errc::usage, "sqlite:FILE"},
        BadOptions{"no_address", [](VerifierOptions& o) { o.address = "here"; }, Errc::usage, "IP address"},
        BadOptions{"no_token",
                   [](VerifierOptions& o) {
                     o.insecure_local_callers = false;
                     o.provisioning_token = "/nonexistent";
                   },
                   Errc::configuration, "/nonexistent"},
        BadOptions{"no_anchors", [](VerifierOptions& o) { o.corim_anchors = {"/nonexistent"}; }, Errc::configuration,
                   "/nonexistent"}),
    [](const auto& example) { return example.param.name; });

TEST_P(Start, IsRefused) {
  GetParam().change(options);
  const auto started = VerifierServer::start(options, no_log());
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, GetParam().code) << started.error().text();
  EXPECT_NE(started.error().text().find(GetParam().why), std::string::npos) << started.error().text();
}

}  // namespace
}  // namespace credence::service
