#include "client/refusal.h"

#include <format>
#include <string>

#include "wire/json/json.h"

namespace credence::client {
namespace {

constexpr std::size_t kMaxDetail = 500;  // characters of a stranger's text

Errc code_of(long status) noexcept {
  switch (status) {
    case 400:
    case 406:
    case 409:
    case 422:
      return Errc::invalid_value;
    case 401:
    case 403:
      return Errc::unauthorized;
    case 413:
      return Errc::too_large;
    case 415:
      return Errc::unsupported;
    default:
      return Errc::unavailable;  // 5xx, and what no verifier answers: nothing was decided
  }
}

std::string detail_of(const HttpResponse& response) {
  const auto value = json::parse(response.text());
  if (!value || !value->is_object()) return {};
  const auto detail = json::optional_text(value->get_object(), "detail");
  if (!detail || !*detail) return {};
  return std::string((*detail)->substr(0, kMaxDetail));
}

}  // namespace

Error refusal_of(const HttpResponse& response, const std::string& url) {
  const std::string detail = detail_of(response);
  return {.code = code_of(response.status),
          .why = std::format("HTTP status {}{}{}", response.status, detail.empty() ? "" : ": ", detail),
          .offset = {},
          .path = url};
}

}  // namespace credence::client
