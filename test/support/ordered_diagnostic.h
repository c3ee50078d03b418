// CBOR from its diagnostic notation (RFC 8949 section 8), as far as the examples of the drafts use it: integers, texts,
// h'...', arrays, maps, tags, <<...>>, true, false, null and comments between slashes. Members keep their order. Commas
// may be left out, as in draft-ietf-cbor-edn-literals.
#pragma once

#include <cctype>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/text.h"

namespace credence::test {

class Diagnostic {
 public:
  [[nodiscard]] static Bytes encode(std::string_view text) {
    Diagnostic reader(text);
    Bytes octets = reader.item();
    reader.skip();
    if (!reader.text_.empty()) throw std::invalid_argument("octets after the item");
    return octets;
  }

 private:
  explicit Diagnostic(std::string_view text) : text_(text) {}

  void skip() {
    while (!text_.empty()) {
      if (std::isspace(static_cast<unsigned char>(text_.front())) != 0) {
        text_.remove_prefix(1);
      } else if (text_.front() == '/') {
        text_.remove_prefix(text_.find('/', 1) + 1);
      } else {
        return;
      }
    }
  }
  bool take(std::string_view token) {
    skip();
    if (!text_.starts_with(token)) return false;
    text_.remove_prefix(token.size());
    return true;
  }
  void expect(std::string_view token) {
    if (!take(token))
      throw std::invalid_argument("expected " + std::string(token) + " at " + std::string(text_.substr(0, 40)));
  }
  static Bytes head(std::uint8_t major, std::uint64_t value) {
    const std::size_t width = value < 24 ? 0 : value < 256 ? 1 : value < 65'536 ? 2 : value < 0x1'0000'0000 ? 4 : 8;
    const std::uint8_t codes[]{0, 24, 25, 0, 26, 0, 0, 0, 27};
    Bytes octets{static_cast<std::uint8_t>(major << 5 | (width == 0 ? value : codes[width]))};
    for (std::size_t i = width; i > 0; --i) octets.push_back(static_cast<std::uint8_t>(value >> ((i - 1) * 8)));
    return octets;
  }
  static Bytes with_head(std::uint8_t major, std::uint64_t size, ByteView content) {
    Bytes octets = head(major, size);
    append(octets, content);
    return octets;
  }

  Bytes until(std::string_view close, std::uint8_t major) {
    Bytes content;
    std::uint64_t items = 0;
    while (!take(close)) {
      append(content, item());
      if (major == 5) {
        expect(":");
        append(content, item());
      }
      ++items;
      take(",");
    }
    return with_head(major, items, content);
  }

  std::string_view quoted(char quote) {
    const std::size_t end = text_.find(quote);
    const std::string_view inside = text_.substr(0, end);
    text_.remove_prefix(end + 1);
    return inside;
  }

  Bytes item() {
    if (take("{")) return until("}", 5);
    if (take("[")) return until("]", 4);
    if (take("<<")) {
      const Bytes inside = item();
      expect(">>");
      return with_head(2, inside.size(), inside);
    }
    if (take("\"")) {
      const std::string_view text = quoted('"');
      return with_head(3, text.size(), as_bytes(text));
    }
    if (take("h'")) {
      std::string digits(quoted('\''));
      std::erase_if(digits, [](unsigned char c) { return std::isspace(c) != 0; });
      const Bytes octets = from_hex(digits).value();
      return with_head(2, octets.size(), octets);
    }
    if (take("true")) return {0xf5};
    if (take("false")) return {0xf4};
    if (take("null")) return {0xf6};
    return number();
  }

  Bytes number() {
    const bool negative = take("-");
    std::size_t used = 0;
    const std::uint64_t value = std::stoull(std::string(text_.substr(0, 20)), &used);
    text_.remove_prefix(used);
    if (negative) return head(1, value - 1);
    if (!text_.starts_with('(')) return head(0, value);
    text_.remove_prefix(1);
    Bytes octets = head(6, value);
    append(octets, item());
    expect(")");
    return octets;
  }

  std::string_view text_;
};

}  // namespace credence::test
