// Parsing: Boost.JSON's own parser keeps the last of two equal keys, so its handler is replaced by one that refuses.
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/value_stack.hpp>
#include <format>
#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "wire/json/json.h"

namespace credence::json {
namespace {

using ErrorCode = boost::system::error_code;

// Builds a value from the events of the parser. Returning false stops the parser where it is.
class Builder {
 public:
  static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);

  [[nodiscard]] bool found_duplicate() const { return found_duplicate_; }
  [[nodiscard]] Value release() { return stack_.release(); }

  bool on_document_begin(ErrorCode&) {
    stack_.reset();
    return true;
  }
  bool on_document_end(ErrorCode&) { return true; }
  bool on_object_begin(ErrorCode&) {
    keys_.emplace_back();
    return true;
  }
  bool on_object_end(std::size_t size, ErrorCode&) {
    keys_.pop_back();
    stack_.push_object(size);
    return true;
  }
  bool on_array_begin(ErrorCode&) { return true; }
  bool on_array_end(std::size_t size, ErrorCode&) {
    stack_.push_array(size);
    return true;
  }
  bool on_key_part(std::string_view part, std::size_t, ErrorCode&) {
    stack_.push_chars(part);
    key_ += part;
    return true;
  }
  bool on_key(std::string_view last_part, std::size_t, ErrorCode& error) {
    stack_.push_key(last_part);
    key_ += last_part;
    // RFC 8259 section 4: with equal names "the behavior of software that receives such an object is unpredictable".
    // An attacker has one reader verify the first member and another one use the last.
    found_duplicate_ = !keys_.back().insert(std::exchange(key_, {})).second;
    if (found_duplicate_) error = boost::json::error::syntax;
    return !found_duplicate_;
  }
  bool on_string_part(std::string_view part, std::size_t, ErrorCode&) {
    stack_.push_chars(part);
    return true;
  }
  bool on_string(std::string_view last_part, std::size_t, ErrorCode&) {
    stack_.push_string(last_part);
    return true;
  }
  bool on_number_part(std::string_view, ErrorCode&) { return true; }
  bool on_int64(std::int64_t value, std::string_view, ErrorCode&) {
    stack_.push_int64(value);
    return true;
  }
  bool on_uint64(std::uint64_t value, std::string_view, ErrorCode&) {
    stack_.push_uint64(value);
    return true;
  }
  bool on_double(double value, std::string_view, ErrorCode&) {
    stack_.push_double(value);
    return true;
  }
  bool on_bool(bool value, ErrorCode&) {
    stack_.push_bool(value);
    return true;
  }
  bool on_null(ErrorCode&) {
    stack_.push_null();
    return true;
  }
  bool on_comment_part(std::string_view, ErrorCode&) { return true; }
  bool on_comment(std::string_view, ErrorCode&) { return true; }

 private:
  boost::json::value_stack stack_;
  std::string key_;                                       // parts of the coming key
  std::vector<std::set<std::string, std::less<>>> keys_;  // of each open object; a tree, which no choice of keys slows
  bool found_duplicate_ = false;
};

Errc code_of(const ErrorCode& error) {
  if (error == boost::json::error::incomplete) return Errc::truncated;
  if (error == boost::json::error::extra_data) return Errc::trailing_bytes;
  return error == boost::json::error::too_deep ? Errc::too_deep : Errc::malformed;
}

}  // namespace

Result<Value> parse(std::string_view text, const Limits& limits) {
  if (text.size() > limits.bytes) {
    return fail_at(Errc::too_large, limits.bytes,
                   std::format("JSON: expected at most {} octets, got {}", limits.bytes, text.size()));
  }
  boost::json::parse_options options;
  options.max_depth = limits.depth;
  boost::json::basic_parser<Builder> parser(options);
  ErrorCode error;
  const std::size_t consumed = parser.write_some(false, text.data(), text.size(), error);
  if (parser.handler().found_duplicate()) {
    return fail_at(Errc::duplicate_key, consumed, "JSON: expected a member name that is not in the object yet");
  }
  if (!error && consumed < text.size()) error = boost::json::error::extra_data;
  if (error) return fail_at(code_of(error), consumed, std::format("JSON: {}", error.message()));
  return parser.handler().release();
}

}  // namespace credence::json
