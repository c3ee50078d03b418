#include "service/http/router.h"

#include <algorithm>
#include <ranges>

#include "service/http/problem.h"

namespace credence::service::http {
namespace {

constexpr std::string_view kAnySegment = "{}";

bool matches(const std::vector<std::string>& pattern, const std::vector<std::string>& path) noexcept {
  return std::ranges::equal(pattern, path, [](const std::string& expected, const std::string& segment) {
    return expected == kAnySegment || expected == segment;
  });
}

// The segments that stand where the pattern says {}.
std::vector<std::string> take_parameters(const std::vector<std::string>& pattern, std::vector<std::string>& path) {
  std::vector<std::string> parameters;
  for (std::size_t i = 0; i < path.size(); ++i)
    if (pattern[i] == kAnySegment) parameters.push_back(std::move(path[i]));
  return parameters;
}

}  // namespace

void Router::add(Method method, std::string_view pattern, std::size_t body_limit, Handler handler, Guard guard,
                 Slow is_slow) {
  Route route{.method = method,
              .pattern = std::string(pattern),
              .segments = {},
              .body_limit = body_limit,
              .handler = std::move(handler),
              .guard = std::move(guard),
              .is_slow = std::move(is_slow),
              .index = routes_.size()};
  for (const auto part : pattern.substr(1) | std::views::split('/'))
    route.segments.emplace_back(std::string_view(part));
  routes_.push_back(std::move(route));
}

std::variant<const Route*, Router::NotFound, Router::MethodNotAllowed> Router::find(Request& request) const {
  const Method method = request.method == Method::head ? Method::get : request.method;
  MethodNotAllowed refusal;
  for (const Route& route : routes_) {
    if (!matches(route.segments, request.target.segments)) continue;
    if (route.method == method) {
      request.path_parameters = take_parameters(route.segments, request.target.segments);
      return &route;
    }
    if (!refusal.allow.empty()) refusal.allow += ", ";
    refusal.allow += name(route.method);
  }
  if (refusal.allow.empty()) return NotFound{};
  return refusal;
}

Response Router::handle(Request request) const {
  const auto found = find(request);
  if (const auto* refusal = std::get_if<MethodNotAllowed>(&found)) return method_not_allowed_response(*refusal);
  const auto* route = std::get_if<const Route*>(&found);
  if (route == nullptr) return not_found_response();
  if ((*route)->guard) {
    if (auto refusal = (*route)->guard(request)) return *std::move(refusal);
  }
  if (has_coded_body(request)) return coded_body_response();
  if (request.body.size() > (*route)->body_limit) return problem(kContentTooLarge, "the body is larger than allowed");
  return (*route)->handler(request);
}

bool has_coded_body(const Request& request) { return !request.list_header("Content-Encoding").empty(); }

Response coded_body_response() {
  Response response = problem(kUnsupportedMediaType, "expected a body as it is, got one with Content-Encoding");
  response.headers.emplace_back("Accept-Encoding", "identity");
  return response;
}

Response not_found_response() { return problem(kNotFound, "no such resource"); }

Response method_not_allowed_response(const Router::MethodNotAllowed& refusal) {
  Response response = problem(kMethodNotAllowed, "this resource takes " + refusal.allow);
  response.headers.emplace_back("Allow", refusal.allow);
  return response;
}

}  // namespace credence::service::http
