#include "service/http/target.h"

#include <algorithm>
#include <cstddef>
#include <format>
#include <ranges>

namespace credence::service::http {
namespace {

constexpr std::size_t kMaxSegments = 16;
constexpr std::size_t kMaxParameters = 32;

int digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_control(char c) noexcept {
  const auto octet = static_cast<unsigned char>(c);
  return octet < 0x20 || octet == 0x7f;
}

std::unexpected<Error> control_refused() {
  return fail(Errc::malformed, "request target: control characters are not allowed");
}

Result<std::string> percent_decode(std::string_view text) {
  if (!text.contains('%')) {  // mostly
    if (std::ranges::any_of(text, is_control)) return control_refused();
    return std::string(text);
  }
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      const int high = i + 2 < text.size() ? digit(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? digit(text[i + 2]) : -1;
      if (high < 0 || low < 0) return fail(Errc::malformed, "request target: expected two hexadecimal digits after %");
      c = static_cast<char>(high * 16 + low);
      i += 2;
    }
    if (is_control(c)) return control_refused();
    out.push_back(c);
  }
  return out;
}

// How many parts `text` has between the separators, as far as they may be kept.
std::size_t parts_of(std::string_view text, char separator, std::size_t most) noexcept {
  return std::min(most, static_cast<std::size_t>(std::ranges::count(text, separator)) + 1);
}

Result<std::vector<std::string>> parse_path(std::string_view path) {
  std::vector<std::string> segments;
  if (path == "/") return segments;
  path.remove_prefix(1);
  segments.reserve(parts_of(path, '/', kMaxSegments));
  for (const auto part : path | std::views::split('/')) {
    if (segments.size() == kMaxSegments) return fail(Errc::malformed, "request target: too many path segments");
    TRY(std::string segment, percent_decode(std::string_view(part)));
    if (segment.empty() || segment == "." || segment == "..") {
      return fail(Errc::malformed, "request target: empty and dot segments are not allowed");
    }
    segments.push_back(std::move(segment));
  }
  return segments;
}

Result<std::vector<std::pair<std::string, std::string>>> parse_query(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> parameters;
  parameters.reserve(parts_of(query, '&', kMaxParameters));
  for (const auto part : query | std::views::split('&')) {
    const std::string_view pair(part);
    if (pair.empty()) continue;
    if (parameters.size() == kMaxParameters) return fail(Errc::malformed, "request target: too many parameters");
    const std::size_t equals = std::min(pair.find('='), pair.size());
    TRY(std::string name, percent_decode(pair.substr(0, equals)));
    TRY(std::string value, percent_decode(pair.substr(std::min(equals + 1, pair.size()))));
    parameters.emplace_back(std::move(name), std::move(value));
  }
  return parameters;
}

}  // namespace

Result<std::optional<std::string_view>> Target::parameter(std::string_view name) const {
  std::optional<std::string_view> found;
  for (const auto& [key, value] : query) {
    if (key != name) continue;
    if (found) return fail(Errc::duplicate_key, std::format("query parameter {} is given more than once", name));
    found = value;
  }
  return found;
}

Result<Target> parse_target(std::string_view text) {
  if (!text.starts_with('/')) return fail(Errc::malformed, "request target: expected a path that starts with /");
  const std::size_t question = std::min(text.find('?'), text.size());
  Target target;
  TRY(target.segments, parse_path(text.substr(0, question)));
  if (question < text.size()) {
    TRY(target.query, parse_query(text.substr(question + 1)));
  }
  return target;
}

}  // namespace credence::service::http
