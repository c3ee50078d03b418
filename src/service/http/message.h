// Requests and responses as handlers see them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "service/access/principal.h"
#include "service/http/status.h"
#include "service/http/stream.h"
#include "service/http/target.h"

namespace credence::service::http {

enum class Method : std::uint8_t { get, head, post, remove, other };
[[nodiscard]] std::string_view name(Method method) noexcept;

struct Request {
  Method method = Method::get;
  Target target;  // once it has a route, without the segments in path_parameters
  std::vector<std::pair<std::string, std::string>> headers;
  std::vector<std::string> path_parameters;    // what the route's {} stood for, in order
  std::string client;                          // where it comes from: an IPv4 address or an IPv6 network of 64 bits
  std::vector<std::string> certificate_names;  // of the client, once its chain was good: see peer_names.h
  Timestamp certificate_end{};                 // when it, or one of its chain, expires
  access::Principal principal;                 // who calls: set by the guard, before any handler
  bool local = false;                          // from a loopback address: a program on this machine, perhaps a proxy
  Bytes body;

  // The value of a header that may occur once; Errc::malformed when it is repeated.
  [[nodiscard]] Result<std::optional<std::string_view>> header(std::string_view name) const;
  // The values of a list header (RFC 9110 section 5.3), joined; empty when absent.
  [[nodiscard]] std::string list_header(std::string_view name) const;
};

struct Response {
  unsigned status = kOk;
  std::vector<std::pair<std::string, std::string>> headers{};
  std::string body{};
  std::shared_ptr<ResponseStream> stream{};  // the rest of the body, as it comes
  std::string refused{};  // why what was asked for is not done, where the status says success; for logs, never sent
};

// Header names, media types and schemes compare without regard to the case of ASCII letters.
[[nodiscard]] bool same_ignoring_case(std::string_view left, std::string_view right) noexcept;

}  // namespace credence::service::http
