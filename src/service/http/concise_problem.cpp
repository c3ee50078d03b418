#include "service/http/concise_problem.h"

#include "service/http/problem.h"
#include "wire/cbor/writer.h"

namespace credence::service::http {
namespace {

constexpr std::int64_t kTitle = -1, kDetail = -2;  // RFC 9290 section 2

}  // namespace

Response concise_problem(const Error& error) {
  Response response = problem(error);
  std::erase_if(response.headers, [](const auto& header) { return same_ignoring_case(header.first, "Content-Type"); });
  response.headers.emplace_back("Content-Type", kConciseProblem);
  const bool ours = response.status == kInternalServerError;
  cbor::Writer writer;
  writer.map(2);
  writer.integer(kTitle).text(reason_phrase(response.status));
  writer.integer(kDetail).text(ours ? "the service failed; its log says why" : error.text());
  response.body = std::string(as_text(writer.take()));
  return response;
}

}  // namespace credence::service::http
