#include "service/verifier/issuer.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <format>
#include <string_view>
#include <system_error>

namespace credence::service {
namespace {

constexpr std::string_view kUriLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
                           kUriDigits = "0123456789";

bool is_uri_letter(char c) { return kUriLetters.contains(c); }
bool is_uri_alphanumeric(char c) { return is_uri_letter(c) || kUriDigits.contains(c); }
bool is_uri_hexadecimal(char c) { return kUriDigits.contains(c) || std::string_view("abcdefABCDEF").contains(c); }

// RFC 3986 section 3.1.
bool is_scheme(std::string_view text) {
  return !text.empty() && is_uri_letter(text[0]) && std::ranges::all_of(text, [](char c) {
    return is_uri_alphanumeric(c) || std::string_view("+-.").contains(c);
  });
}

// The characters of RFC 3986 section 2, and nothing percent-encoded by half.
bool has_characters_of_uris(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      if (i + 2 >= text.size() || !is_uri_hexadecimal(text[i + 1]) || !is_uri_hexadecimal(text[i + 2])) return false;
      i += 2;
    } else if (!is_uri_alphanumeric(text[i]) && !std::string_view("-._~:/?#[]@!$&'()*+,;=").contains(text[i])) {
      return false;
    }
  }
  return true;
}

bool is_host(std::string_view text) {
  if (!text.starts_with('['))
    return !text.empty() && std::ranges::all_of(text, [](char c) {
      return is_uri_alphanumeric(c) || std::string_view("-._~%").contains(c);
    });
  in6_addr address{};
  return text.ends_with(']') &&
         ::inet_pton(AF_INET6, std::string(text.substr(1, text.size() - 2)).c_str(), &address) == 1;
}

// RFC 3986 section 3.2.3; with nothing after the colon it is the scheme's.
bool is_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return text.empty() || (error == std::errc() && end == text.data() + text.size());
}

// What is below a scheme of the web: "//", a host, perhaps a port; no user. Nobody connects to this name: the client's
// parser would load the HTTP client into a verifier that asks nobody (docs/decisions/curl.md).
bool has_host(std::string_view below) {
  if (!below.starts_with("//")) return false;
  const std::string_view authority = below.substr(2, below.find_first_of("/?#", 2) - 2);
  const std::size_t colon = authority.find(':', authority.starts_with('[') ? authority.find(']') : 0);
  const bool has_port = colon != std::string_view::npos;
  return is_host(authority.substr(0, colon)) && (!has_port || is_port(authority.substr(colon + 1)));
}

}  // namespace

Result<void> check_issuer(const std::string& issuer) {
  if (!issuer.contains(':')) {
    const bool printable = std::ranges::all_of(issuer, [](char c) { return c > ' ' && c <= '~'; });
    return printable ? Result<void>{}
                     : fail(Errc::usage, std::format("expected a URI, or a name without spaces, got \"{}\"", issuer));
  }
  const std::string_view text = issuer, scheme = text.substr(0, text.find(':'));
  const bool has_scheme = is_scheme(scheme) && scheme.size() + 1 < text.size();
  if (!has_scheme || !has_characters_of_uris(text))
    return fail(Errc::usage, std::format("expected a URI such as https://verifier.example, got \"{}\"", issuer));
  const bool is_of_the_web = scheme == "http" || scheme == "https";
  if (is_of_the_web && !has_host(text.substr(scheme.size() + 1)))
    return fail(Errc::usage, std::format("expected a URL like https://host:port without a user, got \"{}\"", issuer));
  return {};
}

}  // namespace credence::service
