// A conceptual message wrapper, with what it wraps described in its turn.
#include <format>
#include <string>
#include <variant>

#include "base/text.h"
#include "cli/inspect/describe.h"

namespace credence::cli {
namespace {

std::string text_of(const rats::CmwType& type) {
  if (const auto* number = std::get_if<std::uint16_t>(&type)) return std::format("CoAP content format {}", *number);
  return std::get<std::string>(type);
}

std::string text_of(const rats::CmwLabel& label) {
  if (const auto* number = std::get_if<std::int64_t>(&label)) return std::to_string(*number);
  return std::get<std::string>(label);
}

json::Object describe_record(const rats::CmwRecord& record) {
  json::Object facts{{"type", text_of(record.type)}, {"octets", record.value.size()}};
  if (record.indicator) facts["ind"] = *record.indicator;
  if (auto inner = describe(record.value)) {
    facts["value"] = *std::move(inner);
  } else {
    facts["value"] = to_hex(record.value);
  }
  return facts;
}

}  // namespace

// The depth of nested wrappers was bounded when they were decoded.
Result<json::Object> describe_cmw(const rats::Cmw& cmw) {
  if (const auto* record = std::get_if<rats::CmwRecord>(&cmw.content)) return describe_record(*record);
  const auto& collection = std::get<rats::CmwCollection>(cmw.content);
  json::Object facts;
  if (collection.collection_type) facts["__cmwc_t"] = *collection.collection_type;
  for (const auto& [label, entry] : collection.entries) {
    TRY(json::Object inner, describe_cmw(entry));
    facts[text_of(label)] = std::move(inner);
  }
  return facts;
}

}  // namespace credence::cli
