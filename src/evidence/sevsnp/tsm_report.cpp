#include "evidence/sevsnp/tsm_report.h"

#include <algorithm>
#include <format>
#include <string>
#include <variant>

#include "base/text.h"
#include "rats/cmw/cmw.h"
#include "wire/cbor/reader.h"
#include "wire/json/json.h"

namespace credence::evidence::sevsnp {
namespace {

constexpr std::string_view kItem = "tsm-report";

// The file ends with a line feed, and ratsd copies it.
Result<void> check_provider(std::string_view provider) {
  if (provider.ends_with('\n')) provider.remove_suffix(1);
  if (provider == "sev_guest") return {};
  return fail_in(Errc::unsupported, "provider", "expected sev_guest: the report is of another kind of guest");
}

struct Members {
  std::optional<ByteView> outblob;
  std::optional<ByteView> auxblob;
  bool provider = false;
};

Result<void> read_member(cbor::Reader& reader, std::string_view name, Members& members) {
  if (name == "outblob") {
    TRY(members.outblob, reader.bytes());
  } else if (name == "auxblob") {
    TRY(members.auxblob, reader.bytes());
  } else if (name == "provider") {
    TRY(const std::string_view provider, reader.text());
    CHECK(check_provider(provider));
    members.provider = true;
  } else {
    TRY(const ByteView skipped, reader.raw_item());
    static_cast<void>(skipped);
  }
  return {};
}

Result<TsmReport> decode_cbor(ByteView octets) {
  cbor::Reader reader(octets);
  TRY(cbor::Reader::Map map, reader.map());
  Members members;
  while (true) {
    TRY(const bool more, map.next(reader));
    if (!more) break;
    TRY(const std::string_view name, reader.text());
    CHECK(read_member(reader, name, members));
  }
  CHECK(reader.finish());
  if (!members.outblob || !members.auxblob || !members.provider)
    return fail(Errc::missing_member, "expected outblob, auxblob and provider");
  return TsmReport{.outblob = to_bytes(*members.outblob), .auxblob = to_bytes(*members.auxblob), .eat_nonce = {}};
}

Result<Bytes> octets_of(const json::Object& object, std::string_view member) {
  TRY(const std::string_view text, json::required_text(object, member));
  auto octets = from_any_base64(text);
  if (!octets) return within(member, std::move(octets).error());
  return octets;
}

Result<TsmReport> decode_json(ByteView octets) {
  TRY(const json::Value value, json::parse(as_text(octets)));
  TRY(const json::Object* object, json::as_object(value, ""));
  TRY(const std::string_view provider, json::required_text(*object, "provider"));
  CHECK(check_provider(provider));
  TsmReport report;
  TRY(report.outblob, octets_of(*object, "outblob"));
  TRY(report.auxblob, octets_of(*object, "auxblob"));
  return report;
}

Result<TsmReport> decode_item(const rats::CmwRecord& record) {
  const auto* type = std::get_if<std::string>(&record.type);
  if (type != nullptr &&
      (rats::same_media_type(*type, kTsmReportJson) || rats::same_media_type(*type, kConfigfsTsmJson)))
    return decode_json(record.value);
  if (type != nullptr && rats::same_media_type(*type, kTsmReportCbor)) return decode_cbor(record.value);
  return fail(Errc::unsupported, std::format("expected an item of type {}", kTsmReportJson));
}

// {"eat_profile", "eat_nonce", "cmw": base64 of a CMW collection in JSON, with the item "tsm-report"}
Result<TsmReport> decode_ratsd(ByteView octets) {
  TRY(const json::Value value, json::parse(as_text(octets)));
  TRY(const json::Object* token, json::as_object(value, ""));
  TRY(const Bytes wrapped, octets_of(*token, "cmw"));
  TRY(const rats::Cmw cmw, rats::decode_cmw(wrapped));
  const auto* collection = std::get_if<rats::CmwCollection>(&cmw.content);
  if (collection == nullptr) return fail_in(Errc::unexpected_type, "cmw", "expected a collection");
  const auto entry = std::ranges::find_if(
      collection->entries, [](const rats::CmwEntry& one) { return one.label == rats::CmwLabel(std::string(kItem)); });
  const auto* record = entry == collection->entries.end() ? nullptr : std::get_if<rats::CmwRecord>(&entry->cmw.content);
  if (record == nullptr) return fail_in(Errc::missing_member, "cmw", "expected a record under 'tsm-report'");
  auto report = decode_item(*record);
  if (!report) return within("cmw.tsm-report", std::move(report).error());
  if (token->contains("eat_nonce")) {
    TRY(report->eat_nonce, octets_of(*token, "eat_nonce"));
  }
  return report;
}

}  // namespace

Result<TsmReport> decode_tsm_report(std::string_view media_type, ByteView octets) {
  if (rats::same_media_type(media_type, kTsmReportCbor)) return decode_cbor(octets);
  if (rats::same_media_type(media_type, kRatsdToken)) return decode_ratsd(octets);
  return decode_json(octets);
}

}  // namespace credence::evidence::sevsnp
