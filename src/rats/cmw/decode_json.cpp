#include "base/text.h"
#include "rats/cmw/rules.h"
#include "wire/json/json.h"

namespace credence::rats {
namespace {

Result<Cmw> cmw_from(const json::Value& value, const CmwLimits& limits, std::size_t depth);

// json-record = [type: media-type, value: base64url-string, ? ind: uint .bits cm-type]
Result<Cmw> record_from(const json::Array& array) {
  if (array.size() < 2) return fail(Errc::missing_member, "expected [type, value] or [type, value, ind]");
  if (array.size() > 3) return fail(Errc::malformed, "expected at most three items in a CMW record");
  if (!array[0].is_string()) return fail_in(Errc::unexpected_type, "type", "expected a media type as a string");
  if (!array[1].is_string()) return fail_in(Errc::unexpected_type, "value", "expected base64url as a string");
  TRY(std::string type, check_media_type(array[0].get_string()));
  Result<Bytes> value = from_base64url(array[1].get_string());
  if (!value) return within("value", std::move(value).error());
  CmwRecord record{.type = std::move(type), .value = *std::move(value), .indicator = std::nullopt};
  if (array.size() == 2) return Cmw{std::move(record)};
  const auto indicator = array[2].try_to_number<std::uint64_t>();
  if (!array[2].is_number() || array[2].is_double() || !indicator) {
    return fail_in(Errc::unexpected_type, "ind", "expected an unsigned integer");
  }
  TRY(record.indicator, check_indicator(*indicator));
  return Cmw{std::move(record)};
}

Result<Cmw> collection_from(const json::Object& object, const CmwLimits& limits, std::size_t depth) {
  CHECK(check_depth(depth, limits));
  CmwCollection collection;
  for (const auto& [key, value] : object) {
    if (key == kCollectionTypeLabel) {
      if (!value.is_string()) return fail_in(Errc::unexpected_type, std::string(key), "expected a string");
      TRY(collection.collection_type, check_collection_type(value.get_string()));
      continue;
    }
    CmwLabel label = std::string(key);
    CHECK(check_new_entry(collection, label, limits));
    Result<Cmw> entry = cmw_from(value, limits, depth + 1);
    if (!entry) return within(key, std::move(entry).error());
    collection.entries.emplace_back(std::move(label), *std::move(entry));
  }
  CHECK(check_not_empty(collection));
  return Cmw{std::move(collection)};
}

Result<Cmw> cmw_from(const json::Value& value, const CmwLimits& limits, std::size_t depth) {
  if (value.is_array()) return record_from(value.get_array());
  if (value.is_object()) return collection_from(value.get_object(), limits, depth);
  return fail(Errc::unexpected_type, "expected a CMW: an array or an object");
}

}  // namespace

Result<Cmw> decode_cmw_json(std::string_view input, const CmwLimits& limits) {
  // A record below the deepest collection adds one level; one more, so that ours is the rule that refuses.
  TRY(const json::Value value, json::parse(input, {.bytes = limits.bytes, .depth = limits.depth + 2}));
  return cmw_from(value, limits, 1);
}

}  // namespace credence::rats
