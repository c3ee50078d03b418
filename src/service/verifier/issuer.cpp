#include "service/verifier/issuer.h"

#include <algorithm>
#include <format>
#include <string_view>

#include "client/url.h"

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
  // A name, which nobody connects to.
  if (scheme == "http" || scheme == "https") return client::check_url(issuer, true);
  return {};
}

}  // namespace credence::service
