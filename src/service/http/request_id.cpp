#include "service/http/request_id.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace credence::service::http {
namespace {

constexpr std::size_t kLongest = 64;

// A log line is about one request, and one thread writes it: this is no state that requests share.
thread_local std::string_view current_id;

bool is_allowed(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

bool is_acceptable(std::string_view id) noexcept {
  return !id.empty() && id.size() <= kLongest && std::ranges::all_of(id, is_allowed);
}

}  // namespace

std::string RequestIds::id_of(const Request& request) {
  const auto given = request.header(kRequestIdHeader);
  if (given && *given && is_acceptable(**given)) return std::string(**given);
  return make();
}

std::string RequestIds::make() {
  std::array<char, 16> digits;
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), next_.fetch_add(1), 16);
  const std::string_view number(digits.data(), end);
  std::string id;
  id.reserve(prefix_.size() + 1 + number.size());
  id.append(prefix_).append("-").append(number);
  return id;
}

RequestScope::RequestScope(std::string_view id) noexcept { current_id = id; }
RequestScope::~RequestScope() { current_id = {}; }
std::string_view RequestScope::current() noexcept { return current_id; }

}  // namespace credence::service::http
