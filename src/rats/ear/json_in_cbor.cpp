#include "rats/ear/json_in_cbor.h"

#include <cmath>
#include <string>
#include <utility>

#include "base/text.h"
#include "wire/cbor/writer.h"

namespace credence::rats {
namespace {

constexpr std::size_t kDeepest = 16;

std::unexpected<Error> too_deep() { return fail(Errc::too_deep, "expected at most 16 levels of arrays and objects"); }

Result<void> write(const json::Value& value, cbor::Writer& writer, std::size_t depth);

Result<void> write_array(const json::Array& array, cbor::Writer& writer, std::size_t depth) {
  writer.array(array.size());
  for (const json::Value& element : array) CHECK(write(element, writer, depth + 1));
  return {};
}

Result<void> write_object(const json::Object& object, cbor::Writer& writer, std::size_t depth) {
  writer.map(object.size());
  for (const auto& [key, value] : object) {
    writer.text(key);
    CHECK(write(value, writer, depth + 1));
  }
  return {};
}

Result<void> write(const json::Value& value, cbor::Writer& writer, std::size_t depth) {
  if (depth > kDeepest) return too_deep();
  if (const json::Array* array = value.if_array()) return write_array(*array, writer, depth);
  if (const json::Object* object = value.if_object()) return write_object(*object, writer, depth);
  if (value.is_string()) {
    writer.text(value.get_string());
  } else if (value.is_bool()) {
    writer.boolean(value.get_bool());
  } else if (value.is_int64()) {
    writer.integer(value.get_int64());
  } else if (value.is_uint64()) {
    writer.unsigned_integer(value.get_uint64());
  } else if (value.is_double()) {
    writer.floating_point(value.get_double());
  } else {
    writer.null();
  }
  return {};
}

Result<json::Value> read_array(cbor::Reader& reader) {
  json::Array array;
  TRY(cbor::Reader::Array items, reader.array());
  while (true) {
    TRY(const bool more, items.next(reader));
    if (!more) return array;
    TRY(json::Value element, json_from_cbor(reader));
    array.push_back(std::move(element));
  }
}

Result<std::string> read_key(cbor::Reader& reader) {
  TRY(const cbor::Type type, reader.peek());
  if (type == cbor::Type::text_string) {
    TRY(const std::string_view text, reader.text());
    return std::string(text);
  }
  TRY(const std::int64_t number, reader.integer());
  return std::to_string(number);
}

Result<json::Value> read_map(cbor::Reader& reader) {
  json::Object object;
  TRY(cbor::Reader::Map map, reader.map());
  while (true) {
    TRY(const bool more, map.next(reader));
    if (!more) return object;
    const std::size_t start = reader.offset();
    TRY(const std::string key, read_key(reader));
    TRY(json::Value value, json_from_cbor(reader));
    // 1 and "1" are two keys in CBOR and one in JSON: either choice would hide the other value.
    if (!object.emplace(key, std::move(value)).second)
      return fail_at(Errc::duplicate_key, start, "expected keys that differ as texts, got " + key + " twice");
  }
}

// As the JSON parser keeps it: signed where it fits. Who asks for an integer of JSON asks for a signed one.
json::Value unsigned_value(std::uint64_t number) {
  if (std::in_range<std::int64_t>(number)) return static_cast<std::int64_t>(number);
  return number;
}

Result<json::Value> read_number(cbor::Reader& reader) {
  const std::size_t start = reader.offset();
  TRY(const double number, reader.floating_point());
  if (!std::isfinite(number)) return fail_at(Errc::unsupported, start, "expected a finite number");
  return json::Value(number);
}

}  // namespace

Result<Bytes> json_to_cbor(const json::Value& value) {
  cbor::Writer writer;
  CHECK(write(value, writer, 0));
  return writer.take();
}

// The reader bounds the depth: containers and tags count alike.
Result<json::Value> json_from_cbor(cbor::Reader& reader) {
  TRY(const cbor::Type type, reader.peek());
  switch (type) {
    case cbor::Type::unsigned_integer:
      return reader.unsigned_integer().transform(unsigned_value);
    case cbor::Type::negative_integer:
      return reader.integer().transform([](std::int64_t number) { return json::Value(number); });
    case cbor::Type::byte_string:
      return reader.bytes().transform([](ByteView octets) { return json::Value(to_base64url(octets)); });
    case cbor::Type::text_string:
      return reader.text().transform([](std::string_view text) { return json::Value(text); });
    case cbor::Type::boolean:
      return reader.boolean().transform([](bool truth) { return json::Value(truth); });
    case cbor::Type::floating_point:
      return read_number(reader);
    case cbor::Type::array:
      return read_array(reader);
    case cbor::Type::map:
      return read_map(reader);
    case cbor::Type::tag: {
      TRY(std::ignore, reader.tag());
      return json_from_cbor(reader);
    }
    case cbor::Type::null:
      return reader.null().transform([] { return json::Value(nullptr); });
    default:
      break;
  }
  return fail_at(Errc::unsupported, reader.offset(), "expected a value that JSON can say");
}

}  // namespace credence::rats
