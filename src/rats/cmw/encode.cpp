#include <format>

#include "base/text.h"
#include "rats/cmw/rules.h"
#include "wire/cbor/writer.h"
#include "wire/json/json.h"

namespace credence::rats {
namespace {

void write_record(cbor::Writer& writer, const CmwRecord& record) {
  writer.array(record.indicator ? 3 : 2);
  if (const auto* content_format = std::get_if<std::uint16_t>(&record.type)) {
    writer.unsigned_integer(*content_format);
  } else {
    writer.text(std::get<std::string>(record.type));
  }
  writer.bytes(record.value);
  if (record.indicator) writer.unsigned_integer(*record.indicator);
}

void write_cmw(cbor::Writer& writer, const Cmw& cmw) {
  if (const auto* record = std::get_if<CmwRecord>(&cmw.content)) return write_record(writer, *record);
  const auto& collection = std::get<CmwCollection>(cmw.content);
  writer.map(collection.entries.size() + (collection.collection_type ? 1 : 0));
  if (collection.collection_type) writer.text(kCollectionTypeLabel).text(*collection.collection_type);
  for (const auto& [label, entry] : collection.entries) {
    if (const auto* number = std::get_if<std::int64_t>(&label)) {
      writer.integer(*number);
    } else {
      writer.text(std::get<std::string>(label));
    }
    write_cmw(writer, entry);
  }
}

Result<json::Value> json_from(const Cmw& cmw);

Result<json::Value> json_from(const CmwRecord& record) {
  const auto* type = std::get_if<std::string>(&record.type);
  if (type == nullptr) {
    return fail_in(Errc::invalid_value, "type", "a content format has no JSON form: give its media type");
  }
  json::Array array{json::Value(*type), json::Value(to_base64url(record.value))};
  if (record.indicator) array.emplace_back(*record.indicator);
  return array;
}

Result<json::Value> json_from(const CmwCollection& collection) {
  json::Object object;
  if (collection.collection_type) object[kCollectionTypeLabel] = *collection.collection_type;
  for (const auto& [label, entry] : collection.entries) {
    const auto* text = std::get_if<std::string>(&label);
    if (text == nullptr) return fail_in(Errc::invalid_value, text_of(label), "an integer label has no JSON form");
    TRY(object[*text], json_from(entry));
  }
  return object;
}

Result<json::Value> json_from(const Cmw& cmw) {
  return std::visit([](const auto& content) { return json_from(content); }, cmw.content);
}

}  // namespace

Bytes encode_cmw_cbor(const Cmw& cmw) {
  cbor::Writer writer;
  write_cmw(writer, cmw);
  return writer.take();
}

Bytes encode_cmw_cbor(const CmwRecord& record) {
  cbor::Writer writer;
  write_record(writer, record);
  return writer.take();
}

Result<std::string> encode_cmw_json(const Cmw& cmw) {
  TRY(const json::Value value, json_from(cmw));
  return json::to_text(value);
}

Result<Bytes> encode_cmw_tag(std::uint16_t content_format, ByteView value) {
  if (content_format > kLastTagContentFormat) {
    return fail(Errc::invalid_value, std::format("expected a content format of at most {} for a tag, got {}",
                                                 kLastTagContentFormat, content_format));
  }
  cbor::Writer writer;
  writer.tag(tag_of_content_format(content_format)).bytes(value);
  return writer.take();
}

}  // namespace credence::rats
