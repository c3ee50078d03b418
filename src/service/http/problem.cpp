#include "service/http/problem.h"

#include "service/http/request_id.h"
#include "wire/json/json.h"

namespace credence::service::http {

Response problem(unsigned status, std::string_view detail) {
  Response response;
  response.status = status;
  response.headers.emplace_back("Content-Type", kProblemJson);
  if (status == kServiceUnavailable) response.headers.emplace_back("Retry-After", "1");
  json::Object members{
      {"type", "about:blank"}, {"title", reason_phrase(status)}, {"status", status}, {"detail", detail}};
  if (const std::string_view id = RequestScope::current(); !id.empty()) members["instance"] = id;
  response.body = json::to_text(members);
  return response;
}

Response problem(const Error& error) {
  const Status status = status_of(error.code);
  if (status == kInternalServerError) return problem(status, "the service failed; its log says why");
  return problem(status, error.text());
}

}  // namespace credence::service::http
