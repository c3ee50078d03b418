#include "cli/explain/report.h"

#include <algorithm>
#include <format>

#include "cli/explain/meaning.h"
#include "cli/output.h"
#include "rats/ear/names.h"

namespace credence::cli {
namespace {

std::string text_claim(const rats::Submodule& submodule, std::string_view member) {
  const json::Value* value = submodule.policy_claims.if_contains(member);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

json::Array claims_of(const rats::Submodule& submodule) {
  json::Array claims;
  if (!submodule.vector) return claims;
  for (std::size_t i = 0; i < rats::kTrustClaims; ++i) {
    const std::int8_t value = submodule.vector->claims.at(i);
    if (value == rats::kNoClaim) continue;
    claims.push_back(json::Object{{"claim", rats::kTrustClaimNames.at(i)},
                                  {"value", value},
                                  {"tier", rats::name(rats::tier_of(value))},
                                  {"meaning", meaning_of(static_cast<rats::TrustClaim>(i), value)}});
  }
  return claims;
}

json::Object step_object(const rats::TraceStep& step) {
  json::Object object{{"agrees", step.agrees}};
  if (!step.claim.empty()) object["claim"] = step.claim;
  object["subject"] = step.subject;
  if (!step.expected.empty()) object["expected"] = step.expected;
  if (!step.actual.empty()) object["actual"] = step.actual;
  if (!step.source.empty()) object["source"] = step.source;
  if (!step.submission.empty()) object["submission"] = step.submission;
  return object;
}

json::Array steps_of(const rats::Ear& ear, std::string_view submodule) {
  json::Array steps;
  for (const rats::TraceStep& step : ear.credence.trace)
    if (step.submodule == submodule) steps.push_back(step_object(step));
  return steps;
}

json::Object submodule_object(const rats::Ear& ear, std::string_view name, const rats::Submodule& submodule) {
  json::Object object{{"status", rats::name(submodule.status)}, {"claims", claims_of(submodule)}};
  if (const std::string problem = text_claim(submodule, "problem"); !problem.empty()) object["problem"] = problem;
  const std::string code = text_claim(submodule, "code");
  if (!code.empty()) object["code"] = code;
  if (const std::string_view advice = advice_for(code); !advice.empty()) object["what to do"] = advice;
  if (!submodule.policy_ids.empty())
    object["policies"] = json::Array(submodule.policy_ids.begin(), submodule.policy_ids.end());
  if (json::Array steps = steps_of(ear, name); !steps.empty()) object["steps"] = std::move(steps);
  return object;
}

json::Array weaknesses_of(const rats::Ear& ear) {
  const rats::CredenceClaims& claims = ear.credence;
  json::Array said(claims.warnings.begin(), claims.warnings.end());
  if (claims.test_root.value_or(false)) said.emplace_back("INSECURE TEST ROOT: this result proves nothing");
  if (claims.purpose && *claims.purpose != "channel")
    said.emplace_back("made for a " + *claims.purpose + ": says nothing of a TLS connection");
  return said;
}

std::string text_at(const json::Object& object, std::string_view member) {
  const json::Value* value = object.if_contains(member);
  if (value == nullptr) return {};
  return printable(value->is_string() ? std::string_view(value->get_string()) : json::to_text(*value));
}

std::string claim_line(const json::Object& claim) {
  return std::format("  {:<18} {:>4}  {:<15} {}\n", text_at(claim, "claim"), text_at(claim, "value"),
                     text_at(claim, "tier"), text_at(claim, "meaning"));
}

std::string step_lines(const json::Object& step) {
  const bool agrees = step.at("agrees").get_bool();
  std::string lines = std::format("  {} {}", agrees ? "[good]" : "[BAD] ", text_at(step, "subject"));
  if (const std::string claim = text_at(step, "claim"); !claim.empty()) lines += " (" + claim + ")";
  lines += '\n';
  for (const std::string_view member : {"expected", "actual", "source", "submission"})
    if (const std::string text = text_at(step, member); !text.empty())
      lines += std::format("           {:<10} {}\n", member, text);
  return lines;
}

std::string submodule_lines(std::string_view name, const json::Object& submodule) {
  std::string lines = std::format("\n{}: {}\n", printable(name), text_at(submodule, "status"));
  for (const json::Value& claim : submodule.at("claims").get_array()) lines += claim_line(claim.get_object());
  for (const std::string_view member : {"problem", "what to do"})
    if (const std::string text = text_at(submodule, member); !text.empty())
      lines += std::format("  {}: {}\n", member, text);
  const json::Value* steps = submodule.if_contains("steps");
  if (steps == nullptr) return lines;
  lines += "  compared:\n";
  for (const json::Value& step : steps->get_array()) lines += "  " + step_lines(step.get_object());
  return lines;
}

}  // namespace

std::string_view sentence_of(SignatureState signature) noexcept {
  switch (signature) {
    case SignatureState::good:
      return "good, by a given key";
    case SignatureState::own:
      return "none needed: it was made here and now";
    case SignatureState::not_checked:
      return "NOT CHECKED, no --verifier-key was given: anybody may have written this";
    case SignatureState::none:
      break;
  }
  return "NONE: these are bare claims, anybody may have written them";
}

json::Object explanation(const Explained& explained) {
  const rats::Ear& ear = explained.ear;
  json::Object object{{"verdict", rats::name(ear.status())},
                      {"affirming", ear.is_affirming()},
                      {"signature", sentence_of(explained.signature)},
                      {"verifier", ear.verifier_developer + " " + ear.verifier_build},
                      {"issued", to_rfc3339(ear.issued_at)}};
  if (ear.issuer) object["issuer"] = *ear.issuer;
  if (ear.expires) object["expires"] = to_rfc3339(*ear.expires);
  object["expired"] = explained.has_expired();
  if (json::Array weaknesses = weaknesses_of(ear); !weaknesses.empty()) object["mind"] = std::move(weaknesses);
  json::Object submodules;
  for (const auto& [name, submodule] : ear.submodules) submodules[name] = submodule_object(ear, name, submodule);
  object["submodules"] = std::move(submodules);
  object["traced"] = !ear.credence.trace.empty();
  return object;
}

std::string explanation_text(const Explained& explained) {
  const json::Object object = explanation(explained);
  std::string lines;
  for (const std::string_view member : {"verdict", "signature", "verifier", "issuer", "issued", "expires"})
    if (const std::string text = text_at(object, member); !text.empty())
      lines += std::format("{:<10} {}\n", member, text);
  if (explained.has_expired()) lines += "           EXPIRED: it says how the attester was, not how it is\n";
  if (const json::Value* mind = object.if_contains("mind"))
    for (const json::Value& weakness : mind->get_array())
      lines += std::format("{:<10} {}\n", "mind", printable(weakness.get_string()));
  for (const auto& [name, submodule] : object.at("submodules").get_object())
    lines += submodule_lines(name, submodule.get_object());
  if (!object.at("traced").get_bool())
    lines +=
        "\nThis result carries no trace. With one it names each value that was compared, and its CoRIM: open the\n"
        "session with trace=1, or use credence appraise --trace.\n";
  return lines;
}

}  // namespace credence::cli
