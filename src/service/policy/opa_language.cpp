#include "service/policy/opa_language.h"

#include <algorithm>
#include <format>
#include <utility>

#include "service/policy/rego.h"
#include "verifier/policy/values.h"

namespace credence::service {
namespace {

using verifier::PolicyInput;
using verifier::PolicyOutput;

std::string module_id(std::string_view id, std::string_view part) { return std::format("credence-{}-{}", id, part); }

Result<void> put_modules(const client::Opa& opa, const std::string& id, const std::string& rules) {
  const std::string package = rego_package(id);
  TRY(const std::string module, with_package(rules, package));
  if (auto put = client::put_opa_module(opa, module_id(id, "veraison"), rego_preamble(package)); !put) {
    // The text is ours: what is wrong is the dialect.
    if (put.error().code != Errc::invalid_value) return put;
    return fail(Errc::unavailable, "OPA does not take Rego of version 0: start it with --v0-compatible");
  }
  return client::put_opa_module(opa, module_id(id, "policy"), module);
}

Result<PolicyOutput> output_from(json::Value outcome) {
  TRY(const json::Object* const object, json::as_object(outcome, "outcome"));
  PolicyOutput output;
  if (const auto* status = object->if_contains("status")) {
    auto tier = verifier::tier_from(*status);
    if (!tier) return within("status", std::move(tier).error());
    output.status = {.value = *tier};
  }
  TRY(const json::Object* const vector, json::required_object(*object, "trust-vector"));
  for (std::size_t i = 0; i < rats::kTrustClaims; ++i) {
    const auto* const set = vector->if_contains(verifier::claim_in_result(i));
    if (set == nullptr) return fail_in(Errc::missing_member, std::string(verifier::claim_in_result(i)), "no value");
    auto claim = verifier::claim_from(*set);
    if (!claim) return within(verifier::claim_names()[i], std::move(claim).error());
    output.claims.at(i) = {.value = *claim};
  }
  TRY(const json::Object* const added, json::required_object(*object, "added-claims"));
  if (json::to_text(*added).size() > verifier::kMostAddedClaims)
    return fail_in(Errc::too_large, "added_claims", "a result takes at most 16 KiB of them");
  output.added_claims = *added;
  return output;
}

class OpaProgram final : public verifier::PolicyProgram {
 public:
  OpaProgram(std::shared_ptr<const client::Opa> opa, std::string id, std::string rules)
      : opa_(std::move(opa)), id_(std::move(id)), rules_(std::move(rules)) {}

  Result<PolicyOutput> run(const PolicyInput& input) const override {
    TRY(const json::Object given, input.to_json());
    TRY(auto outcome, query(given));
    if (!outcome) {
      // It does not know the policy, or not any more.
      CHECK(put_modules(*opa_, id_, rules_));
      TRY(outcome, query(given));
    }
    if (!outcome)
      return fail(Errc::configuration,
                  "OPA has no outcome for this input: some rule of the policy contradicts another");
    auto output = output_from(*std::move(outcome));
    if (!output) return fail(Errc::configuration, output.error().text());
    return output;
  }

 private:
  Result<std::optional<json::Value>> query(const json::Object& input) const {
    std::string path = rego_package(id_) + "/outcome";
    std::ranges::replace(path, '.', '/');
    return client::query_opa(*opa_, path, input);
  }

  const std::shared_ptr<const client::Opa> opa_;
  const std::string id_;
  const std::string rules_;
};

class OpaLanguage final : public verifier::PolicyLanguage {
 public:
  explicit OpaLanguage(std::shared_ptr<const client::Opa> opa) : opa_(std::move(opa)) {}

  std::string_view type() const override { return "opa"; }
  std::string_view media_type() const override { return kRegoRules; }
  bool is_remote() const noexcept override { return true; }

  Result<std::shared_ptr<const verifier::PolicyProgram>> load(const std::string& id,
                                                              std::string_view rules) const override {
    return std::make_shared<const OpaProgram>(opa_, id, std::string(rules));
  }

  Result<void> check(const std::string& id, std::string_view rules) const override {
    if (rules.size() > verifier::kMaxRules)
      return fail(Errc::too_large,
                  std::format("expected at most {} octets of rules, got {}", verifier::kMaxRules, rules.size()));
    auto put = put_modules(*opa_, id, std::string(rules));
    if (!put) forget(id);
    return put;
  }

  void forget(const std::string& id) const override {
    for (const std::string_view part : {"policy", "veraison"})
      static_cast<void>(client::remove_opa_module(*opa_, module_id(id, part)));
  }

 private:
  std::shared_ptr<const client::Opa> opa_;
};

}  // namespace

std::shared_ptr<const verifier::PolicyLanguage> opa_language(std::shared_ptr<const client::Opa> opa) {
  return std::make_shared<const OpaLanguage>(std::move(opa));
}

}  // namespace credence::service
