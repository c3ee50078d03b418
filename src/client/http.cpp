#include "client/http.h"

#include <algorithm>

#include "client/easy.h"

namespace credence::client {

std::string_view HttpResponse::header(std::string_view name) const noexcept {
  const auto found = std::ranges::find(headers, name, [](const auto& pair) { return std::string_view(pair.first); });
  return found == headers.end() ? std::string_view() : std::string_view(found->second);
}

Result<HttpResponse> request(const HttpRequest& what, const HttpOptions& options) {
  TRY(const auto easy, Easy::make(what, options));
  return easy->finish(easy->perform());
}

}  // namespace credence::client
