#include "wire/cbor/diagnostic.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <format>
#include <limits>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "wire/cbor/reader.h"

namespace credence::cbor {
namespace {

std::string negative_text(std::uint64_t argument) {
  if (argument == std::numeric_limits<std::uint64_t>::max()) return "-18446744073709551616";
  return std::format("-{}", argument + 1);
}

std::string float_text(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  std::string text = std::format("{}", value);
  // A point tells a float from an integer (RFC 8949 appendix A: 1.0e+300).
  if (!text.contains('.')) text.insert(std::min(text.find('e'), text.size()), ".0");
  return text;
}

// Control characters are escaped: hostile text must not steer the terminal it is shown on.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char character : text) {
    if (character == '"' || character == '\\') {
      out += '\\';
      out += character;
    } else if (static_cast<unsigned char>(character) < 0x20 || character == 0x7f) {
      out += std::format("\\u{:04x}", static_cast<unsigned>(character));
    } else {
      out += character;
    }
  }
  return out + '"';
}

std::string simple_text(std::uint8_t value) {
  switch (value) {
    case 20:
      return "false";
    case 21:
      return "true";
    case 22:
      return "null";
    case 23:
      return "undefined";
    default:
      return std::format("simple({})", value);
  }
}

// Recurses once a level, which the reader's depth limit bounds.
class Printer {
 public:
  Printer(ByteView input, const Limits& limits) : reader_(input, limits) {}

  [[nodiscard]] Result<std::string> print() {
    CHECK(item());
    CHECK(reader_.finish());
    return std::move(out_);
  }

 private:
  [[nodiscard]] Result<void> item() {
    TRY(const Type type, reader_.peek());
    switch (type) {
      case Type::array:
        return array();
      case Type::map:
        return map();
      case Type::tag:
        return tag();
      default: {
        TRY(const std::string text, scalar(type));
        out_ += text;
        return {};
      }
    }
  }

  [[nodiscard]] Result<std::string> scalar(Type type) {
    switch (type) {
      case Type::unsigned_integer:
        return reader_.unsigned_integer().transform([](std::uint64_t value) { return std::format("{}", value); });
      case Type::negative_integer:
        return reader_.negative_integer().transform(negative_text);
      case Type::byte_string:
        return reader_.bytes().transform([](ByteView value) { return "h'" + to_hex(value) + "'"; });
      case Type::text_string:
        return reader_.text().transform(quoted);
      case Type::floating_point:
        return reader_.floating_point().transform(float_text);
      default:
        return reader_.simple().transform(simple_text);
    }
  }

  [[nodiscard]] Result<void> tag() {
    TRY(const std::uint64_t number, reader_.tag());
    out_ += std::format("{}(", number);
    CHECK(item());
    out_ += ')';
    return {};
  }

  [[nodiscard]] Result<void> array() {
    TRY(Reader::Array items, reader_.array());
    out_ += items.size() ? "[" : "[_";
    for (bool first = true;; first = false) {
      TRY(const bool more, items.next(reader_));
      if (!more) return close(first, ']');
      open_line(first);
      CHECK(item());
    }
  }

  [[nodiscard]] Result<void> map() {
    TRY(Reader::Map entries, reader_.map());
    out_ += entries.size() ? "{" : "{_";
    for (bool first = true;; first = false) {
      TRY(const bool more, entries.next(reader_));
      if (!more) return close(first, '}');
      open_line(first);
      CHECK(item());
      out_ += ": ";
      CHECK(item());
    }
  }

  void open_line(bool first) {
    if (first) ++level_;
    out_ += first ? "\n" : ",\n";
    out_.append(2 * level_, ' ');
  }

  [[nodiscard]] Result<void> close(bool empty, char bracket) {
    if (!empty) {
      --level_;
      out_ += '\n';
      out_.append(2 * level_, ' ');
    }
    out_ += bracket;
    return {};
  }

  Reader reader_;
  std::string out_;
  std::size_t level_ = 0;
};

}  // namespace

Result<std::string> to_diagnostic(ByteView input, const Limits& limits) { return Printer(input, limits).print(); }

}  // namespace credence::cbor
