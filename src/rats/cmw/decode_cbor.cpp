#include <format>

#include "rats/cmw/rules.h"
#include "wire/cbor/reader.h"

namespace credence::rats {
namespace {

Result<Cmw> read_cmw(cbor::Reader& reader, const CmwLimits& limits, std::size_t depth);

// Puts the offset of the item into an error of the rules, which know only values.
template <typename T>
Result<T> at(std::size_t offset, Result<T> result) {
  if (!result && !result.error().offset) result.error().offset = offset;
  return result;
}

Result<CmwType> read_type(cbor::Reader& reader) {
  const std::size_t start = reader.offset();
  TRY(const cbor::Type type, reader.peek());
  if (type == cbor::Type::text_string) {
    TRY(const std::string_view text, reader.text());
    return at<std::string>(start, check_media_type(text));
  }
  TRY(const std::uint64_t content_format, reader.unsigned_integer());
  if (content_format > 0xffff) {
    return fail_at(Errc::invalid_value, start,
                   std::format("expected a CoAP content format (0 to 65535), got {}", content_format));
  }
  return static_cast<std::uint16_t>(content_format);
}

// cbor-record = [type, value: bytes, ? ind: uint .bits cm-type]
Result<Cmw> read_record(cbor::Reader& reader) {
  const std::size_t start = reader.offset();
  TRY(cbor::Reader::Array array, reader.array());
  const auto expect_item = [&]() -> Result<void> {
    TRY(const bool more, array.next(reader));
    if (!more) return fail_at(Errc::missing_member, start, "expected [type, value] or [type, value, ind]");
    return {};
  };
  CHECK(expect_item());
  TRY(CmwType type, read_type(reader));
  CHECK(expect_item());
  TRY(const ByteView value, reader.bytes());
  CmwRecord record{.type = std::move(type), .value = to_bytes(value), .indicator = std::nullopt};
  TRY(const bool has_indicator, array.next(reader));
  if (!has_indicator) return Cmw{std::move(record)};
  const std::size_t indicator_start = reader.offset();
  TRY(const std::uint64_t indicator, reader.unsigned_integer());
  TRY(record.indicator, at(indicator_start, check_indicator(indicator)));
  TRY(const bool more, array.next(reader));
  if (more) return fail_at(Errc::malformed, start, "expected at most three items in a CMW record");
  return Cmw{std::move(record)};
}

// #6.TN(cf)(bytes)
Result<Cmw> read_tag(cbor::Reader& reader) {
  const std::size_t start = reader.offset();
  TRY(const std::uint64_t tag, reader.tag());
  TRY(const std::uint16_t content_format, at(start, content_format_of_tag(tag)));
  TRY(const ByteView value, reader.bytes());
  return Cmw{CmwRecord{.type = content_format, .value = to_bytes(value), .indicator = std::nullopt}};
}

Result<CmwLabel> read_label(cbor::Reader& reader) {
  TRY(const cbor::Type type, reader.peek());
  if (type == cbor::Type::text_string) {
    TRY(const std::string_view text, reader.text());
    return std::string(text);
  }
  TRY(const std::int64_t number, reader.integer());
  return number;
}

Result<Cmw> read_collection(cbor::Reader& reader, const CmwLimits& limits, std::size_t depth) {
  const std::size_t start = reader.offset();
  CHECK(at(start, check_depth(depth, limits)));
  CmwCollection collection;
  TRY(cbor::Reader::Map map, reader.map());
  while (true) {
    TRY(const bool more, map.next(reader));
    if (!more) break;
    const std::size_t label_start = reader.offset();
    TRY(CmwLabel label, read_label(reader));
    if (label == CmwLabel(std::string(kCollectionTypeLabel))) {
      TRY(const std::string_view text, reader.text());
      TRY(collection.collection_type, at(label_start, check_collection_type(text)));
      continue;
    }
    CHECK(at(label_start, check_new_entry(collection, label, limits)));
    Result<Cmw> entry = read_cmw(reader, limits, depth + 1);
    if (!entry) return within(text_of(label), std::move(entry).error());
    collection.entries.emplace_back(std::move(label), *std::move(entry));
  }
  CHECK(at(start, check_not_empty(collection)));
  return Cmw{std::move(collection)};
}

Result<Cmw> read_cmw(cbor::Reader& reader, const CmwLimits& limits, std::size_t depth) {
  TRY(const cbor::Type type, reader.peek());
  switch (type) {
    case cbor::Type::array:
      return read_record(reader);
    case cbor::Type::tag:
      return read_tag(reader);
    case cbor::Type::map:
      return read_collection(reader, limits, depth);
    default:
      return fail_at(Errc::unexpected_type, reader.offset(),
                     std::format("expected a CMW (array, tag or map), got {}", cbor::name(type)));
  }
}

}  // namespace

Result<Cmw> decode_cmw_cbor(ByteView input, const CmwLimits& limits) {
  // A record or a tag below the deepest collection adds one level; one more, so that ours is the rule that refuses.
  cbor::Reader reader(input, {.bytes = limits.bytes, .depth = limits.depth + 2});
  TRY(Cmw cmw, read_cmw(reader, limits, 1));
  CHECK(reader.finish());
  return cmw;
}

}  // namespace credence::rats
