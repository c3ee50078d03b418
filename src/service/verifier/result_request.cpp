#include "service/verifier/result_request.h"

#include <algorithm>
#include <charconv>
#include <format>
#include <string_view>
#include <utility>

#include "wire/utf8.h"

namespace credence::service {
namespace {

constexpr std::size_t kMaxAudience = 256, kMaxPeer = 256;

Result<std::string> parse_audience(std::string_view text) {
  if (text.empty() || text.size() > kMaxAudience || !is_utf8(text))
    return fail(Errc::invalid_value, std::format("audience: expected 1 to {} octets of UTF-8", kMaxAudience));
  return std::string(text);
}

Result<std::string> parse_peer(std::string_view text) {
  if (text.empty() || text.size() > kMaxPeer || !is_utf8(text))
    return fail(Errc::invalid_value, std::format("peer: expected 1 to {} octets of UTF-8", kMaxPeer));
  return std::string(text);
}

Result<Seconds> parse_lifetime(std::string_view text, Seconds longest) {
  Seconds::rep seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc{} || end != text.data() + text.size() || seconds < 1 || seconds > longest.count())
    return fail(Errc::invalid_value, std::format("lifetime: expected 1 to {} seconds", longest.count()));
  return Seconds(seconds);
}

// True for `second`, false for `first`, which is also what no parameter means.
Result<bool> parse_choice(const http::Target& target, std::string_view name, std::string_view first,
                          std::string_view second) {
  TRY(const auto given, target.parameter(name));
  if (!given || *given == first) return false;
  if (*given == second) return true;
  return fail(Errc::invalid_value, std::format("{}: expected {} or {}, got \"{}\"", name, first, second, *given));
}

Result<void> parse_spelling(const http::Target& target, ResultRequest& request) {
  TRY(const auto given, target.parameter("ear"));
  if (!given || *given == "veraison") return {};
  if (*given != "draft" && *given != "draft-cwt")
    return fail(Errc::invalid_value, std::format("ear: expected veraison, draft or draft-cwt, got \"{}\"", *given));
  request.spelling = rats::EarSpelling::draft;
  request.as_cwt = *given == "draft-cwt";
  return {};
}

// Of a submodule whose status says more than its vector, the status alone would be too good.
rats::Tier status_alone(const rats::Submodule& submodule) {
  rats::Ear alone;
  alone.submodules.emplace("alone", submodule);
  const bool too_good = submodule.status == rats::Tier::affirming && !alone.is_affirming();
  return too_good ? rats::Tier::none : submodule.status;
}

// protocol.md section 5: status and key only, for holders who show the result to others. What makes a result worth less
// stays in it: the test root, a software TPM, the compatibility mode, an allowed hazard, what a policy raised.
void reduce(rats::Ear& result) {
  for (auto& [name, submodule] : result.submodules) {
    rats::Submodule reduced;
    reduced.status = status_alone(submodule);
    reduced.policy_ids = std::move(submodule.policy_ids);
    reduced.attested_key = std::move(submodule.attested_key);
    if (const auto* raised = submodule.policy_claims.if_contains("raised")) reduced.policy_claims["raised"] = *raised;
    submodule = std::move(reduced);
  }
  result.ueid.reset();
  result.credence.class_id.reset();
  result.credence.warnings.clear();
  result.credence.trace.clear();
}

}  // namespace

Result<ResultRequest> result_request_from(const http::Target& target, Seconds longest) {
  ResultRequest request;
  TRY(const auto audience, target.parameter("audience"));
  if (audience) {
    TRY(request.audience, parse_audience(*audience));
  }
  TRY(const auto lifetime, target.parameter("lifetime"));
  if (lifetime) {
    TRY(request.lifetime, parse_lifetime(*lifetime, longest));
  }
  TRY(request.reduced, parse_choice(target, "form", "full", "reduced"));
  TRY(request.trace, parse_choice(target, "trace", "0", "1"));
  TRY(request.raw_evidence, parse_choice(target, "raw-evidence", "0", "1"));
  if (request.reduced && (request.trace || request.raw_evidence))
    return fail(Errc::invalid_value, "form=reduced leaves out what trace=1 and raw-evidence=1 ask for");
  CHECK(parse_spelling(target, request));
  TRY(const auto peer, target.parameter("peer"));
  if (peer) {
    TRY(request.peer, parse_peer(*peer));
  }
  for (const auto& parameter : target.query)
    if (parameter.first != "nonce" && parameter.first != "nonceSize") request.asked.push_back(parameter);
  return request;
}

void apply(const ResultRequest& request, Seconds longest, rats::Ear& result) {
  result.expires = result.issued_at + std::min(request.lifetime.value_or(longest), longest);
  result.audience = request.audience;
  // RFC 7800: who shows the result proves that this key is its own. Of a result that affirms nothing it is nobody's.
  if (result.is_affirming())
    for (const auto& [name, submodule] : result.submodules)
      if (submodule.attested_key) result.confirmation_key = submodule.attested_key;
  if (request.reduced) reduce(result);
}

}  // namespace credence::service
