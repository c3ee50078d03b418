#include "service/verifier/jwks_api.h"

#include <array>
#include <format>

#include "service/http/accept.h"
#include "service/http/problem.h"

namespace credence::service {
namespace {

constexpr std::array<std::string_view, 2> kTypes = {"application/jwk-set+json", "application/json"};

http::Response key_set(const http::Request& request, const ResultSigner& signer, Timestamp now) {
  const std::string accept = request.list_header("Accept");
  std::string_view type;
  for (const std::string_view candidate : kTypes) {
    const auto accepted = http::accepts(accept, candidate);
    if (!accepted) return http::problem(accepted.error());
    if (*accepted && type.empty()) type = candidate;
  }
  if (type.empty()) return http::problem(http::kNotAcceptable, std::format("the answer is of type {}", kTypes[0]));
  http::Response response;
  response.headers = {{"Content-Type", std::string(type)},
                      {"Cache-Control", std::format("max-age={}", kJwksMaxAge.count())},
                      {"Vary", "Accept"}};
  response.body = json::to_text(json::Object{{"keys", signer.jwks(now)}});
  return response;
}

}  // namespace

void add_jwks_route(Routes& routes, std::shared_ptr<const ResultSigner> signer, std::shared_ptr<const Clock> clock) {
  routes.add(Operation::get_result_keys,
             [signer = std::move(signer), clock = std::move(clock)](const http::Request& request) {
               return key_set(request, *signer, clock->now());
             });
}

}  // namespace credence::service
