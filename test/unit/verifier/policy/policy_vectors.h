// Veraison's cases of policies (policy-inputs/evaluate-vectors.json): what a policy makes of its inputs. The policies
// are not among the vectors. Of the inputs, those of EnactTrust and of Parsec over CCA are: PSA's are made here, and
// say what counts, and the realm that is another is Parsec's own with another measurement.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "policy_input.h"
#include "support/vectors.h"
#include "verifier/policy/values.h"

namespace credence::test {

struct PolicyVector {
  std::string title;
  std::string policy;  // its name: "sw-up-to-dateness"
  PolicyScene scene;
  json::Value expected;  // "error" or "outcome"
};

inline json::Object boot_loader(std::string_view version) {
  return {{"psa-software-components", json::Array{json::Object{{"measurement-type", "BL"}, {"version", version}}}}};
}

inline json::Object evidence_of_vector(const std::filesystem::path& file) {
  if (std::filesystem::exists(file)) return json::parse(read_text(file)).value().at("evidence").as_object();
  const std::string name = file.filename();
  if (name == "psa-evidence.json") return boot_loader("3.4.2");
  if (name == "psa-evidence-updatedBL.json") return boot_loader("3.5");
  if (name != "parsec-cca-mismatch-evidence.json") throw std::runtime_error("unknown evidence " + name);
  json::Object other = evidence_of_vector(file.parent_path() / "parsec-cca-evidence.json");
  other.at("cca.realm").as_object()["cca-realm-initial-measurement"] = to_base64(Bytes(32, 0x43));
  return other;
}

inline std::vector<PolicyVector> policy_vectors(const std::filesystem::path& root) {
  const std::filesystem::path folder = root / "veraison/policy-inputs";
  const auto input = [&](const json::Value& vector, std::string_view member) {
    const auto name = std::filesystem::path(std::string(vector.at(member).as_string())).filename();
    return (name.string().starts_with("parsec-") ? root / "parsec/policy" : folder) / name;
  };
  std::vector<PolicyVector> all;
  const json::Value vectors = json::parse(read_text(folder / "evaluate-vectors.json")).value();
  for (const json::Value& vector : vectors.as_array()) {
    PolicyVector& made = all.emplace_back();
    made.title = std::string(vector.at("title").as_string());
    made.policy = input(vector, "policy").stem();
    made.scene.scheme = std::string(vector.at("scheme").as_string());
    made.scene.evidence = evidence_of_vector(input(vector, "evidence"));
    if (const auto file = input(vector, "endorsements"); std::filesystem::exists(file))
      made.scene.endorsements = json::parse(read_text(file)).value().as_array();
    if (const auto file = input(vector, "result"); std::filesystem::exists(file))
      made.scene.result = json::parse(read_text(file)).value().at("submods").as_object().begin()->value().as_object();
    made.expected = vector.at("expected");
  }
  return all;
}

// A claim that the policy does not set is zero in Veraison's outcome.
inline void expect_outcome(const PolicyVector& vector, const Result<verifier::PolicyOutput>& output) {
  SCOPED_TRACE(vector.title);
  if (!vector.expected.at("error").is_null()) {
    EXPECT_FALSE(output);
    return;
  }
  ASSERT_TRUE(output) << output.error().text();
  const json::Value& expected = vector.expected.at("outcome").at("submods").at("test");
  EXPECT_EQ(output->status ? std::to_underlying(output->status->value) : 0, expected.at("ear.status").as_int64());
  for (std::size_t i = 0; i < rats::kTrustClaims; ++i) {
    const auto& set = output->claims.at(i);
    EXPECT_EQ(set ? set->value : rats::kNoClaim,
              expected.at("ear.trustworthiness-vector").at(verifier::claim_in_result(i)).as_int64())
        << verifier::claim_in_result(i);
  }
  EXPECT_EQ(json::Value(output->added_claims), expected.at("ear.veraison.policy-claims"));
}

}  // namespace credence::test
