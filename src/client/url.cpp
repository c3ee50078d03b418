#include "client/url.h"

#include <format>
#include <memory>

#include "client/libcurl.h"

namespace credence::client {
namespace {

struct UrlCleanup {
  const Libcurl* curl;
  void operator()(CURLU* url) const noexcept { curl->url_cleanup(url); }
};
using Url = std::unique_ptr<CURLU, UrlCleanup>;

Result<Url> parse(const std::string& text) {
  TRY(const Libcurl* const curl, libcurl());
  Url url(curl->url(), UrlCleanup{.curl = curl});
  if (!url || curl->url_set(url.get(), CURLUPART_URL, text.c_str(), CURLU_DISALLOW_USER) != CURLUE_OK) {
    return fail(Errc::usage, std::format("expected a URL like https://host:port without a user, got \"{}\"", text));
  }
  return url;
}

// Empty when the part is absent.
std::string part_of(const Url& url, CURLUPart part, unsigned flags = 0) {
  const Libcurl& curl = *url.get_deleter().curl;
  char* text = nullptr;
  if (curl.url_get(url.get(), part, &text, flags) != CURLUE_OK) return {};
  std::string copy(text);
  curl.free(text);
  return copy;
}

bool is_loopback(std::string_view host) noexcept {
  if (host == "localhost" || host == "[::1]") return true;
  return host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string_view::npos;
}

std::string origin_of(const Url& url) {
  return part_of(url, CURLUPART_SCHEME) + "://" + part_of(url, CURLUPART_HOST) + ":" +
         part_of(url, CURLUPART_PORT, CURLU_DEFAULT_PORT);
}

}  // namespace

Result<void> check_url(const std::string& url, bool allow_insecure_http) {
  TRY(const Url parsed, parse(url));
  const std::string scheme = part_of(parsed, CURLUPART_SCHEME);
  if (scheme == "https") return {};
  if (scheme != "http") return fail(Errc::usage, std::format("expected an https URL, got \"{}\"", url));
  if (allow_insecure_http || is_loopback(part_of(parsed, CURLUPART_HOST))) return {};
  return fail(Errc::usage, std::format("plain HTTP is only for loopback: use https instead of \"{}\"", url));
}

std::string endpoint(std::string_view base, std::string_view path) {
  while (base.ends_with('/')) base.remove_suffix(1);
  return std::string(base) + std::string(path);
}

Result<std::string> resolve_same_origin(const std::string& url, const std::string& location) {
  TRY(const Url base, parse(url));
  TRY(const Url target, parse(url));
  if (target.get_deleter().curl->url_set(target.get(), CURLUPART_URL, location.c_str(), CURLU_DISALLOW_USER) !=
      CURLUE_OK) {
    return fail(Errc::malformed, std::format("Location: expected a URL, got \"{}\"", location));
  }
  // A redirection by another name: it would take evidence to a host that nobody configured.
  if (origin_of(base) != origin_of(target)) {
    return fail(Errc::untrusted_verifier, std::format("Location leads from {} to {}", url, location));
  }
  return part_of(target, CURLUPART_URL);
}

std::string percent_encode(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool unreserved = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                            std::string_view("-._~").contains(c);
    if (unreserved) {
      out.push_back(c);
    } else {
      const auto octet = static_cast<unsigned char>(c);
      out += {'%', kDigits[octet >> 4], kDigits[octet & 15]};
    }
  }
  return out;
}

}  // namespace credence::client
