// Policies in Rego, run by a real Open Policy Agent: `opa` on PATH, or the program that CREDENCE_OPA names. Without it
// every test is skipped and says so.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>

#include "base/text.h"
#include "crypto/random.h"
#include "evidence/cca/token.h"
#include "service/policy/opa_language.h"
#include "support/cca_device.h"
#include "support/refusal.h"
#include "unit/verifier/fixture.h"
#include "unit/verifier/policy/policy_input.h"
#include "unit/verifier/policy/policy_vectors.h"
#include "verifier/policy/policies.h"
#include "verifier/policy/values.h"

namespace credence::service {
namespace {

using test::PolicyScene;
using verifier::PolicyOutput;

std::filesystem::path opa_program() {
  if (const char* named = std::getenv("CREDENCE_OPA")) return named;
  std::stringstream path(std::getenv("PATH") == nullptr ? "" : std::getenv("PATH"));
  for (std::string folder; std::getline(path, folder, ':');)
    if (std::filesystem::exists(std::filesystem::path(folder) / "opa")) return std::filesystem::path(folder) / "opa";
  return {};
}

// A port that nobody listens on: the kernel's choice, free again when this returns.
int free_port() {
  const int any = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ::sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ::socklen_t size = sizeof(address);
  auto* const generic = reinterpret_cast<::sockaddr*>(&address);
  const bool found = any >= 0 && ::bind(any, generic, size) == 0 && ::getsockname(any, generic, &size) == 0;
  if (any >= 0) ::close(any);
  if (!found) throw std::runtime_error("no port of 127.0.0.1 is free");
  return ntohs(address.sin_port);
}

// An OPA of the test's own. It listens on a port that was free a moment ago.
class RunningOpa {
 public:
  explicit RunningOpa(bool version_0 = true) : address_("127.0.0.1:" + std::to_string(free_port())) {
    start(version_0);
  }
  ~RunningOpa() { stop(); }
  RunningOpa(const RunningOpa&) = delete;
  RunningOpa& operator=(const RunningOpa&) = delete;

  void start(bool version_0 = true) {
    process_ = ::fork();
    if (process_ == 0) {
      if (std::freopen("/dev/null", "w", stderr) == nullptr || std::freopen("/dev/null", "w", stdout) == nullptr)
        ::_exit(1);
      const std::string program = opa_program().string();
      ::execl(program.c_str(), "opa", "run", "--server", "--addr", address_.c_str(),
              version_0 ? "--v0-compatible" : "--v1-compatible", nullptr);
      ::_exit(127);
    }
    for (int i = 0; i < 600 && !answers(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  void stop() {
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
  }
  client::Opa client() const {
    client::Opa opa;
    opa.url = "http://" + address_;
    opa.http.timeout = opa.http.connect_timeout = std::chrono::seconds(20);  // of a machine that does other things too
    return opa;
  }

 private:
  bool answers() const {
    const auto response = client::request({.url = client().url + "/health"}, client().http);
    return response && response->status == 200;
  }

  std::string address_;
  ::pid_t process_ = -1;
};

class Opa : public testing::Test {
 protected:
  void SetUp() override {
    if (opa_program().empty()) GTEST_SKIP() << "no program opa: put it on PATH or name it in CREDENCE_OPA";
    opa.emplace();
    language = opa_language(std::make_shared<const client::Opa>(opa->client()));
  }
  Result<PolicyOutput> run(const std::string& rules, const PolicyScene& scene = {}) {
    const std::string id = "00000000-0000-4000-8000-" + std::to_string(100'000'000'000 + ++versions);
    CHECK(language->check(id, rules));
    TRY(const auto program, language->load(id, rules));
    return program->run(scene.input());
  }
  static int claim(const PolicyOutput& output, rats::TrustClaim of) {
    return output.claims.at(static_cast<std::size_t>(of))->value;
  }

  std::optional<RunningOpa> opa;
  std::shared_ptr<const verifier::PolicyLanguage> language;
  int versions = 0;
};

constexpr const char* kFirmware = R"(package policy

executables = APPROVED_RT {
  some i
  evidence["psa-software-components"][i]["measurement-type"] == "BL"
  semver_cmp(evidence["psa-software-components"][i].version, "3.5") >= 0
} else = UNSAFE_RT

added_claims = {"problem": "old boot loader"} { executables == UNSAFE_RT }
)";

PolicyScene scene_with_version(std::string_view version) {
  PolicyScene scene;
  scene.evidence = {
      {"psa-software-components", json::Array{json::Object{{"measurement-type", "BL"}, {"version", version}}}}};
  return scene;
}

TEST_F(Opa, RunsAPolicyThatWasWrittenForVeraison) {
  const auto old = run(kFirmware, scene_with_version("3.4.2"));
  ASSERT_TRUE(old) << old.error().text();
  EXPECT_EQ(claim(*old, rats::TrustClaim::executables), 32);
  EXPECT_EQ(claim(*old, rats::TrustClaim::hardware), 0);
  EXPECT_EQ(old->added_claims, (json::Object{{"problem", "old boot loader"}}));
  const auto current = run(kFirmware, scene_with_version("3.10"));
  ASSERT_TRUE(current) << current.error().text();
  EXPECT_EQ(claim(*current, rats::TrustClaim::executables), 2);
  EXPECT_TRUE(current->added_claims.empty());
}

TEST_F(Opa, GivesEveryInput) {
  PolicyScene scene;
  scene.endorsements = {json::Object{{"corim", "a"}}};
  const auto output =
      run("package policy\nadded_claims = {\"scheme\": scheme, \"submod\": submod, \"nonce\": session.nonce, "
          "\"instance\": session.instance, \"status\": result[\"ear.status\"], \"corim\": endorsements[0].corim, "
          "\"names\": input.names[\"web.example\"]}",
          scene);
  ASSERT_TRUE(output) << output.error().text();
  EXPECT_EQ(output->added_claims, (json::Object{{"scheme", "PSA_IOT"},
                                                {"submod", "PSA_IOT"},
                                                {"nonce", "AAECAw=="},
                                                {"instance", "0102"},
                                                {"status", "affirming"},
                                                {"corim", "a"},
                                                {"names", json::Array{"0102", "0304"}}}))
      << json::to_text(output->added_claims);
}

// Functions of Veraison's preamble, which policies call too.
TEST_F(Opa, HasVeraisonsFunctions) {
  const auto output =
      run("package policy\nadded_claims = {\"less\": cmp(1, 2), \"more\": cmp(2, 1), \"same\": cmp(1, 1), "
          "\"parts\": simple_semver_split(\"1.2\"), \"order\": semver_cmp(\"1.10\", \"1.9.1\")}");
  ASSERT_TRUE(output) << output.error().text();
  EXPECT_EQ(output->added_claims,
            (json::Object{{"less", -1}, {"more", 1}, {"same", 0}, {"parts", json::Array{1, 2}}, {"order", 1}}))
      << json::to_text(output->added_claims);
}

// The package has another name here. Rules that name it find themselves all the same: else they would be silent.
TEST_F(Opa, FindsItsPackageByVeraisonsName) {
  for (const std::string rules :
       {"package policy\nexecutables = UNSAFE_RT { data.policy.scheme == \"PSA_IOT\" }",
        "package policy\nexecutables = UNSAFE_RT { data[\"policy\"].old }\nold { data.policy.evidence == {} }",
        "package policy\nimport data.policy\nexecutables = UNSAFE_RT { policy.scheme == \"PSA_IOT\" }",
        "package policy\nimport data.policy.submod as part\nexecutables = UNSAFE_RT { part == \"PSA_IOT\" }",
        "package policy; executables = UNSAFE_RT", "package policy executables = UNSAFE_RT"}) {
    const auto output = run(rules);
    ASSERT_TRUE(output) << rules << ": " << output.error().text();
    EXPECT_EQ(claim(*output, rats::TrustClaim::executables), 32) << rules;
  }
}

// --- over evidence ---

class OpaOverEvidence : public Opa {
 protected:
  rats::Ear appraise(const std::string& scheme, const std::shared_ptr<verifier::Store>& store,
                     const verifier::AppraisalRequest& request, std::string rules) {
    const auto clock = std::make_shared<FixedClock>(test::kNow);
    const auto policies = std::make_shared<verifier::Policies>(verifier::Policies::Parts{
        .store = store, .languages = {language}, .clock = clock, .random = crypto::system_random(), .names = {}});
    const auto version = policies->add({.scheme = scheme, .name = "site", .type = "opa", .rules = std::move(rules)});
    EXPECT_TRUE(version) << version.error().text();
    EXPECT_TRUE(policies->activate(scheme, version->id));
    return verifier::Engine(store, clock, {}, {}, policies).appraise(request).value();
  }
  rats::Ear appraise(std::string rules) {
    return appraise("PARSEC_TPM", test::store_for(maker), test::channel_request(maker), std::move(rules));
  }

  test::EvidenceMaker maker;
};

TEST_F(OpaOverEvidence, LowersByTheKeyAttestation) {
  const auto rules = [](const Bytes& kid) {
    return "package policy\ninstance_identity = UNTRUSTWORTHY_INSTANCE { evidence.kat.kid == \"" + to_base64(kid) +
           "\" }\n";
  };
  EXPECT_TRUE(appraise(rules(Bytes(33, 0x01))).is_affirming());
  const rats::Ear ear = appraise(rules(maker.kid()));
  EXPECT_EQ(ear.status(), rats::Tier::contraindicated);
  test::expect_problem(test::submodule(ear), Errc::not_affirming, "policy site lowered instance-identity from 2 to 96");
}

TEST_F(OpaOverEvidence, LowersByAPcr) {
  const auto rules = [](std::uint8_t octet) {
    return "package policy\nexecutables = UNSAFE_RT { not good }\ngood { evidence.pat.pcrs[\"1\"] == \"" +
           to_base64(Bytes(32, octet)) + "\"; evidence.pat[\"pcr-selection\"][_] == 1 }\n";
  };
  EXPECT_TRUE(appraise(rules(0x01)).is_affirming());
  EXPECT_EQ(appraise(rules(0x02)).status(), rats::Tier::warning);
}

// Veraison's own, of its integration tests. Both submodules are asked, and the platform's token has no such challenge.
constexpr const char* kChallenge = R"(package policy

status = AFFIRMING {
  base64url.decode(session["nonce"]) == base64.decode(evidence["realm"]["cca-realm-challenge"])
} else =  CONTRAINDICATED
)";

TEST_F(OpaOverEvidence, ComparesTheChallengeOfARealm) {
  const test::CcaDevice device;
  const auto appraise_for = [&](const Bytes& nonce, const std::string& rules) {
    const auto store = verifier::memory_store();
    test::provision(*store, device.platform_corim());
    test::provision(*store, device.realm_corim());
    return appraise("ARM_CCA", store,
                    {.media_type = std::string(evidence::cca::kMediaType),
                     .evidence = device.token(nonce),
                     .challenge = Nonce(nonce)},
                    rules);
  };
  EXPECT_TRUE(appraise_for(Bytes(64, 0x99), kChallenge).is_affirming());
  // A realm fills a shorter nonce with zeros, so that the two are not alike.
  const rats::Ear ear = appraise_for(Bytes(32, 0x99), kChallenge);
  ASSERT_EQ(ear.submodules.size(), 2U);
  for (const auto& [name, submodule] : ear.submodules) EXPECT_EQ(submodule.status, rats::Tier::contraindicated) << name;
}

TEST_F(Opa, KeepsVersionsApart) {
  const auto first = run("package policy\nstatus = 32"), second = run("package policy\nstatus = 96");
  EXPECT_EQ(first->status->value, rats::Tier::warning);
  EXPECT_EQ(second->status->value, rats::Tier::contraindicated);
}

TEST_F(Opa, RefusesRulesThatAreWrong) {
  test::expect_refused(run("package policy\nx = = 1"), Errc::invalid_value, "policy:2: ");
  test::expect_refused(run("package policy\n\nexecutables = ok"), Errc::invalid_value, "policy:3: var ok is unsafe");
  test::expect_refused(run("package other"), Errc::invalid_value, "expected rules that begin with");
}

TEST_F(Opa, FailsWhenAPolicySaysNothingThatCounts) {
  test::expect_refused(run("package policy\nexecutables = \"SURE\""), Errc::configuration, "of the name \"SURE\"");
  test::expect_refused(run("package policy\nadded_claims = 1"), Errc::configuration, "added-claims");
  test::expect_refused(run("package policy\nstatus = 32\nstatus = 96"), Errc::unavailable, "OPA: ");
}

TEST_F(Opa, GivesAgainWhatOpaHasForgotten) {
  const std::string id = "00000000-0000-4000-8000-000000000001", rules = "package policy\nstatus = 32";
  ASSERT_TRUE(language->check(id, rules));
  const auto program = language->load(id, rules).value();
  ASSERT_TRUE(program->run(PolicyScene{}.input()));
  opa->stop();
  test::expect_refused(program->run(PolicyScene{}.input()), Errc::unavailable, "127.0.0.1");
  opa->start();
  EXPECT_EQ(program->run(PolicyScene{}.input()).value().status->value, rats::Tier::warning);
  language->forget(id);
  EXPECT_TRUE(program->run(PolicyScene{}.input()));
}

TEST_F(Opa, NamesAnOpaOfTheOtherDialect) {
  opa.reset();
  const RunningOpa version_1(false);
  test::expect_refused(opa_language(std::make_shared<const client::Opa>(version_1.client()))
                           ->check("00000000-0000-4000-8000-000000000001", "package policy"),
                       Errc::unavailable, "--v0-compatible");
}

// --- Veraison's cases, as far as they are among the vectors of others, in Rego to the same effect ---

const std::map<std::string, std::string, std::less<>> kInRego = {
    {"malformed", "bad_rule:;;"},
    {"bad", "package policy\nx := 7\nexecutables = APPROVED_RT { x > y } else = UNSAFE_RT"},
    {"incorrect-rule-value", "package policy\nexecutables = \"SURE\""},
    {"empty", "package policy"},
    {"sw-up-to-dateness", R"(package policy
executables = boot_loader { scheme == "PSA_IOT" } else = firmware { scheme == "TPM_ENACTTRUST" }
boot_loader = APPROVED_RT {
  some i
  evidence["psa-software-components"][i]["measurement-type"] == "BL"
  semver_cmp(evidence["psa-software-components"][i].version, "3.5") >= 0
} else = UNSAFE_RT
firmware = APPROVED_RT { evidence.firmware >= 8 } else = UNSAFE_RT)"},
    {"parsec-cca-realm", R"(package policy
executables = APPROVED_RT {
  evidence["cca.realm"]["cca-realm-initial-measurement"] == "X5A2VVSw+obQdbbWpOpYZtsXk9S06ZO7UuVk1yefEXg="
} else = UNSAFE_RT)"},
};

TEST_F(Opa, HasVeraisonsOutcomes) {
  CREDENCE_VECTORS_OR_SKIP(root);
  for (const test::PolicyVector& vector : test::policy_vectors(root)) {
    const auto rules = kInRego.find(vector.policy);
    ASSERT_NE(rules, kInRego.end()) << vector.policy;
    test::expect_outcome(vector, run(rules->second, vector.scene));
  }
}

// --- Veraison's own policies and inputs, from a checkout of its services that CREDENCE_VERAISON_SERVICES names ---

std::string read(const std::filesystem::path& file) {
  std::ifstream stream(file);
  std::stringstream text;
  text << stream.rdbuf();
  return text.str();
}

TEST_F(Opa, AgreesWithVeraison) {
  const char* const services = std::getenv("CREDENCE_VERAISON_SERVICES");
  if (services == nullptr) GTEST_SKIP() << "no checkout of veraison/services: name it in CREDENCE_VERAISON_SERVICES";
  const std::filesystem::path folder = std::filesystem::path(services) / "policy";
  const auto input = [&](const json::Value& vector, std::string_view member) {
    return json::parse(read(folder / std::string(vector.at(member).as_string()))).value();
  };
  const json::Value vectors = json::parse(read(folder / "test/evaluate-vectors.json")).value();
  for (const json::Value& vector : vectors.as_array()) {
    SCOPED_TRACE(std::string(vector.at("title").as_string()));
    PolicyScene scene;
    scene.scheme = std::string(vector.at("scheme").as_string());
    const json::Value evidence = input(vector, "evidence");
    scene.evidence =
        evidence.as_object().contains("evidence") ? evidence.at("evidence").as_object() : evidence.as_object();
    scene.endorsements = input(vector, "endorsements").as_array();
    scene.result = input(vector, "result").at("submods").as_object().begin()->value().as_object();
    const std::filesystem::path policy = folder / std::string(vector.at("policy").as_string());
    const auto output = run(std::filesystem::exists(policy) ? read(policy) : "package policy\n", scene);
    const json::Value& expected = vector.at("expected");
    if (!expected.at("error").is_null()) {
      EXPECT_FALSE(output);
      continue;
    }
    ASSERT_TRUE(output) << output.error().text();
    const auto& submodule = expected.at("outcome").at("submods").at("test");
    EXPECT_EQ(std::to_underlying(output->status->value), submodule.at("ear.status").as_int64());
    for (std::size_t i = 0; i < rats::kTrustClaims; ++i)
      EXPECT_EQ(output->claims.at(i)->value,
                submodule.at("ear.trustworthiness-vector").at(verifier::claim_in_result(i)).as_int64())
          << i;
  }
}

}  // namespace
}  // namespace credence::service

// Where there is no OPA, ctest is told so.
int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  const int failed = RUN_ALL_TESTS();
  const testing::UnitTest& all = *testing::UnitTest::GetInstance();
  return failed == 0 && all.successful_test_count() == 0 && all.skipped_test_count() > 0 ? 77 : failed;
}
