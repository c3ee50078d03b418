// From method and path to a handler.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "service/http/message.h"

namespace credence::service::http {

// Runs on a worker thread; it may block for as long as a transaction of the store takes, no longer. What it takes from
// the request, a body of megabytes say, nobody misses.
using Handler = std::function<Response(Request&)>;
// Sees the request without its body, and says whose it is: what it returns is the answer, and the body is never read.
using Guard = std::function<std::optional<Response>(Request&)>;
// Whether a guard takes longer than a thread that serves requests should be held up.
using Slow = std::function<bool(const Request&)>;

struct Route {
  Method method = Method::get;
  std::string pattern;
  std::vector<std::string> segments;  // of the pattern; "{}" stands for any one segment
  std::size_t body_limit = 0;         // octets
  Handler handler;
  Guard guard;            // may be empty
  Slow is_slow;           // may be empty: never
  std::size_t index = 0;  // among the router's routes
};

// Immutable once the server runs, so that all threads may use it.
class Router {
 public:
  // Pattern as in "/challenge-response/v1/session/{}".
  void add(Method method, std::string_view pattern, std::size_t body_limit, Handler handler, Guard guard = {},
           Slow is_slow = {});

  struct NotFound {};
  struct MethodNotAllowed {
    std::string allow;  // for the Allow header
  };
  // Moves segments of the target to request.path_parameters when a route is found. HEAD is served by GET's route.
  [[nodiscard]] std::variant<const Route*, NotFound, MethodNotAllowed> find(Request& request) const;

  [[nodiscard]] const std::vector<Route>& routes() const noexcept { return routes_; }

  // The whole way of a request that has its body already: tests and fuzzers.
  [[nodiscard]] Response handle(Request request) const;

 private:
  std::vector<Route> routes_;
};

// A body is read as it comes, and nothing here is decompressed: whoever says otherwise means other octets (RFC 9110
// section 8.4).
[[nodiscard]] bool has_coded_body(const Request& request);

[[nodiscard]] Response not_found_response();
[[nodiscard]] Response coded_body_response();
[[nodiscard]] Response method_not_allowed_response(const Router::MethodNotAllowed& refusal);

}  // namespace credence::service::http
