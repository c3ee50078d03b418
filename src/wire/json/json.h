// JSON (RFC 8259) over Boost.JSON, with limits, without exceptions and with duplicate keys refused. The only place
// that names the library: everything else says json::Value, json::Object, json::Array.
#pragma once

#include <array>
#include <boost/json/array.hpp>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>
#include <boost/json/value.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace credence::json {

using Value = boost::json::value;
using Object = boost::json::object;
using Array = boost::json::array;

// Memory for a document that is built, written and forgotten: its members take no allocation each. Values from
// elsewhere are copied into it, so members that are objects are made in place, with emplace_object(). Outlives the
// object.
class Arena {
 public:
  [[nodiscard]] Object object() noexcept { return Object(&memory_); }

 private:
  static constexpr std::size_t kUsualDocument = 8'192;  // larger ones go on in the heap

  std::array<unsigned char, kUsualDocument> room_;
  boost::json::monotonic_resource memory_{room_.data(), room_.size()};
};

struct Limits {
  std::size_t bytes = 1 << 20;
  std::size_t depth = 16;
};

// Duplicate keys are an error: two readers that take different ones would see different statements.
[[nodiscard]] Result<Value> parse(std::string_view text, const Limits& limits = {});

[[nodiscard]] std::string to_text(const Value& value);         // compact, members in their order
void append_string(std::string& to, std::string_view text);    // `text` as a string, in quotes
[[nodiscard]] std::string to_pretty_text(const Value& value);  // indented, for people

// Members of an object by name. `required_*` fail with Errc::missing_member or unexpected_type and the path;
// `optional_*` return an empty optional when the member is absent, and fail when it has another type.
[[nodiscard]] Result<const Object*> as_object(const Value& value, std::string_view path);
[[nodiscard]] Result<std::string_view> required_text(const Object& object, std::string_view member);
[[nodiscard]] Result<std::int64_t> required_integer(const Object& object, std::string_view member);
[[nodiscard]] Result<const Object*> required_object(const Object& object, std::string_view member);
[[nodiscard]] Result<const Array*> required_array(const Object& object, std::string_view member);
[[nodiscard]] Result<std::optional<std::string_view>> optional_text(const Object& object, std::string_view member);
[[nodiscard]] Result<std::optional<std::int64_t>> optional_integer(const Object& object, std::string_view member);
[[nodiscard]] Result<const Object*> optional_object(const Object& object, std::string_view member);  // null: absent

}  // namespace credence::json
