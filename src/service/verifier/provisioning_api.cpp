#include "service/verifier/provisioning_api.h"

#include <algorithm>
#include <chrono>
#include <format>
#include <ranges>
#include <utility>

#include "service/http/accept.h"
#include "service/http/problem.h"
#include "service/verifier/corim_body.h"
#include "service/verifier/endorsements_api.h"
#include "service/verifier/revocations_api.h"
#include "wire/json/json.h"

namespace credence::service {
namespace {

using Parts = ProvisioningApi::Parts;

constexpr std::string_view kProvisioningSession = "application/vnd.veraison.provisioning-session+json";
constexpr std::chrono::minutes kOutcomeLifetime{2};  // only for clients that demand the member "expiry"

http::Response session_response(unsigned status, const SubmissionOutcome& outcome, Timestamp expiry) {
  json::Object members{{"status", name(outcome.status)}, {"expiry", to_rfc3339(expiry)}};
  if (outcome.duplicate) members["duplicate"] = true;
  if (!outcome.corim.empty()) members["corim"] = outcome.corim;
  if (outcome.status == SubmissionStatus::failed) members["failure-reason"] = outcome.reason;
  http::Response response;
  response.status = status;
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

void count(const Parts& parts, std::string_view outcome) {
  if (parts.metrics) parts.metrics->provisioned(outcome);
}

// The outcome, or an Error that is the verifier's own.
Result<SubmissionOutcome> store(const Parts& parts, const rats::CorimMediaType& type, ByteView body) {
  const auto stored =
      corim_from_body(type, body, parts.signers, parts.clock->now()).and_then([&](const CorimBody& decoded) {
        return parts.store->submit(decoded.corim, decoded.octets);
      });
  if (stored) {
    count(parts, stored->duplicate ? "duplicate" : "stored");
    parts.log->write(LogLevel::info,
                     std::format("CoRIM {}: {}", stored->duplicate ? "known already" : "stored", stored->id));
    return SubmissionOutcome{
        .status = SubmissionStatus::success, .duplicate = stored->duplicate, .corim = stored->id, .reason = {}};
  }
  if (is_own_failure(stored.error().code)) {
    count(parts, "failed");
    return std::unexpected(stored.error());
  }
  count(parts, "refused");
  parts.log->write(LogLevel::warning, "CoRIM refused: " + stored.error().text());
  return SubmissionOutcome{
      .status = SubmissionStatus::failed, .duplicate = false, .corim = {}, .reason = stored.error().text()};
}

// RFC 7240 section 4.1.
bool prefers_async(const http::Request& request) {
  const std::string list = request.list_header("Prefer");
  for (const auto part : list | std::views::split(',')) {
    std::string_view preference(part);
    preference = preference.substr(0, preference.find(';'));
    preference.remove_prefix(std::min(preference.find_first_not_of(" \t"), preference.size()));
    preference = preference.substr(0, preference.find_last_not_of(" \t") + 1);
    if (http::same_ignoring_case(preference, "respond-async")) return true;
  }
  return false;
}

http::Response submit_later(const std::shared_ptr<const Parts>& parts, const rats::CorimMediaType& type, Bytes body) {
  const auto session = parts->sessions->open([parts, type, body = std::move(body)]() -> SubmissionOutcome {
    auto outcome = store(*parts, type, body);
    if (outcome) return *std::move(outcome);
    parts->log->write(LogLevel::error, outcome.error().text());
    return {.status = SubmissionStatus::failed,
            .duplicate = false,
            .corim = {},
            .reason = "the service failed; its log says why. Submit again"};
  });
  if (!session) return refusal(*parts, session.error());
  http::Response response = session_response(http::kCreated, session->outcome, session->expiry);
  response.headers.emplace_back("Location", "/endorsement-provisioning/v1/session/" + session->id);
  response.headers.emplace_back("Preference-Applied", "respond-async");
  return response;
}

}  // namespace

http::Response ProvisioningApi::submit(const http::Request& request) const {
  const auto type = check_request(request);
  if (!type) return refusal(*parts_, type.error());
  if (parts_->sessions && prefers_async(request)) return submit_later(parts_, *type, request.body);
  const auto outcome = store(*parts_, *type, request.body);
  if (!outcome) return refusal(*parts_, outcome.error());
  return session_response(http::kOk, *outcome, parts_->clock->now() + kOutcomeLifetime);
}

http::Response ProvisioningApi::get_session(const http::Request& request) const {
  const auto session = parts_->sessions->find(request.path_parameters.front());
  if (!session) return refusal(*parts_, session.error());
  return session_response(http::kOk, session->outcome, session->expiry);
}

http::Response ProvisioningApi::delete_session(const http::Request& request) const {
  const auto removed = parts_->sessions->remove(request.path_parameters.front());
  if (!removed) return refusal(*parts_, removed.error());
  return {.status = http::kNoContent};
}

void ProvisioningApi::add_routes(Routes& routes) const {
  using http::Request;
  routes.add(Operation::submit_corim, [api = *this](const Request& request) { return api.submit(request); });
  EndorsementsApi(parts_->store, *parts_->log).add_routes(routes);
  RevocationsApi(parts_->store, parts_->clock, *parts_->log).add_routes(routes);
  if (!parts_->sessions) return;
  for (const auto operation : {Operation::get_submission, Operation::get_submission_alias})
    routes.add(operation, [api = *this](const Request& request) { return api.get_session(request); });
  for (const auto operation : {Operation::delete_submission, Operation::delete_submission_alias})
    routes.add(operation, [api = *this](const Request& request) { return api.delete_session(request); });
}

}  // namespace credence::service
