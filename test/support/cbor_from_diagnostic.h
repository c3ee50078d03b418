// CBOR diagnostic notation (RFC 8949 section 8), as the examples of drafts are written in: integers, texts, h'..',
// arrays, maps, tags, true, false, null and comments between slashes.
#pragma once

#include <cctype>
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

  // The one item of the text. Throws std::runtime_error where the text is none of the above.
  [[nodiscard]] Bytes item() {
    const Bytes encoded = next();
    skip();
    if (at_ != text_.size()) throw std::runtime_error("something follows the item");
    return encoded;
  }

 private:
  void skip() {
    while (at_ < text_.size() && (std::isspace(static_cast<unsigned char>(text_[at_])) != 0 || text_[at_] == '/')) {
      if (text_[at_] == '/') at_ = text_.find('/', at_ + 1);
      ++at_;
    }
  }
  char peek() {
    skip();
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  bool take(std::string_view token) {
    skip();
    if (!text_.substr(at_).starts_with(token)) return false;
    at_ += token.size();
    return true;
  }
  std::string_view until(char end) {
    const std::size_t stop = text_.find(end, at_);
    if (stop == std::string_view::npos) throw std::runtime_error("a string has no end");
    const std::string_view found = text_.substr(at_, stop - at_);
    at_ = stop + 1;
    return found;
  }
  // A comma between, and perhaps one before the end.
  std::vector<Bytes> items(char end, bool pairs) {
    std::vector<Bytes> all;
    while (peek() != end) {
      all.push_back(next());
      if (pairs) {
        if (!take(":")) throw std::runtime_error("expected a colon");
        all.push_back(next());
      }
      (void)take(",");
    }
    ++at_;
    return all;
  }
  Bytes next() {
    if (take("h'")) {
      std::string hex(until('\''));
      std::erase_if(hex, [](unsigned char c) { return std::isspace(c) != 0; });
      return cbor::Writer().bytes(from_hex(hex).value()).take();
    }
    if (take("\"")) return cbor::Writer().text(until('"')).take();
    if (take("true")) return cbor::Writer().boolean(true).take();
    if (take("false")) return cbor::Writer().boolean(false).take();
    if (take("null")) return cbor::Writer().null().take();
    if (take("[")) return joined(cbor::Writer(), items(']', false), false);
    if (take("{")) return joined(cbor::Writer(), items('}', true), true);
    return number();
  }
  static Bytes joined(cbor::Writer writer, const std::vector<Bytes>& all, bool is_map) {
    if (is_map) {
      writer.map(all.size() / 2);
    } else {
      writer.array(all.size());
    }
    for (const Bytes& item : all) writer.raw_item(item);
    return writer.take();
  }
  Bytes number() {
    std::size_t size = 0;
    const long long value = std::stoll(std::string(text_.substr(at_)), &size);
    at_ += size;
    if (!take("(")) return cbor::Writer().integer(value).take();
    const Bytes content = next();
    if (!take(")")) throw std::runtime_error("a tag has no end");
    return cbor::Writer().tag(static_cast<std::uint64_t>(value)).raw_item(content).take();
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

[[nodiscard]] inline Bytes cbor_from_diagnostic(std::string_view text) { return DiagnosticReader(text).item(); }

}  // namespace credence::test
