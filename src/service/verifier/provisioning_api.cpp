#include "service/verifier/provisioning_api.h"

#include <chrono>
#include <format>

#include "service/http/accept.h"
#include "service/http/problem.h"
#include "service/verifier/corim_body.h"
#include "service/verifier/local_caller.h"
#include "wire/json/json.h"

namespace credence::service {
namespace {

using Parts = ProvisioningApi::Parts;

constexpr std::string_view kProvisioningSession = "application/vnd.veraison.provisioning-session+json";
constexpr std::chrono::minutes kOutcomeLifetime{2};  // only for clients that demand the member "expiry"

http::Response outcome(const Parts& parts, json::Object members) {
  members["expiry"] = to_rfc3339(parts.clock->now() + kOutcomeLifetime);
  http::Response response;
  response.headers.emplace_back("Content-Type", kProvisioningSession);
  response.headers.emplace_back("Cache-Control", "no-store");
  response.body = json::to_text(members);
  return response;
}

http::Response refusal(const Parts& parts, const Error& error) {
  http::Response response = http::problem(error);
  if (response.status >= http::kInternalServerError) parts.log->write(LogLevel::error, error.text());
  if (error.code == Errc::unsupported) {
    std::string list;
    for (const std::string& type : corim_media_types()) list += (list.empty() ? "" : ", ") + type;
    response.headers.emplace_back("Accept", list);
  }
  return response;
}

// What the request as such is refused for.
Result<rats::CorimMediaType> check_request(const http::Request& request) {
  TRY(const bool accepted, http::accepts(request.list_header("Accept"), kProvisioningSession));
  if (!accepted) return fail(Errc::not_acceptable, std::format("the answer is of type {}", kProvisioningSession));
  TRY(const auto content_type, request.header("Content-Type"));
  if (!content_type) return fail(Errc::unsupported, "expected a Content-Type: the media type of the CoRIM");
  if (request.body.empty()) return fail(Errc::invalid_value, "expected a CoRIM, got an empty body");
  return supported_corim_type(*content_type);
}

// True when the fault is the verifier's: the submitter may come again with the same CoRIM.
bool is_own_failure(Errc code) noexcept {
  return is_undecided(code) || code == Errc::internal || code == Errc::crypto_failure;
}

Result<verifier::Stored> store(const Parts& parts, const rats::CorimMediaType& type, ByteView body) {
  TRY(const CorimBody decoded, corim_from_body(type, body, parts.anchors, parts.clock->now()));
  return parts.store->submit(decoded.corim, decoded.octets);
}

}  // namespace

std::optional<http::Response> ProvisioningApi::refuse_caller(const http::Request& request) const {
  // Reference values decide what is trustworthy: an unauthenticated provisioner would be the real verifier. Fail
  // closed.
  if (parts_->token) {
    const auto checked = parts_->token->check(request);
    if (checked) return std::nullopt;
    parts_->log->write(LogLevel::warning, "provisioning refused: " + checked.error().text());
    return http::problem(checked.error());
  }
  if (parts_->open_without_token) {
    const auto local = check_local_caller(request);
    if (local) return std::nullopt;
    parts_->log->write(LogLevel::warning, "provisioning refused: " + local.error().text());
    return http::problem(http::kForbidden, local.error().text());
  }
  parts_->log->write(LogLevel::warning, "provisioning refused: no token is configured");
  return http::problem(http::kForbidden,
                       "provisioning is closed: this verifier listens beyond loopback and has no provisioning token");
}

http::Response ProvisioningApi::submit(const http::Request& request) const {
  const auto type = check_request(request);
  if (!type) return refusal(*parts_, type.error());
  const auto stored = store(*parts_, *type, request.body);
  if (!stored) {
    if (is_own_failure(stored.error().code)) return refusal(*parts_, stored.error());
    parts_->log->write(LogLevel::warning, "CoRIM refused: " + stored.error().text());
    return outcome(*parts_, {{"status", "failed"}, {"failure-reason", stored.error().text()}});
  }
  parts_->log->write(LogLevel::info,
                     std::format("CoRIM {}: {}", stored->duplicate ? "known already" : "stored", stored->id));
  json::Object members{{"status", "success"}};
  if (stored->duplicate) members["duplicate"] = true;
  return outcome(*parts_, std::move(members));
}

void ProvisioningApi::add_routes(http::Router& router) const {
  router.add(
      http::Method::post, "/endorsement-provisioning/v1/submit", kMaxCorim,
      [api = *this](const http::Request& request) { return api.submit(request); },
      [api = *this](const http::Request& request) { return api.refuse_caller(request); });
}

}  // namespace credence::service
