#include "verifier/claims/merge.h"

#include <algorithm>
#include <cstdint>
#include <format>
#include <map>
#include <utility>

#include "base/bytes.h"
#include "rats/corim/write.h"
#include "wire/cbor/reader.h"

namespace credence::verifier {
namespace {

using rats::Measurement;
using rats::MeasurementValues;

// Member by member: what stands under the same key must be the same octets.
Result<std::map<std::int64_t, Bytes>> members_of(const MeasurementValues& values) {
  cbor::Writer writer;
  CHECK(rats::write_measurement_values(writer, values));
  const Bytes octets = writer.take();
  cbor::Reader reader(octets);
  TRY(cbor::Reader::Map map, reader.map());
  std::map<std::int64_t, Bytes> members;
  while (true) {
    TRY(const bool more, map.next(reader));
    if (!more) return members;
    TRY(const std::int64_t key, reader.integer());
    TRY(const ByteView item, reader.raw_item());
    members.emplace(key, to_bytes(item));
  }
}

Result<void> check_agreement(const MeasurementValues& known, const MeasurementValues& added) {
  TRY(const auto before, members_of(known));
  TRY(const auto after, members_of(added));
  for (const auto& [key, octets] : after) {
    const auto found = before.find(key);
    if (found != before.end() && found->second != octets)
      return fail(Errc::conflict, std::format("measured value {} of one environment is endorsed in two ways", key));
  }
  return {};
}

template <typename T>
void fill(std::optional<T>& known, const std::optional<T>& added) {
  if (!known) known = added;
}
template <typename T>
void fill(std::vector<T>& known, const std::vector<T>& added) {
  if (known.empty()) known = added;
}

// The two agree, so that a member that both have is the same one.
void fill(MeasurementValues& known, const MeasurementValues& added) {
  fill(known.version, added.version);
  fill(known.svn, added.svn);
  fill(known.digests, added.digests);
  if (known.flags == decltype(known.flags){}) known.flags = added.flags;
  fill(known.raw_value, added.raw_value);
  fill(known.mac_address, added.mac_address);
  fill(known.ip_address, added.ip_address);
  fill(known.serial_number, added.serial_number);
  fill(known.ueid, added.ueid);
  fill(known.uuid, added.uuid);
  fill(known.name, added.name);
  fill(known.keys, added.keys);
  fill(known.integrity_registers, added.integrity_registers);
  fill(known.int_range, added.int_range);
  for (const auto& other : added.others)
    if (!std::ranges::contains(known.others, other.first, &std::pair<std::int64_t, Bytes>::first))
      known.others.push_back(other);
}

}  // namespace

Result<void> merge(std::vector<Measurement>& known, std::span<const Measurement> added) {
  const std::size_t before = known.size();
  for (const Measurement& measurement : added) {
    const auto same = [&](const Measurement& other) { return other.key == measurement.key; };
    std::vector<Measurement*> matches;
    for (std::size_t i = 0; i < before; ++i)
      if (same(known[i])) matches.push_back(&known[i]);
    for (const Measurement* match : matches) CHECK(check_agreement(match->values, measurement.values));
    if (matches.size() == 1 && std::ranges::count_if(added, same) == 1) {
      fill(matches.front()->values, measurement.values);
    } else {
      known.push_back(measurement);
    }
  }
  return {};
}

}  // namespace credence::verifier
