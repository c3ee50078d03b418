#include "service/http/message.h"

#include <algorithm>
#include <format>

namespace credence::service::http {
namespace {

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

bool same_ignoring_case(std::string_view left, std::string_view right) noexcept {
  return std::ranges::equal(left, right, {}, lower, lower);
}

std::string_view name(Method method) noexcept {
  switch (method) {
    case Method::get:
      return "GET";
    case Method::head:
      return "HEAD";
    case Method::post:
      return "POST";
    case Method::remove:
      return "DELETE";
    case Method::other:
      break;
  }
  return "other";
}

Result<std::optional<std::string_view>> Request::header(std::string_view name) const {
  std::optional<std::string_view> found;
  for (const auto& [key, value] : headers) {
    if (!same_ignoring_case(key, name)) continue;
    if (found) return fail(Errc::malformed, std::format("header {} is given more than once", name));
    found = value;
  }
  return found;
}

std::string Request::list_header(std::string_view name) const {
  std::string joined;
  for (const auto& [key, value] : headers) {
    if (!same_ignoring_case(key, name)) continue;
    if (!joined.empty()) joined += ", ";
    joined += value;
  }
  return joined;
}

}  // namespace credence::service::http
