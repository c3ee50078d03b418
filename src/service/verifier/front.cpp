#include "service/verifier/front.h"

#include <exception>
#include <format>
#include <string>
#include <string_view>

#include "base/text.h"
#include "crypto/hash.h"
#include "service/http/problem.h"

namespace credence::service {
namespace {

access::Refusal too_many(std::string_view who, std::string reason, Seconds wait) {
  http::Response response = http::problem(http::kTooManyRequests, reason);
  response.headers.emplace_back("Retry-After", std::to_string(wait.count()));
  return {.response = std::move(response), .who = std::string(who), .reason = std::move(reason)};
}

// A session's id is a capability, and no log's business.
bool names_a_session(const OperationRow& row) noexcept {
  return row.pattern.contains("/session/") || row.pattern.contains("/submissions/");
}

// What is done, and to what: the path's parameters, and the digest of the body, which is the id of a CoRIM.
std::string object_of(const OperationRow& row, const http::Request& request) {
  std::string object;
  if (!names_a_session(row)) {
    for (const std::string& parameter : request.path_parameters) object += (object.empty() ? "" : " ") + parameter;
  }
  if (request.body.empty()) return object;
  const auto digest = crypto::digest(crypto::HashAlgorithm::sha256, request.body);
  return object + (object.empty() ? "sha256:" : " sha256:") + (digest ? to_hex(digest->view()) : "unknown");
}

// Veraison's provisioning answers 200 to what it refuses: the status alone would say `done`.
audit::Outcome outcome_of(const http::Response& response) noexcept {
  if (response.status >= http::kBadRequest) return audit::Outcome::failed;
  return response.refused.empty() ? audit::Outcome::done : audit::Outcome::refused;
}

}  // namespace

audit::Entry audit_entry(const OperationRow& row, const http::Request& request) {
  return {.action = std::string(row.name),
          .outcome = audit::Outcome::begun,
          .principal = request.principal.name,
          .tenant = request.principal.tenant,
          .client = request.client,
          .object = object_of(row, request),
          .status = 0,
          .reason = {}};
}

Front::Front(Parts parts)
    : parts_(std::move(parts)),
      clients_(parts_.rates.client, parts_.clock),
      principals_(parts_.rates.principal, parts_.clock),
      refusal_lines_(parts_.rates.refusal_lines, parts_.clock) {}

std::optional<access::Refusal> Front::refuse(const OperationRow& row, http::Request& request) {
  if (!request.local) {
    if (const auto wait = clients_.take(request.client))
      return too_many({}, "too many requests from this address", *wait);
  }
  auto admitted = parts_.access->admit(request, row.permission);
  if (!admitted) return std::move(admitted).error();
  request.principal = *std::move(admitted);
  if (!request.principal.is_known) return std::nullopt;
  // The name alone could be that of another tenant's principal.
  if (const auto wait = principals_.take(request.principal.tenant + "/" + request.principal.name))
    return too_many(request.principal.name, "too many requests of this principal", *wait);
  return std::nullopt;
}

void Front::record_refusal(const OperationRow& row, const http::Request& request, const access::Refusal& refusal) {
  parts_.log->write(LogLevel::warning, std::format("{} refused to {}: {}", row.name,
                                                   refusal.who.empty() ? request.client : refusal.who, refusal.reason));
  if (!parts_.audit) return;
  if (refusal_lines_.take({})) {
    ++unrecorded_;
    return;
  }
  audit::Entry entry = audit_entry(row, request);
  entry.outcome = audit::Outcome::refused;
  entry.principal = refusal.who;
  entry.tenant.clear();
  entry.status = refusal.response.status;
  entry.reason = refusal.reason;
  if (const std::uint64_t unrecorded = unrecorded_.exchange(0); unrecorded != 0)
    entry.reason += std::format("; {} refusals before this one have no line", unrecorded);
  if (const auto written = parts_.audit->append(entry, audit::Durability::soon); !written)
    parts_.log->write(LogLevel::error, written.error().text());
}

// A22. That the clock was set back is logged once (Health) and not with every request, but for what would have changed
// something.
std::optional<http::Response> Front::refuse_without_clock(const OperationRow& row, const http::Request& request) {
  if (!needs_clock(row)) return std::nullopt;
  const auto now = parts_.clock->checked_now();
  if (now) return std::nullopt;
  access::Refusal refusal{
      .response = http::problem(now.error()), .who = request.principal.name, .reason = now.error().text()};
  if (row.effect == Effect::changes) record_refusal(row, request, refusal);
  return std::move(refusal.response);
}

http::Guard Front::guard(const OperationRow& row) {
  return [&row, self = shared_from_this()](http::Request& request) -> std::optional<http::Response> {
    auto refusal = self->refuse(row, request);
    if (!refusal) return self->refuse_without_clock(row, request);
    self->record_refusal(row, request, *refusal);
    return std::move(refusal->response);
  };
}

http::Slow Front::slow() {
  return [access = parts_.access](const http::Request& request) { return access->is_slow(request); };
}

// On disk before it is done, so that a change without a line cannot be: whoever fills the disk does not get to act
// unseen. An exception is a bug or a lack of memory: whoever reads the log learns how far it may have come, and the
// server, which answers to it, what it was.
http::Response Front::perform(const OperationRow& row, const http::Handler& handler, http::Request& request) {
  audit::Entry entry = audit_entry(row, request);
  if (const auto begun = parts_.audit->append(entry, audit::Durability::at_once); !begun) {
    parts_.log->write(LogLevel::error, begun.error().text());
    return http::problem(http::kServiceUnavailable, "nothing was done: the audit log cannot be written");
  }
  http::Response response;
  try {
    response = handler(request);
  } catch (const std::exception& exception) {
    entry.outcome = audit::Outcome::failed;
    entry.status = http::kInternalServerError;
    entry.reason = exception.what();
    if (const auto ended = parts_.audit->append(entry, audit::Durability::at_once); !ended)
      parts_.log->write(LogLevel::error, ended.error().text());
    throw;
  }
  entry.outcome = outcome_of(response);
  entry.status = response.status;
  entry.reason = std::move(response.refused);
  if (const auto ended = parts_.audit->append(entry, audit::Durability::at_once); !ended) {
    parts_.log->write(LogLevel::error, ended.error().text());
    return http::problem(http::kInternalServerError,
                         "the audit log cannot say how this ended; look before trying again");
  }
  return response;
}

http::Handler Front::audited(const OperationRow& row, http::Handler handler) {
  if (!parts_.audit || row.effect != Effect::changes) return handler;
  return [&row, self = shared_from_this(), handler = std::move(handler)](http::Request& request) {
    return self->perform(row, handler, request);
  };
}

}  // namespace credence::service
