// What all writers of CoRIM structures share. They write revision 10 only, and refuse what it has no form for.
#pragma once

#include <concepts>
#include <cstddef>
#include <span>

#include "rats/corim/corim.h"
#include "wire/cbor/writer.h"

namespace credence::rats {

// How many of the members are present: a map is opened with its number of entries.
template <std::convertible_to<bool>... Present>
[[nodiscard]] constexpr std::size_t count_of(Present... present) noexcept {
  return (std::size_t{0} + ... + (present ? 1U : 0U));
}

// An array of what `write(writer, item)` writes for each item.
template <typename T, typename Write>
[[nodiscard]] Result<void> write_items(cbor::Writer& writer, const std::vector<T>& items, Write write) {
  writer.array(items.size());
  for (const T& item : items) CHECK(write(writer, item));
  return {};
}

void write_tagged(cbor::Writer& writer, const TaggedBytes& tagged);
[[nodiscard]] Result<void> write_crypto_key(cbor::Writer& writer, const CryptoKey& key);
void write_class(cbor::Writer& writer, const Class& written);
[[nodiscard]] Result<void> write_environment(cbor::Writer& writer, const Environment& environment);
[[nodiscard]] Result<void> write_measurement_key(cbor::Writer& writer, const MeasurementKey& key);
[[nodiscard]] Result<void> write_measurement_values(cbor::Writer& writer, const MeasurementValues& values);
[[nodiscard]] Result<void> write_measurement(cbor::Writer& writer, const Measurement& measurement);
[[nodiscard]] Result<void> write_digest(cbor::Writer& writer, const CorimDigest& digest);
[[nodiscard]] Result<void> write_reference_triple(cbor::Writer& writer, const ReferenceTriple& triple);
[[nodiscard]] Result<void> write_key_triple(cbor::Writer& writer, const KeyTriple& triple);
[[nodiscard]] Result<void> write_domain_triple(cbor::Writer& writer, const DomainTriple& triple);
[[nodiscard]] Result<void> write_coswid_triple(cbor::Writer& writer, const CoswidTriple& triple);
[[nodiscard]] Result<void> write_conditional_series(cbor::Writer& writer, const ConditionalSeries& triple);
[[nodiscard]] Result<void> write_conditional_endorsement(cbor::Writer& writer, const ConditionalEndorsement& triple);
// Errc::missing_member when the CoMID states nothing.
[[nodiscard]] Result<void> write_triples(cbor::Writer& writer, const Comid& comid);
[[nodiscard]] Result<void> write_entity(cbor::Writer& writer, const Entity& entity);
[[nodiscard]] Result<void> write_comid(cbor::Writer& writer, const Comid& comid);
void write_tag_id(cbor::Writer& writer, const TagId& id);
void write_uri(cbor::Writer& writer, std::string_view uri);
void write_validity(cbor::Writer& writer, const Validity& validity);

}  // namespace credence::rats
