// CBOR from diagnostic notation (RFC 8949 section 8), as much of it as drafts and the vectors of others use: integers,
// text, h'', arrays, maps, tags, true, false, null and comments between slashes.
#pragma once

#include <cctype>
#include <charconv>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "wire/cbor/writer.h"

namespace credence::test {

class DiagnosticReader {
 public:
  explicit DiagnosticReader(std::string_view text) : text_(text) {}

  Bytes read() {
    Bytes item = read_item();
    if (peek() != '\0') fail("the end");
    return item;
  }

 private:
  [[noreturn]] void fail(std::string_view expected) const {
    throw std::runtime_error("diagnostic notation: expected " + std::string(expected) + " at " +
                             std::string(text_.substr(0, 20)));
  }

  // The next character that counts; '\0' at the end.
  char peek() {
    while (!text_.empty()) {
      if (text_.front() == '/') {
        const std::size_t end = text_.find('/', 1);
        if (end == std::string_view::npos) fail("the end of a comment");
        text_.remove_prefix(end + 1);
      } else if (std::isspace(static_cast<unsigned char>(text_.front())) != 0) {
        text_.remove_prefix(1);
      } else {
        return text_.front();
      }
    }
    return '\0';
  }
  bool skip(char c) {
    if (peek() != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  void expect(char c) {
    if (!skip(c)) fail(std::string(1, c));
  }

  bool skip_word(std::string_view word) {
    if (!text_.starts_with(word)) return false;
    text_.remove_prefix(word.size());
    return true;
  }

  std::string_view until(char quote) {
    const std::size_t end = text_.find(quote);
    if (end == std::string_view::npos) fail("a closing quote");
    const std::string_view inside = text_.substr(0, end);
    text_.remove_prefix(end + 1);
    return inside;
  }

  std::vector<Bytes> read_list(char close, bool of_pairs) {
    std::vector<Bytes> items;
    while (!skip(close)) {
      items.push_back(read_item());
      if (of_pairs) {
        expect(':');
        items.push_back(read_item());
      }
      if (!skip(',') && peek() != close) fail("a comma");
    }
    return items;
  }

  Bytes read_number() {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), number);
    if (error != std::errc{}) fail("an item");
    text_.remove_prefix(static_cast<std::size_t>(end - text_.data()));
    if (!skip('(')) return cbor::Writer().integer(number).take();
    const Bytes inside = read_item();
    expect(')');
    return cbor::Writer().tag(static_cast<std::uint64_t>(number)).raw_item(inside).take();
  }

  Bytes read_item() {
    cbor::Writer writer;
    if (skip('{')) {
      const auto items = read_list('}', true);
      writer.map(items.size() / 2);
      for (const Bytes& item : items) writer.raw_item(item);
    } else if (skip('[')) {
      const auto items = read_list(']', false);
      writer.array(items.size());
      for (const Bytes& item : items) writer.raw_item(item);
    } else if (skip('"')) {
      writer.text(until('"'));
    } else if (skip('h')) {
      expect('\'');
      std::string hex(until('\''));
      std::erase_if(hex, [](unsigned char c) { return std::isspace(c) != 0; });
      writer.bytes(from_hex(hex).value());
    } else if (skip_word("true")) {
      writer.boolean(true);
    } else if (skip_word("false")) {
      writer.boolean(false);
    } else if (skip_word("null")) {
      writer.null();
    } else {
      return read_number();
    }
    return writer.take();
  }

  std::string_view text_;
};

[[nodiscard]] inline Bytes from_diagnostic(std::string_view text) { return DiagnosticReader(text).read(); }

}  // namespace credence::test
