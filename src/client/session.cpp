#include "client/session.h"

#include <array>
#include <format>
#include <utility>

#include "base/text.h"
#include "wire/json/json.h"

namespace credence::client {
namespace {

Result<SessionStatus> parse_status(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, SessionStatus>, 4> kStatuses = {{
      {"waiting", SessionStatus::waiting},
      {"processing", SessionStatus::processing},
      {"complete", SessionStatus::complete},
      {"failed", SessionStatus::failed},
  }};
  for (const auto& [name, status] : kStatuses) {
    if (name == text) return status;
  }
  return fail_in(Errc::invalid_value, "status", std::format("expected a session's status, got \"{}\"", text));
}

}  // namespace

Result<SessionReport> parse_session(std::string_view json) {
  TRY(const json::Value value, json::parse(json));
  TRY(const json::Object* const object, json::as_object(value, "session"));
  SessionReport report;
  TRY(const std::string_view status, json::required_text(*object, "status"));
  TRY(report.status, parse_status(status));
  TRY(const std::string_view nonce, json::required_text(*object, "nonce"));
  auto octets = from_any_base64(nonce);
  if (!octets) return within("nonce", std::move(octets).error());
  report.nonce = *std::move(octets);
  TRY(const auto result, json::optional_text(*object, "result"));
  if (result) report.result = std::string(*result);
  if (report.status == SessionStatus::complete && !report.result) {
    return fail_in(Errc::missing_member, "result", "a complete session has a result");
  }
  return report;
}

}  // namespace credence::client
