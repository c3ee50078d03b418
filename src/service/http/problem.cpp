#include "service/http/problem.h"

#include "wire/json/json.h"

namespace credence::service::http {

Response problem(unsigned status, std::string_view detail) {
  Response response;
  response.status = status;
  response.headers.emplace_back("Content-Type", kProblemJson);
  if (status == kServiceUnavailable) response.headers.emplace_back("Retry-After", "1");
  response.body = json::to_text(
      json::Object{{"type", "about:blank"}, {"title", reason_phrase(status)}, {"status", status}, {"detail", detail}});
  return response;
}

Response problem(const Error& error) {
  const Status status = status_of(error.code);
  if (status == kInternalServerError) return problem(status, "the service failed; its log says why");
  return problem(status, error.text());
}

}  // namespace credence::service::http
