#include "service/verifier/provisioning_api.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <format>
#include <ranges>
#include <utility>

#include "service/http/accept.h"
#include "service/http/problem.h"
#include "service/verifier/corim_body.h"
#include "service/verifier/corim_warning.h"
#include "service/verifier/endorsements_api.h"
#include "service/verifier/front.h"
#include "service/verifier/operation.h"
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
  http::Response response;
  if (outcome.status == SubmissionStatus::failed) {
    members["failure-reason"] = outcome.reason;
    response.refused = outcome.reason;
  }
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
  std::string warning;
  // The clock may have been set back since the request was let in: what is done later waits for minutes.
  const auto stored = parts.clock->checked_now()
                          .and_then([&](Timestamp now) { return corim_from_body(type, body, parts.signers, now); })
                          .and_then([&](const CorimBody& decoded) {
                            warning = warning_about(decoded.corim);
                            return parts.store->submit(decoded.corim, decoded.octets);
                          });
  if (stored) {
    count(parts, stored->duplicate ? "duplicate" : "stored");
    parts.log->write(LogLevel::info,
                     std::format("CoRIM {}: {}", stored->duplicate ? "known already" : "stored", stored->id));
    if (!warning.empty()) parts.log->write(LogLevel::warning, std::format("CoRIM {}: {}", stored->id, warning));
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

// For whoever asks later.
SubmissionOutcome told(const Parts& parts, const Result<SubmissionOutcome>& outcome) {
  if (outcome) return *outcome;
  parts.log->write(LogLevel::error, outcome.error().text());
  // It says itself what to do.
  if (outcome.error().code == Errc::busy) return failed_submission(outcome.error().text());
  return failed_submission(std::string(kServiceFailed));
}

// On the thread of the sessions, where nobody else would write down what it was.
Result<SubmissionOutcome> store_caught(const Parts& parts, const rats::CorimMediaType& type, ByteView body,
                                       const Result<void>& in_time) {
  if (!in_time) {
    count(parts, "failed");
    return std::unexpected(in_time.error());
  }
  try {
    return store(parts, type, body);
  } catch (const std::exception& exception) {
    count(parts, "failed");
    return fail(Errc::internal, std::format("a submission threw an exception: {}", exception.what()));
  }
}

audit::Outcome end_of(const Result<SubmissionOutcome>& outcome) noexcept {
  if (!outcome) return audit::Outcome::failed;
  return outcome->status == SubmissionStatus::success ? audit::Outcome::done : audit::Outcome::refused;
}

bool is_end_written(const Parts& parts, const audit::Entry& entry) {
  const auto written = parts.audit->append(entry, audit::Durability::at_once);
  if (!written) parts.log->write(LogLevel::error, written.error().text());
  return written.has_value();
}

// The lines of the request say that it was taken in. What is done with it is a change of its own, with lines like those
// of any other: on disk before it is made, and its end before anybody learns of it.
SubmissionOutcome store_audited(const Parts& parts, const rats::CorimMediaType& type, ByteView body, audit::Entry entry,
                                const Result<void>& in_time) {
  if (!parts.audit) return told(parts, store_caught(parts, type, body, in_time));
  if (const auto begun = parts.audit->append(entry, audit::Durability::at_once); !begun) {
    parts.log->write(LogLevel::error, begun.error().text());
    return failed_submission("nothing was done: the audit log cannot be written");
  }
  entry.outcome = audit::Outcome::failed;
  SubmissionOutcome outcome;
  try {
    const auto stored = store_caught(parts, type, body, in_time);
    entry.outcome = end_of(stored);
    outcome = told(parts, stored);
    entry.reason = outcome.reason;
  } catch (const std::exception& exception) {
    entry.reason = exception.what();
    static_cast<void>(is_end_written(parts, entry));
    throw;
  }
  if (!is_end_written(parts, entry))
    return failed_submission("the audit log cannot say how this ended; look before trying again");
  return outcome;
}

http::Response submit_later(const std::shared_ptr<const Parts>& parts, const rats::CorimMediaType& type,
                            const http::Request& request) {
  auto corim = id_when_stored(type, request.body);
  if (!corim) return refusal(*parts, corim.error());
  audit::Entry entry = audit_entry(row_of(Operation::submit_corim), request);
  entry.action = "finish_submission";
  // A job that owned the sessions would have them outlive the service, and end on their own thread.
  auto for_job = std::make_shared<Parts>(*parts);
  for_job->sessions.reset();
  const auto session = parts->sessions->open(
      *std::move(corim),
      [parts = std::move(for_job), type, body = request.body, entry = std::move(entry)](const Result<void>& in_time) {
        return store_audited(*parts, type, body, entry, in_time);
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
  if (parts_->sessions && prefers_async(request)) return submit_later(parts_, *type, request);
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
