#include "wire/json/json.h"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <format>
#include <limits>

namespace credence::json {
namespace {

void append_pretty(std::string& out, const Value& value, std::size_t level);

void new_line(std::string& out, std::size_t level) {
  out += '\n';
  out.append(2 * level, ' ');
}

void append_pretty_members(std::string& out, const Object& object, std::size_t level) {
  out += '{';
  for (bool first = true; const auto& [name, member] : object) {
    if (!first) out += ',';
    first = false;
    new_line(out, level + 1);
    out += boost::json::serialize(boost::json::string_view(name)) + ": ";
    append_pretty(out, member, level + 1);
  }
  new_line(out, level);
  out += '}';
}

void append_pretty_elements(std::string& out, const Array& array, std::size_t level) {
  out += '[';
  for (bool first = true; const Value& element : array) {
    if (!first) out += ',';
    first = false;
    new_line(out, level + 1);
    append_pretty(out, element, level + 1);
  }
  new_line(out, level);
  out += ']';
}

void append_pretty(std::string& out, const Value& value, std::size_t level) {
  if (const Object* object = value.if_object(); object != nullptr && !object->empty()) {
    append_pretty_members(out, *object, level);
  } else if (const Array* array = value.if_array(); array != nullptr && !array->empty()) {
    append_pretty_elements(out, *array, level);
  } else {
    out += boost::json::serialize(value);
  }
}

std::unexpected<Error> wrong_type(std::string_view path, std::string_view expected, const Value& value) {
  const boost::json::string_view kind = boost::json::to_string(value.kind());
  return fail_in(Errc::unexpected_type, std::string(path),
                 std::format("expected {}, got {}", expected, std::string_view(kind.data(), kind.size())));
}

Result<std::string_view> as_string(const Value& value, std::string_view path) {
  const boost::json::string* text = value.if_string();
  if (text == nullptr) return wrong_type(path, "a string", value);
  return std::string_view(text->data(), text->size());
}

// A number with a fraction or an exponent is no integer here, whatever its value: 1e0 is not another way to write 1.
Result<std::int64_t> as_integer(const Value& value, std::string_view path) {
  if (const std::int64_t* number = value.if_int64()) return *number;
  if (value.is_uint64()) {
    return fail_in(Errc::invalid_value, std::string(path), "expected an integer of 64 bits with its sign");
  }
  return wrong_type(path, "an integer", value);
}

Result<const Array*> as_array(const Value& value, std::string_view path) {
  if (const Array* array = value.if_array()) return array;
  return wrong_type(path, "an array", value);
}

Result<const Value*> required(const Object& object, std::string_view member, std::string_view expected) {
  if (const Value* value = object.if_contains(member)) return value;
  return fail_in(Errc::missing_member, std::string(member), std::format("expected {}, got nothing", expected));
}

// What a string may hold as it is; anything else is left to boost::json, control characters and UTF-8 too.
constexpr bool is_plain(std::uint8_t c) noexcept { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; }

// Sixteen at a time, which compilers make vectors of: a session's answer has thousands, and one at a time they took 1 %
// of the whole session.
bool needs_no_escape(std::string_view text) noexcept {
  constexpr std::size_t kBlock = 16;
  for (; text.size() >= kBlock; text.remove_prefix(kBlock)) {
    std::uint8_t others = 0;
    for (std::size_t i = 0; i < kBlock; ++i) {
      const auto c = static_cast<std::uint8_t>(text[i]);
      others |= static_cast<std::uint8_t>(!is_plain(c));
    }
    if (others != 0) return false;
  }
  return std::ranges::all_of(text, [](char c) { return is_plain(static_cast<std::uint8_t>(c)); });
}

}  // namespace

std::string to_text(const Value& value) { return boost::json::serialize(value); }

void append_string(std::string& to, std::string_view text) {
  if (!needs_no_escape(text)) {
    to.append(boost::json::serialize(boost::json::string_view(text)));
    return;
  }
  (to += '"').append(text) += '"';
}

std::string to_pretty_text(const Value& value) {
  std::string out;
  append_pretty(out, value, 0);
  return out;
}

Result<const Object*> as_object(const Value& value, std::string_view path) {
  if (const Object* object = value.if_object()) return object;
  return wrong_type(path, "an object", value);
}

Result<std::string_view> required_text(const Object& object, std::string_view member) {
  TRY(const Value* value, required(object, member, "a string"));
  return as_string(*value, member);
}

Result<std::int64_t> required_integer(const Object& object, std::string_view member) {
  TRY(const Value* value, required(object, member, "an integer"));
  return as_integer(*value, member);
}

Result<const Object*> required_object(const Object& object, std::string_view member) {
  TRY(const Value* value, required(object, member, "an object"));
  return as_object(*value, member);
}

Result<const Array*> required_array(const Object& object, std::string_view member) {
  TRY(const Value* value, required(object, member, "an array"));
  return as_array(*value, member);
}

Result<std::optional<std::string_view>> optional_text(const Object& object, std::string_view member) {
  const Value* value = object.if_contains(member);
  if (value == nullptr) return std::nullopt;
  return as_string(*value, member);
}

Result<std::optional<std::int64_t>> optional_integer(const Object& object, std::string_view member) {
  const Value* value = object.if_contains(member);
  if (value == nullptr) return std::nullopt;
  return as_integer(*value, member);
}

Result<const Object*> optional_object(const Object& object, std::string_view member) {
  const Value* value = object.if_contains(member);
  if (value == nullptr) return nullptr;
  return as_object(*value, member);
}

}  // namespace credence::json
