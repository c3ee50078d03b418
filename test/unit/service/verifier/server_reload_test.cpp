// A verifier that reads its configuration again while it runs.
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "client/http.h"
#include "evidence/media_types.h"
#include "service/audit/log.h"
#include "service/verifier/file.h"
#include "service/verifier/jwks_api.h"
#include "service/verifier/session_json.h"
#include "sign/jose/jwk.h"
#include "support/certificate_files.h"
#include "support/evidence_maker.h"
#include "support/refusal.h"
#include "verifier_server.h"
#include "wire/json/json.h"

namespace credence::service {
namespace {

using test::Running;

TEST_F(VerifierServerTest, TakesANewCertificateAndTokenWhileItRuns) {
  const auto old_files = test::write_certificate(directory, "old");
  const auto new_files = test::write_certificate(directory, "new");
  options.insecure_http = false;
  options.tls = http::TlsFiles{.certificate = old_files.certificate, .key = old_files.key};
  const Running server(start());
  const std::string ready = server->url() + "/readyz";
  const auto trusted = [&](const test::CertificateFiles& files) {
    return curl("--cacert " + files.certificate.string() + " " + ready).starts_with("HTTP/1.1 200");
  };
  EXPECT_TRUE(trusted(old_files));
  EXPECT_FALSE(trusted(new_files));
  options.tls = http::TlsFiles{.certificate = new_files.certificate, .key = new_files.key};
  options.provisioning_token = test::write_private_file(directory.path() / "token", "0123456789abcdef\n");
  options.insecure_local_callers = false;
  ASSERT_TRUE(server->reload(options));
  EXPECT_FALSE(trusted(old_files));
  EXPECT_TRUE(trusted(new_files));
  const std::string list =
      "--cacert " + new_files.certificate.string() + " " + server->url() + "/endorsement-provisioning/v1/corim";
  EXPECT_TRUE(curl(list).starts_with("HTTP/1.1 401"));
  EXPECT_TRUE(curl("-H 'Authorization: Bearer 0123456789abcdef' " + list).starts_with("HTTP/1.1 200"));
}

TEST_F(VerifierServerTest, AppraisesByTheNewPolicyAndKeepsSessionsOverAReload) {
  options.policy.minimum_pcrs = {0, 1, 2};
  const Running server(start());
  test::EvidenceMaker maker;
  provision(*server, maker);
  const std::string session =
      client::request(
          {.method = client::HttpMethod::post,
           .url = server->url() + "/challenge-response/v1/newSession?nonce=" + to_base64url(maker.extra_data)},
          {})
          .value()
          .header("location")
          .data();
  options.policy.minimum_pcrs = {0, 1, 2, 3};
  ASSERT_TRUE(server->reload(options));
  const auto answer = client::request({.method = client::HttpMethod::post,
                                       .url = server->url() + "/challenge-response/v1/" + session,
                                       .headers = {{"Content-Type", std::string(evidence::kParsecTpm)}},
                                       .body = maker.make()},
                                      {})
                          .value();
  ASSERT_EQ(answer.status, 200) << answer.text();
  const auto result = json::parse(answer.text()).value().as_object().at("result").as_string();
  const auto ear = rats::decode_ear(std::string_view(result)).value();
  EXPECT_FALSE(ear.is_affirming());
  EXPECT_NE(testing::PrintToString(ear.problems()).find("insufficient_pcrs"), std::string::npos)
      << testing::PrintToString(ear.problems());
}

TEST_F(VerifierServerTest, KeepsTheOldConfigurationWhenTheNewOneIsBad) {
  Running server(start());
  const VerifierOptions good = options;
  const auto refused = [&](VerifierOptions bad, std::string_view named) {
    const auto reloaded = server->reload(bad);
    ASSERT_FALSE(reloaded);
    EXPECT_NE(reloaded.error().text().find(named), std::string::npos) << reloaded.error().text();
  };
  VerifierOptions store = good, key = good, anchor = good, address = good, metrics = good;
  store.store = "sqlite:other.db";
  refused(store, "store cannot change");
  key.keys.signing_key = "other.pem";  // a reload makes none
  refused(key, "in other.pem: expected a PEM private key, got no file");
  metrics.metrics.emplace();
  refused(metrics, "metrics-listen cannot change");
  address.port = 1;
  refused(address, "the listener cannot change");
  anchor.corim_anchors = {"/nowhere/root.pem"};
  refused(anchor, "/nowhere/root.pem");
  const std::string numbers = curl(server->url() + "/metrics");
  EXPECT_NE(numbers.find("credence_config_reloads_total{outcome=\"failure\"} 5\n"), std::string::npos);
  EXPECT_NE(numbers.find("credence_config_last_reload_successful 0\n"), std::string::npos);
  ASSERT_TRUE(server->reload(good));
  EXPECT_NE(curl(server->url() + "/metrics").find("credence_config_last_reload_successful 1\n"), std::string::npos);
}

TEST_F(VerifierServerTest, TellsFollowersOfOptionsThatVerdictsDependOn) {
  const Running server(start());
  const auto ask = [&](const std::string& query) {
    const auto answer = client::request({.url = server->url() + "/change-feed/v1/changes" + query}, {}).value();
    EXPECT_EQ(answer.status, 200) << answer.text();
    return json::parse(answer.text()).value().as_object();
  };
  const auto position = [&] { return std::string(ask("").at("position").as_string()); };
  const auto reload_and_ask = [&] {
    const std::string before = position();
    EXPECT_TRUE(server->reload(options));
    return json::to_text(ask("?after=" + before).at("changes"));
  };
  EXPECT_EQ(reload_and_ask(), "[]");
  options.issuer = "https://verifier.example";
  options.max_connections = 100;
  EXPECT_EQ(reload_and_ask(), "[]");
  options.policy.minimum_pcrs = {0, 1, 2, 3};
  EXPECT_EQ(reload_and_ask(), R"([{"kind":"configuration"}])");
  // Not of a configuration that is refused.
  const std::string before = position();
  VerifierOptions bad = options;
  bad.policy.minimum_pcrs = {0};
  bad.corim_anchors = {"/nowhere/root.pem"};
  EXPECT_FALSE(server->reload(bad));
  EXPECT_EQ(position(), before);
}

class SigningKeysOfAServer : public VerifierServerTest {
 protected:
  // Of the keys that relying parties are told of, the one that signs first.
  static std::vector<std::string> kids(const VerifierServer& server) {
    const auto answer = client::request({.url = server.url() + std::string(kJwksPath)}, {}).value();
    const json::Object set = json::parse(answer.text()).value().as_object();
    std::vector<std::string> found;
    for (const json::Value& key : set.at("keys").as_array()) found.emplace_back(key.at("kid").as_string());
    return found;
  }
  static std::string kid_of_file(const std::filesystem::path& file) {
    const auto pem = read_file(file, 10'000).value();
    return jose::thumbprint(crypto::PublicKey::from_pem(as_text(pem.view())).value()).value();
  }
  [[nodiscard]] std::string signs(const VerifierServer& server) const {
    const std::string nonce = to_base64url(Bytes(32, 0x11));
    return rats::ear_key_id(post_evidence(server, nonce, evidence::kParsecTpm, test::EvidenceMaker().make()))
        .value()
        .value();
  }

  const std::filesystem::path file = directory.path() / "ear.pem";
};

// The system's, and what it is moved by while others look at it.
class ForwardClock final : public Clock {
 public:
  [[nodiscard]] Timestamp now() const override { return system_clock()->now() + ahead.load(); }
  std::atomic<Seconds> ahead{};
};

TEST_F(SigningKeysOfAServer, TakeOverWithoutARestart) {
  const auto clock = std::make_shared<ForwardClock>();
  options.clock = clock;
  const std::filesystem::path next = directory.path() / "next.pem";
  options.keys.next_signing_key = next;
  options.insecure_local_callers = false;
  options.audit_log = directory.path() / "audit.log";
  const Running server(start());
  const std::string old_kid = kid_of_file(file.string() + ".pub"), new_kid = kid_of_file(next.string() + ".pub");
  EXPECT_EQ(kids(*server), (std::vector{old_kid, new_kid}));
  EXPECT_EQ(signs(*server), old_kid);
  ASSERT_TRUE(server->reload(options));
  EXPECT_EQ(signs(*server), old_kid);
  options.keys.signing_key = std::exchange(options.keys.next_signing_key, "");
  options.keys.retired_keys = {file.string() + ".pub"};
  clock->ahead = kJwksMaxAge;
  ASSERT_TRUE(server->reload(options));
  EXPECT_EQ(signs(*server), new_kid);
  EXPECT_EQ(kids(*server), (std::vector{new_kid, old_kid}));
  EXPECT_TRUE(curl(server->url() + "/readyz").starts_with("HTTP/1.1 200"));
  const auto log = read_file(*options.audit_log, 1 << 20).value();
  EXPECT_TRUE(as_text(log.view()).contains("signing-key " + new_kid));
  EXPECT_FALSE(as_text(log.view()).contains("signing-key " + old_kid));
}

TEST_F(SigningKeysOfAServer, AreAnnouncedFirstAndKeptWhenTheFileIsNone) {
  LogOfLevel errors(LogLevel::error);
  const Running server(VerifierServer::start(options, errors).value());
  const std::string old_kid = kid_of_file(file.string() + ".pub");
  const auto exchanged = crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value();
  const std::string new_kid = jose::thumbprint(exchanged.public_key()).value();
  test::write_private_file(file, "no key");
  test::expect_refused(server->reload(options), Errc::configuration, "expected a PEM private key");
  EXPECT_EQ(kids(*server), (std::vector{old_kid}));
  EXPECT_EQ(signs(*server), old_kid);
  ASSERT_EQ(errors.lines.size(), 1U);
  EXPECT_TRUE(errors.lines[0].contains("the old one stays in force")) << errors.lines[0];
  EXPECT_TRUE(errors.lines[0].contains(file.string())) << errors.lines[0];

  test::write_private_file(file, as_text(exchanged.pem().view()));
  // Refused for another reason: it is not told of.
  VerifierOptions bad = options;
  bad.port = 1;
  test::expect_refused(server->reload(bad), Errc::configuration, "the listener cannot change");
  EXPECT_EQ(kids(*server), (std::vector{old_kid}));
  EXPECT_EQ(kid_of_file(file.string() + ".pub"), old_kid);
  ASSERT_TRUE(server->reload(options));
  EXPECT_EQ(kids(*server), (std::vector{old_kid, new_kid}));
  EXPECT_EQ(signs(*server), old_kid);  // for a minute
  EXPECT_EQ(kid_of_file(file.string() + ".pub"), new_kid);
  // The former one's half is named once it stands there, and is right at the next reload as well.
  options.keys.retired_keys = {file.string() + ".pub.old"};
  for (int again = 0; again < 2; ++again) {
    ASSERT_TRUE(server->reload(options));
    EXPECT_EQ(kids(*server), (std::vector{old_kid, new_kid}));
  }
}

}  // namespace
}  // namespace credence::service
