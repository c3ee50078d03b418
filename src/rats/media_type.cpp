#include "rats/media_type.h"

#include <algorithm>
#include <cstddef>
#include <format>

namespace credence::rats {
namespace {

// tchar, RFC 9110 section 5.6.2.
constexpr bool is_token_character(char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         std::string_view("!#$%&'*+-.^_`|~").contains(c);
}

constexpr bool is_printable(char c) noexcept { return c >= 0x20 && c <= 0x7e; }

std::size_t token_size(std::string_view text) noexcept {
  return static_cast<std::size_t>(std::ranges::find_if_not(text, is_token_character) - text.begin());
}

// The number of characters of type "/" subtype at the start, 0 when they are not there.
std::size_t essence_size(std::string_view text) noexcept {
  const std::size_t type = token_size(text);
  if (type == 0 || type >= text.size() || text[type] != '/') return 0;
  const std::size_t subtype = token_size(text.substr(type + 1));
  return subtype == 0 ? 0 : type + 1 + subtype;
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; });
  return result;
}

class ParameterParser {
 public:
  ParameterParser(std::string_view text, std::size_t at) : text_(text), at_(at) {}

  [[nodiscard]] bool at_end() {
    skip_spaces();
    return at_ == text_.size();
  }

  Result<std::pair<std::string, std::string>> next() {
    if (text_[at_] != ';') return expected("';' before a parameter");
    ++at_;
    skip_spaces();
    const std::size_t name_size = token_size(text_.substr(at_));
    if (name_size == 0) return expected("the name of a parameter");
    std::string name = lower(text_.substr(at_, name_size));
    at_ += name_size;
    if (at_ == text_.size() || text_[at_] != '=') return expected("'=' after the name of a parameter");
    ++at_;
    TRY(std::string value, at_ < text_.size() && text_[at_] == '"' ? quoted_value() : token_value());
    return std::pair{std::move(name), std::move(value)};
  }

 private:
  void skip_spaces() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
  }

  [[nodiscard]] std::unexpected<Error> expected(std::string_view what) const {
    return fail_at(Errc::malformed, at_, std::format("media type: expected {}", what));
  }

  Result<std::string> token_value() {
    const std::size_t size = token_size(text_.substr(at_));
    if (size == 0) return expected("a token or a quoted string");
    at_ += size;
    return std::string(text_.substr(at_ - size, size));
  }

  Result<std::string> quoted_value() {
    std::string value;
    for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
      if (text_[at_] == '\\') ++at_;
      if (at_ == text_.size() || !is_printable(text_[at_])) return expected("a printable character");
      value += text_[at_];
    }
    if (at_ == text_.size()) return expected("the closing quote");
    ++at_;
    return value;
  }

  std::string_view text_;
  std::size_t at_;
};

}  // namespace

std::optional<std::string_view> MediaType::parameter(std::string_view name) const noexcept {
  const auto found =
      std::ranges::find(parameters, name, [](const auto& entry) { return std::string_view(entry.first); });
  if (found == parameters.end()) return std::nullopt;
  return found->second;
}

Result<MediaType> parse_media_type(std::string_view text) {
  const std::size_t size = essence_size(text);
  if (size == 0) return fail_at(Errc::malformed, 0, "media type: expected type/subtype");
  MediaType media_type{.essence = lower(text.substr(0, size)), .parameters = {}};
  ParameterParser parser(text, size);
  while (!parser.at_end()) {
    TRY(auto parameter, parser.next());
    if (media_type.parameter(parameter.first)) {
      return fail_in(Errc::duplicate_key, parameter.first, "media type: the parameter occurs twice");
    }
    media_type.parameters.push_back(std::move(parameter));
  }
  return media_type;
}

bool looks_like_media_type(std::string_view text) noexcept {
  const std::size_t size = essence_size(text);
  if (size == 0) return false;
  const std::string_view rest = text.substr(size);
  const std::size_t separator = rest.find_first_not_of(" \t");
  return rest.empty() ||
         (separator != std::string_view::npos && rest[separator] == ';' && std::ranges::all_of(rest, is_printable));
}

}  // namespace credence::rats
