// Veraison's cases of policies, in Lua. What OPA makes of them in Rego is in test/interop/opa.
#include "policy_vectors.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace credence::verifier {
namespace {

// By the names of Veraison's policies, and to the same effect.
const std::map<std::string, std::string, std::less<>> kInLua = {
    {"malformed", "bad_rule:;;"},
    {"bad", "local x = 7\nif x > y then executables = APPROVED_RT else executables = UNSAFE_RT end"},
    {"incorrect-rule-value", "executables = \"SURE\""},
    {"empty", "-- nothing"},
    {"sw-up-to-dateness", R"(executables = UNSAFE_RT
if scheme == "PSA_IOT" then
  for _, component in ipairs(evidence["psa-software-components"]) do
    local is_new = semver_cmp(component.version, "3.5") >= 0
    if component["measurement-type"] == "BL" and is_new then executables = APPROVED_RT end
  end
elseif evidence.firmware >= 8 then
  executables = APPROVED_RT
end)"},
    {"parsec-cca-realm", R"(executables = UNSAFE_RT
local expected = "X5A2VVSw+obQdbbWpOpYZtsXk9S06ZO7UuVk1yefEXg="
if evidence["cca.realm"]["cca-realm-initial-measurement"] == expected then executables = APPROVED_RT end)"},
};

TEST(PolicyVectors, HaveVeraisonsOutcomesInLua) {
  CREDENCE_VECTORS_OR_SKIP(root);
  std::set<std::string> used;
  for (const test::PolicyVector& vector : test::policy_vectors(root)) {
    const auto rules = kInLua.find(vector.policy);
    ASSERT_NE(rules, kInLua.end()) << vector.policy;
    test::expect_outcome(vector, test::run_lua(rules->second, vector.scene));
    used.insert(vector.policy);
  }
  EXPECT_EQ(used.size(), kInLua.size());
}

// Of the inputs of Parsec over CCA that are among the vectors: all that a policy is given.
TEST(PolicyVectors, GiveEvidenceResultAndEndorsementsOfParsec) {
  CREDENCE_VECTORS_OR_SKIP(root);
  const auto vectors = test::policy_vectors(root);
  const auto vector = std::ranges::find_if(vectors, [](const auto& one) { return one.scene.scheme == "PARSEC_CCA"; });
  ASSERT_NE(vector, vectors.end());
  const auto output = test::run_lua(R"(added_claims = {
    status = result["ear.status"], configuration = result["ear.trustworthiness-vector"].configuration,
    endorsements = #endorsements, version = endorsements[1].attributes["PARSEC_CCA.version"],
    components = #evidence["cca.platform"]["cca-platform-sw-components"], nonce = evidence.kat.nonce })",
                                    vector->scene);
  ASSERT_TRUE(output) << output.error().text();
  EXPECT_EQ(output->added_claims, (json::Object{{"status", "affirming"},
                                                {"configuration", 2},
                                                {"endorsements", 5},
                                                {"version", "3.4.2"},
                                                {"components", 4},
                                                {"nonce", "AAECAwQFBgc="}}))
      << json::to_text(output->added_claims);
}

// What the result of the vectors says is what a policy reads of it.
TEST(PolicyVectors, GiveTheResultToThePolicy) {
  CREDENCE_VECTORS_OR_SKIP(root);
  const auto vectors = test::policy_vectors(root);
  const auto vector =
      std::ranges::find_if(vectors, [](const auto& one) { return one.scene.scheme == "TPM_ENACTTRUST"; });
  ASSERT_NE(vector, vectors.end());
  const auto output = test::run_lua(R"(added_claims = {
    status = result["ear.status"], executables = result["ear.trustworthiness-vector"].executables,
    components = #result["ear.veraison.annotated-evidence"]["psa-software-components"],
    node = evidence["node-id"], pcr = evidence.pcrs[4], endorsements = #endorsements })",
                                    vector->scene);
  ASSERT_TRUE(output) << output.error().text();
  EXPECT_EQ(output->added_claims, (json::Object{{"status", "affirming"},
                                                {"executables", 2},
                                                {"components", 4},
                                                {"node", "7df7714e-aa04-4638-bcbf-434b1dd720f1"},
                                                {"pcr", 4},
                                                {"endorsements", 0}}))
      << json::to_text(output->added_claims);
}

}  // namespace
}  // namespace credence::verifier
