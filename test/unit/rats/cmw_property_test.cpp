#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "rats/cmw/cmw.h"

namespace credence::rats {
namespace {

bool same(const Cmw& left, const Cmw& right);

bool same(const CmwRecord& left, const CmwRecord& right) {
  return left.type == right.type && left.value == right.value && left.indicator == right.indicator;
}

// Entries in any order: the deterministic form sorts them.
bool same(const CmwCollection& left, const CmwCollection& right) {
  return left.collection_type == right.collection_type && left.entries.size() == right.entries.size() &&
         std::ranges::all_of(left.entries, [&](const auto& entry) {
           return std::ranges::any_of(right.entries, [&](const auto& other) {
             return entry.label == other.label && same(entry.cmw, other.cmw);
           });
         });
}

bool same(const Cmw& left, const Cmw& right) {
  if (left.content.index() != right.content.index()) return false;
  if (const auto* record = std::get_if<CmwRecord>(&left.content)) {
    return same(*record, std::get<CmwRecord>(right.content));
  }
  return same(std::get<CmwCollection>(left.content), std::get<CmwCollection>(right.content));
}

CmwRecord any_record(bool json) {
  CmwRecord record;
  if (json || *rc::gen::arbitrary<bool>()) {
    record.type = *rc::gen::element<std::string>("application/eat+cwt", "x/y; p=\"q\"", "application/vnd.1");
  } else {
    record.type = *rc::gen::arbitrary<std::uint16_t>();
  }
  record.value = *rc::gen::arbitrary<Bytes>();
  if (*rc::gen::arbitrary<bool>()) record.indicator = *rc::gen::nonZero<std::uint32_t>();
  return record;
}

Cmw any_cmw(bool json, int depth) {
  if (depth == 0 || *rc::gen::arbitrary<bool>()) return {any_record(json)};
  CmwCollection collection;
  if (*rc::gen::arbitrary<bool>()) collection.collection_type = *rc::gen::element<std::string>("1.2.3", "tag:x,2026:y");
  const auto labels = *rc::gen::unique<std::vector<std::int64_t>>(*rc::gen::inRange<std::size_t>(1, 4),
                                                                  rc::gen::arbitrary<std::int64_t>());
  for (const std::int64_t label : labels) {
    const bool text = json || *rc::gen::arbitrary<bool>();
    collection.entries.emplace_back(text ? CmwLabel("l" + std::to_string(label)) : CmwLabel(label),
                                    any_cmw(json, depth - 1));
  }
  return {std::move(collection)};
}

RC_GTEST_PROP(CmwProperty, CborIsReadBack, ()) {
  const Cmw cmw = any_cmw(false, 4);
  const Bytes octets = encode_cmw_cbor(cmw);
  const Cmw read = decode_cmw(octets).value();
  RC_ASSERT(same(cmw, read));
  RC_ASSERT(encode_cmw_cbor(read) == octets);
}

RC_GTEST_PROP(CmwProperty, JsonIsReadBack, ()) {
  const Cmw cmw = any_cmw(true, 4);
  RC_ASSERT(same(cmw, decode_cmw(as_bytes(encode_cmw_json(cmw).value())).value()));
}

RC_GTEST_PROP(CmwProperty, PrefixesAreRefused, ()) {
  const Bytes octets = encode_cmw_cbor(any_cmw(false, 3));
  const auto size = *rc::gen::inRange<std::size_t>(0, octets.size());
  RC_ASSERT(decode_cmw(ByteView(octets).first(size)).error().code == Errc::truncated);
}

}  // namespace
}  // namespace credence::rats
