// What all readers of CoRIM structures share.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <format>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "rats/corim/comid.h"
#include "rats/corim/corim.h"
#include "wire/cbor/reader.h"

namespace credence::rats {

// The state of one decode_corim().
struct CorimReading {
  const CorimLimits& limits;
  bool legacy = false;  // an older spelling was met
};

[[nodiscard]] inline cbor::Limits cbor_limits(const CorimLimits& limits) noexcept {
  return {.bytes = limits.bytes, .depth = limits.depth, .items = limits.items};
}

// Puts the name of the enclosing member before the path of an error.
template <typename T>
[[nodiscard]] Result<T> in(std::string_view member, Result<T> result) {
  if (!result) return within(member, std::move(result).error());
  return result;
}

// Walks a map. `member(key)` reads the value of a key that it knows and returns true; the values of other keys, and of
// keys that are no integers, are skipped (every map of CoRIM may be extended).
template <std::invocable<std::int64_t> Member>
[[nodiscard]] Result<void> read_map(cbor::Reader& reader, Member member) {
  TRY(cbor::Reader::Map map, reader.map());
  while (true) {
    TRY(const bool more, map.next(reader));
    if (!more) return {};
    TRY(const cbor::Type type, reader.peek());
    bool known = false;
    if (type == cbor::Type::unsigned_integer || type == cbor::Type::negative_integer) {
      TRY(const std::int64_t key, reader.integer());
      TRY(known, member(key));
    } else {
      CHECK(reader.raw_item());
    }
    if (!known) CHECK(reader.raw_item());
  }
}

// Walks an array of at least one item, which `item` reads; for errors the index is put into the path.
template <std::invocable Item>
[[nodiscard]] Result<void> read_items(cbor::Reader& reader, Item item) {
  const std::size_t start = reader.offset();
  TRY(cbor::Reader::Array array, reader.array());
  for (std::size_t index = 0;; ++index) {
    TRY(const bool more, array.next(reader));
    if (!more && index == 0) return fail_at(Errc::missing_member, start, "expected at least one item in the array");
    if (!more) return {};
    Result<void> result = item();
    if (!result) return within(std::format("[{}]", index), std::move(result).error());
  }
}

// Appends what `read(reader, reading)` gives for each item of an array.
template <typename T, typename Read>
[[nodiscard]] Result<void> append_items(cbor::Reader& reader, CorimReading& reading, std::vector<T>& to, Read read) {
  return read_items(reader, [&]() -> Result<void> {
    TRY(T item, read(reader, reading));
    to.push_back(std::move(item));
    return {};
  });
}

// Moves to the next item of an array of fixed length.
[[nodiscard]] Result<void> expect_item(cbor::Reader& reader, cbor::Reader::Array& array, std::string_view what);
[[nodiscard]] Result<void> expect_end(cbor::Reader& reader, cbor::Reader::Array& array);

// bytes .cbor: reads the inside of a byte string to its end; offsets in errors are those of the whole.
template <typename Read>
[[nodiscard]] auto read_embedded(cbor::Reader& reader, CorimReading& reading, Read read)
    -> decltype(read(reader, reading)) {
  TRY(const ByteView inside, reader.bytes());
  const std::size_t base = reader.offset() - inside.size();
  cbor::Reader embedded(inside, cbor_limits(reading.limits));
  auto result = read(embedded, reading);
  if (const auto finished = embedded.finish(); result && !finished) result = std::unexpected(finished.error());
  if (!result) result.error().offset = base + result.error().offset.value_or(0);
  return result;
}

// --- parts that several structures have ---
[[nodiscard]] Result<TaggedBytes> read_tagged(cbor::Reader& reader, CorimReading& reading);
[[nodiscard]] Result<CryptoKey> read_crypto_key(cbor::Reader& reader, CorimReading& reading);
[[nodiscard]] Result<Class> read_class(cbor::Reader& reader, CorimReading& reading);
[[nodiscard]] Result<Environment> read_environment(cbor::Reader& reader, CorimReading& reading);
[[nodiscard]] Result<MeasurementKey> read_measurement_key(cbor::Reader& reader, CorimReading& reading);
[[nodiscard]] Result<Bytes> read_mac_address(cbor::Reader& reader);
[[nodiscard]] Result<Bytes> read_ip_address(cbor::Reader& reader);
[[nodiscard]] Result<Bytes> read_ueid(cbor::Reader& reader);
[[nodiscard]] Result<Uuid> read_uuid(cbor::Reader& reader);
[[nodiscard]] Result<std::variant<std::int64_t, IntRange>> read_int_range(cbor::Reader& reader);
[[nodiscard]] Result<MeasurementValues> read_measurement_values(cbor::Reader& reader, CorimReading& reading);
[[nodiscard]] Result<Measurement> read_measurement(cbor::Reader& reader, CorimReading& reading);
[[nodiscard]] Result<CorimDigest> read_digest(cbor::Reader& reader, CorimReading& reading);
[[nodiscard]] Result<TagId> read_tag_id(cbor::Reader& reader, CorimReading& reading);
[[nodiscard]] Result<Entity> read_entity(cbor::Reader& reader, CorimReading& reading);
// A URI, tagged 32, or bare as old drafts have it.
[[nodiscard]] Result<std::string> read_uri(cbor::Reader& reader, CorimReading& reading);
[[nodiscard]] Result<Validity> read_validity(cbor::Reader& reader, CorimReading& reading);
// [environment, [+ measurement]]
[[nodiscard]] Result<ReferenceTriple> read_reference_triple(cbor::Reader& reader, CorimReading& reading);
[[nodiscard]] Result<KeyTriple> read_key_triple(cbor::Reader& reader, CorimReading& reading);
[[nodiscard]] Result<DomainTriple> read_domain_triple(cbor::Reader& reader, CorimReading& reading);
[[nodiscard]] Result<CoswidTriple> read_coswid_triple(cbor::Reader& reader, CorimReading& reading);
[[nodiscard]] Result<ConditionalSeries> read_conditional_series(cbor::Reader& reader, CorimReading& reading);
[[nodiscard]] Result<ConditionalEndorsement> read_conditional_endorsement(cbor::Reader& reader, CorimReading& reading);
[[nodiscard]] Result<void> read_triples(cbor::Reader& reader, CorimReading& reading, Comid& comid);
[[nodiscard]] Result<Comid> read_comid(cbor::Reader& reader, CorimReading& reading);

}  // namespace credence::rats
