#include "edge/bundle.h"

#include <chrono>
#include <cstdint>
#include <format>
#include <utility>

#include "wire/cbor/reader.h"
#include "wire/cbor/writer.h"

namespace credence::edge {
namespace {

constexpr std::uint64_t kType = 0, kService = 1, kMade = 2, kUntil = 3, kResults = 4, kMembers = 5;
constexpr std::uint64_t kYear9999 = 253'402'300'799;

std::uint64_t seconds_of(Timestamp at) {
  return static_cast<std::uint64_t>(std::chrono::floor<Seconds>(at).time_since_epoch().count());
}

class BundleReader {
 public:
  BundleReader(ByteView input, const BundleLimits& limits)
      : limits_(limits),
        reader_(
            input,
            {.bytes = limits.bytes, .depth = 4, .items = 16 + 4 * limits.results, .form = cbor::Form::deterministic}) {}

  Result<Bundle> read() {
    TRY(cbor::Reader::Map map, reader_.map());
    std::uint64_t members = 0;
    while (true) {
      TRY(const bool more, map.next(reader_));
      if (!more) break;
      const std::size_t start = reader_.offset();
      TRY(const std::uint64_t key, reader_.unsigned_integer());
      // What is understood in part might be missing what forbids its use.
      if (key >= kMembers)
        return fail_at(Errc::unsupported, start, std::format("no member of a bundle has the number {}", key));
      CHECK(member(key));
      ++members;
    }
    CHECK(reader_.finish());
    if (members != kMembers)
      return fail(Errc::missing_member, "expected type (0), service (1), made (2), until (3) and results (4)");
    return std::move(bundle_);
  }

 private:
  Result<void> member(std::uint64_t key) {
    const std::size_t start = reader_.offset();
    switch (key) {
      case kType: {
        TRY(const std::string_view type, reader_.text());
        if (type == kBundleType) return {};
        return fail_at(Errc::unsupported, start, std::format("type: expected \"{}\"", kBundleType));
      }
      case kService: {
        TRY(const std::string_view service, reader_.text());
        if (service.size() > limits_.service)
          return fail_at(Errc::too_large, start, std::format("service: expected at most {} octets", limits_.service));
        bundle_.service = service;
        return {};
      }
      case kMade: {
        TRY(bundle_.made, time("made"));
        return {};
      }
      case kUntil: {
        TRY(bundle_.until, time("until"));
        return {};
      }
      default:
        return results();
    }
  }

  Result<Timestamp> time(std::string_view name) {
    const std::size_t start = reader_.offset();
    auto seconds = reader_.unsigned_integer();
    if (!seconds) return within(name, std::move(seconds).error());
    if (*seconds > kYear9999)
      return fail_at(Errc::invalid_value, start, std::format("{}: expected seconds since 1970", name));
    return Timestamp(Seconds(static_cast<std::int64_t>(*seconds)));
  }

  Result<void> results() {
    const std::size_t start = reader_.offset();
    TRY(cbor::Reader::Array array, reader_.array());
    while (true) {
      TRY(const bool more, array.next(reader_));
      if (!more) break;
      if (bundle_.results.size() == limits_.results)
        return fail_at(Errc::too_large, start, std::format("expected at most {} results", limits_.results));
      auto entry = read_entry();
      if (!entry) return within(std::format("results.[{}]", bundle_.results.size()), std::move(entry).error());
      bundle_.results.push_back(*std::move(entry));
    }
    if (bundle_.results.empty()) return fail_at(Errc::missing_member, start, "expected at least one result");
    return {};
  }

  Result<Bundle::Entry> read_entry() {
    const std::size_t start = reader_.offset();
    TRY(cbor::Reader::Array array, reader_.array());
    if (array.size() != 2) return fail_at(Errc::invalid_value, start, "expected when it was received, and a result");
    Bundle::Entry entry;
    CHECK(array.next(reader_));
    TRY(entry.received, time("received"));
    CHECK(array.next(reader_));
    TRY(const ByteView octets, reader_.bytes());
    entry.octets = to_bytes(octets);
    CHECK(array.next(reader_));
    return entry;
  }

  const BundleLimits& limits_;
  cbor::Reader reader_;
  Bundle bundle_;
};

}  // namespace

Result<Bundle> decode_bundle(ByteView input, const BundleLimits& limits) { return BundleReader(input, limits).read(); }

Result<Bytes> encode_bundle(const Bundle& bundle) {
  const BundleLimits limits;
  if (bundle.results.empty()) return fail_in(Errc::missing_member, "results", "expected at least one result");
  if (bundle.results.size() > limits.results)
    return fail_in(Errc::too_large, "results",
                   std::format("expected at most {}, got {}: name fewer environments, or several bundles",
                               limits.results, bundle.results.size()));
  cbor::Writer writer;
  writer.map(kMembers).unsigned_integer(kType).text(kBundleType).unsigned_integer(kService).text(bundle.service);
  writer.unsigned_integer(kMade).unsigned_integer(seconds_of(bundle.made));
  writer.unsigned_integer(kUntil).unsigned_integer(seconds_of(bundle.until));
  writer.unsigned_integer(kResults).array(bundle.results.size());
  for (const Bundle::Entry& entry : bundle.results)
    writer.array(2).unsigned_integer(seconds_of(entry.received)).bytes(entry.octets);
  Bytes octets = writer.take();
  if (octets.size() > limits.bytes)
    return fail(Errc::too_large, std::format("the bundle has {} octets, at most {} are read: name fewer environments",
                                             octets.size(), limits.bytes));
  return octets;
}

}  // namespace credence::edge
