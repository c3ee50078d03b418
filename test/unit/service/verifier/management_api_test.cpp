#include "service/verifier/management_api.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "crypto/random.h"
#include "evidence/media_types.h"
#include "service/verifier/memory_sessions.h"
#include "support/evidence_maker.h"
#include "support/open_router.h"
#include "verifier/policy/lua/language.h"
#include "verifier/store/memory/store.h"
#include "wire/json/json.h"

namespace credence::service {
namespace {

using http::Method;

constexpr std::string_view kPolicy = "application/vnd.veraison.policy+json";
const std::string kLua(verifier::kLuaRules);

class ManagementApiTest : public testing::Test {
 protected:
  ManagementApiTest() {
    for (const auto& corim :
         {evidence::tpm::veraison_corim(maker.endorsement()), evidence::tpm::keys_corim(maker.endorsement())})
      EXPECT_TRUE(store->submit(*corim, rats::encode_corim(*corim).value()));
  }

  http::Response call(Method method, const std::string& path, std::string_view body = {},
                      std::vector<std::pair<std::string, std::string>> headers = {}) {
    http::Request request;
    request.method = method;
    request.target = http::parse_target("/management/v1/" + path).value();
    request.headers = std::move(headers);
    request.body = to_bytes(as_bytes(body));
    return router.handle(std::move(request));
  }
  http::Response create(std::string_view rules, const std::string& query = "") {
    return call(Method::post, "policy/PARSEC_TPM" + query, rules, {{"Content-Type", kLua}});
  }
  std::string created(std::string_view rules, const std::string& query = "") {
    const http::Response response = create(rules, query);
    EXPECT_EQ(response.status, http::kCreated) << response.body;
    return text(body_of(response), "uuid");
  }
  static json::Object body_of(const http::Response& response) { return json::parse(response.body).value().as_object(); }
  static std::string text(const json::Object& object, std::string_view member) {
    return std::string(object.at(member).as_string());
  }
  static std::string header(const http::Response& response, std::string_view name) {
    for (const auto& [key, value] : response.headers)
      if (key == name) return value;
    return "";
  }
  static void expect_problem(const http::Response& response, unsigned status, std::string_view part) {
    EXPECT_EQ(response.status, status) << response.body;
    EXPECT_EQ(header(response, "Content-Type"), "application/problem+json");
    EXPECT_NE(response.body.find(part), std::string::npos) << response.body;
  }
  json::Object trial(json::Object policy) {
    policy["evidence"] = json::Object{{"type", evidence::kParsecTpm}, {"value", to_base64(maker.make())}};
    policy["nonce"] = to_base64url(maker.extra_data);
    return policy;
  }
  http::Response dry_run(const json::Object& request) {
    return call(Method::post, "policy/PARSEC_TPM/dry-run", json::to_text(request));
  }

  test::EvidenceMaker maker;
  std::shared_ptr<FixedClock> clock =
      std::make_shared<FixedClock>(Timestamp(std::chrono::milliseconds(1'790'000'000'250)));
  std::shared_ptr<verifier::Store> store = verifier::memory_store();
  std::shared_ptr<verifier::Policies> policies = std::make_shared<verifier::Policies>(verifier::Policies::Parts{
      .store = store, .languages = {verifier::lua_language(clock)}, .clock = clock, .random = crypto::system_random()});
  std::shared_ptr<const verifier::Engine> engine = std::make_shared<const verifier::Engine>(
      store, clock, verifier::Policy{}, verifier::Engine::Identity{}, policies);
  std::shared_ptr<Sessions> sessions =
      std::make_shared<MemorySessions>(SessionLimits{}, clock, crypto::system_random());
  http::Router router =
      test::open_router(ManagementApi({.policies = policies, .engine = engine, .sessions = sessions}));
};

// As Veraison's: 201, its media type, its members.
TEST_F(ManagementApiTest, StoresAPolicyAsVeraisonDoes) {
  const http::Response response = create("status = 32", "?name=site");
  EXPECT_EQ(response.status, http::kCreated);
  EXPECT_EQ(header(response, "Content-Type"), kPolicy);
  const json::Object body = body_of(response);
  const std::string id = text(body, "uuid");
  EXPECT_EQ(response.body, "{\"uuid\":\"" + id +
                               "\",\"ctime\":\"2026-09-21T14:13:20.250Z\",\"name\":\"site\",\"type\":\"lua\","
                               "\"rules\":\"status = 32\",\"active\":false}");
  EXPECT_EQ(call(Method::get, "policy/PARSEC_TPM/" + id).body, response.body);
  EXPECT_EQ(text(body_of(create("status = 32")), "name"), "default");
}

// RFC 9110 section 8.3.1: types have no case, and what is said of the charset is not what is asked.
TEST_F(ManagementApiTest, TakesTheMediaTypeHoweverItIsSpelled) {
  const auto status = [&](const std::string& type) {
    return call(Method::post, "policy/PARSEC_TPM", "status = 32", {{"Content-Type", type}}).status;
  };
  EXPECT_EQ(status(kLua), http::kCreated);
  EXPECT_EQ(status("Application/VND.Credence.Policy.LUA"), http::kCreated);
  EXPECT_EQ(status(kLua + "; charset=utf-8"), http::kCreated);
  EXPECT_EQ(status(kLua + " ;charset=\"utf-8\""), http::kCreated);
  EXPECT_EQ(status(kLua + "2"), http::kUnsupportedMediaType);
  EXPECT_EQ(status(kLua + "; charset"), http::kBadRequest);
  EXPECT_EQ(status("lua"), http::kBadRequest);
}

TEST_F(ManagementApiTest, ActivatesOneAndDeactivatesTheOthers) {
  const std::string first = created("status = 32"), second = created("status = 96");
  expect_problem(call(Method::get, "policy/PARSEC_TPM"), http::kNotFound, "PARSEC_TPM has no active policy");
  EXPECT_EQ(call(Method::post, "policy/PARSEC_TPM/" + first + "/activate").status, http::kOk);
  EXPECT_EQ(call(Method::post, "policy/PARSEC_TPM/" + second + "/activate").status, http::kOk);
  const json::Object active = body_of(call(Method::get, "policy/PARSEC_TPM"));
  EXPECT_EQ(text(active, "uuid"), second);
  EXPECT_TRUE(active.at("active").as_bool());
  EXPECT_EQ(call(Method::post, "policies/PARSEC_TPM/deactivate").status, http::kOk);
  expect_problem(call(Method::get, "policy/PARSEC_TPM"), http::kNotFound, "no active policy");
}

TEST_F(ManagementApiTest, ListsPoliciesByName) {
  const http::Response none = call(Method::get, "policies/PARSEC_TPM");
  EXPECT_EQ(none.body, "[]");
  EXPECT_EQ(header(none, "Content-Type"), "application/vnd.veraison.policies+json");
  const std::string first = created("status = 32"), second = created("status = 96", "?name=site");
  const json::Value all = json::parse(call(Method::get, "policies/PARSEC_TPM").body).value();
  ASSERT_EQ(all.as_array().size(), 2U);
  EXPECT_EQ(all.at(0).at("uuid").as_string(), first);
  const json::Value named = json::parse(call(Method::get, "policies/PARSEC_TPM?name=site").body).value();
  ASSERT_EQ(named.as_array().size(), 1U);
  EXPECT_EQ(named.at(0).at("uuid").as_string(), second);
}

TEST_F(ManagementApiTest, RemovesWhatIsNotActive) {
  const std::string id = created("status = 32");
  ASSERT_EQ(call(Method::post, "policy/PARSEC_TPM/" + id + "/activate").status, http::kOk);
  expect_problem(call(Method::remove, "policy/PARSEC_TPM/" + id), http::kConflict, "is active");
  ASSERT_EQ(call(Method::post, "policies/PARSEC_TPM/deactivate").status, http::kOk);
  EXPECT_EQ(call(Method::remove, "policy/PARSEC_TPM/" + id).status, http::kNoContent);
  expect_problem(call(Method::get, "policy/PARSEC_TPM/" + id), http::kNotFound, "has no policy");
}

TEST_F(ManagementApiTest, GrantsOnlyWhenAsked) {
  EXPECT_FALSE(body_of(create("status = 2")).contains("grant"));
  EXPECT_EQ(text(body_of(create("status = 2", "?grant=raise")), "grant"), "raise");
  expect_problem(create("status = 2", "?grant=rise"), http::kBadRequest, "grant: expected raise");
}

// Veraison answers 400 and stores the policy all the same.
TEST_F(ManagementApiTest, StoresNothingThatIsWrong) {
  expect_problem(create("if then"), http::kBadRequest, "invalid policy: ");
  expect_problem(create(""), http::kBadRequest, "expected rules, got nothing");
  expect_problem(call(Method::post, "policy/NONE", "status = 2", {{"Content-Type", kLua}}), http::kBadRequest,
                 "unrecognised scheme");
  const http::Response unsupported =
      call(Method::post, "policy/PARSEC_TPM", "status = 2", {{"Content-Type", "application/vnd.veraison.policy.opa"}});
  expect_problem(unsupported, http::kUnsupportedMediaType, "no policy language");
  EXPECT_EQ(header(unsupported, "Accept"), kLua);
  expect_problem(call(Method::post, "policy/PARSEC_TPM", "status = 2"), http::kUnsupportedMediaType, "Content-Type");
  expect_problem(
      call(Method::post, "policy/PARSEC_TPM", "status = 2", {{"Content-Type", kLua}, {"Accept", "text/html"}}),
      http::kNotAcceptable, "the answer is of type");
  EXPECT_EQ(call(Method::get, "policies/PARSEC_TPM").body, "[]");
}

TEST_F(ManagementApiTest, NamesABadId) {
  for (const auto& [method, path] : {std::pair{Method::get, "policy/PARSEC_TPM/x"},
                                     {Method::remove, "policy/PARSEC_TPM/x"},
                                     {Method::post, "policy/PARSEC_TPM/x/activate"}})
    expect_problem(call(method, path), http::kBadRequest, "expected a UUID");
  expect_problem(call(Method::get, "policies/NONE"), http::kBadRequest, "unrecognised scheme");
  expect_problem(call(Method::post, "policies/NONE/deactivate"), http::kBadRequest, "unrecognised scheme");
}

// Who decides what is trusted is not who asks whether something is.
TEST_F(ManagementApiTest, IsForManagers) {
  using enum Operation;
  for (const Operation operation : {create_policy, try_policy, delete_policy, activate_policy, deactivate_policies}) {
    const access::Permission& permission = row_of(operation).permission;
    EXPECT_FALSE(permission.everybody) << row_of(operation).name;
    EXPECT_EQ(permission.roles, access::Roles{access::Role::manager}) << row_of(operation).name;
  }
}

TEST_F(ManagementApiTest, TriesRulesWithoutStoringThem) {
  const std::uint64_t generation = store->generation();
  const http::Response response =
      dry_run(trial({{"type", "lua"}, {"rules", "\nexecutables = UNSAFE_RT\nadded_claims.problem = \"old\""}}));
  ASSERT_EQ(response.status, http::kOk) << response.body;
  const json::Value body = json::parse(response.body).value();
  EXPECT_TRUE(body.at("before").at("affirming").as_bool());
  EXPECT_FALSE(body.at("after").at("affirming").as_bool());
  const json::Value& after = body.at("after").at("submods").at("PARSEC_TPM");
  EXPECT_EQ(after.at("ear.status").as_string(), "warning");
  EXPECT_EQ(after.at("ear.veraison.policy-claims").at("problem").as_string(), "old");
  ASSERT_EQ(body.at("steps").as_array().size(), 1U);
  EXPECT_EQ(body.at("steps").at(0).at("claim").as_string(), "executables");
  EXPECT_TRUE(body.at("steps").at(0).at("source").as_string().ends_with(" line 2"));
  EXPECT_EQ(store->generation(), generation);
}

TEST_F(ManagementApiTest, TriesAStoredVersion) {
  const std::string id = created("error(\"no\")");
  const json::Value body = json::parse(dry_run(trial({{"policy", id}})).body).value();
  EXPECT_EQ(body.at("after").at("submods").at("PARSEC_TPM").at("ear.status").as_string(), "contraindicated");
  ASSERT_EQ(body.at("steps").as_array().size(), 1U);
  const json::Value& step = body.at("steps").at(0);
  EXPECT_EQ(step.at("source").as_string(), "policy default version " + id + " line 1");
  EXPECT_NE(step.at("actual").as_string().find("it failed: configuration: policy:1: no"), std::string_view::npos);
  EXPECT_TRUE(engine
                  ->appraise({.media_type = std::string(evidence::kParsecTpm),
                              .evidence = maker.make(),
                              .challenge = evidence::Binder::from_wire(
                                  crypto::Digest::from(crypto::HashAlgorithm::sha256, maker.extra_data).value())})
                  ->is_affirming());
}

TEST_F(ManagementApiTest, TriesTheEvidenceOfASession) {
  const Session session = sessions->open(Nonce(maker.extra_data), false, "client", {}).value();
  const auto tried = [&](const std::string& id) {
    return dry_run({{"type", "lua"}, {"rules", "executables = UNSAFE_RT"}, {"session", id}});
  };
  expect_problem(tried(session.id), http::kNotFound, "it has no evidence: none was sent yet");
  ASSERT_TRUE(sessions->claim(session.id, std::string(evidence::kParsecTpm), maker.make()));
  const http::Response response = tried(session.id);
  ASSERT_EQ(response.status, http::kOk) << response.body;
  const json::Value body = json::parse(response.body).value();
  EXPECT_TRUE(body.at("before").at("affirming").as_bool());
  EXPECT_FALSE(body.at("after").at("affirming").as_bool());
  expect_problem(tried("none"), http::kBadRequest, "session id: expected");
  expect_problem(
      call(Method::post, "policy/TPM_ENACTTRUST/dry-run",
           json::to_text(json::Object{{"type", "lua"}, {"rules", "executables = UNSAFE_RT"}, {"session", session.id}})),
      http::kBadRequest, "of the scheme that the policy is for");
}

TEST_F(ManagementApiTest, SaysWhatADryRunLacks) {
  expect_problem(dry_run({{"type", "lua"}, {"rules", "status = 2"}}), http::kBadRequest, "evidence");
  expect_problem(dry_run(trial({})), http::kBadRequest, "type");
  expect_problem(dry_run(trial({{"type", "lua"}, {"rules", "if"}})), http::kBadRequest, "policy:1:");
  expect_problem(dry_run(trial({{"policy", "00000000-0000-4000-8000-000000000000"}})), http::kNotFound,
                 "has no policy");
  expect_problem(dry_run(trial({{"type", "lua"}, {"rules", "status = 2"}, {"grant", "all"}})), http::kBadRequest,
                 "grant");
  json::Object other = trial({{"type", "lua"}, {"rules", "status = 2"}});
  other["nonce"] = "?";
  expect_problem(dry_run(other), http::kBadRequest, "nonce: expected base64");
  expect_problem(call(Method::post, "policy/TPM_ENACTTRUST/dry-run",
                      json::to_text(trial({{"type", "lua"}, {"rules", "status = 2"}}))),
                 http::kBadRequest, "of the scheme that the policy is for");
  expect_problem(call(Method::post, "policy/PARSEC_TPM/dry-run", "{"), http::kBadRequest, "");
}

}  // namespace
}  // namespace credence::service
