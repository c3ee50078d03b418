#include "service/http/request_id.h"

#include <algorithm>
#include <format>

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

std::string RequestIds::make() { return std::format("{}-{:x}", prefix_, next_.fetch_add(1)); }

RequestScope::RequestScope(std::string_view id) noexcept { current_id = id; }
RequestScope::~RequestScope() { current_id = {}; }
std::string_view RequestScope::current() noexcept { return current_id; }

}  // namespace credence::service::http
