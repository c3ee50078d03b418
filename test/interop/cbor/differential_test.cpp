// Credence's CBOR reader against libcbor and jsoncons. Where they differ, the difference is in the list below, with its
// reason; a difference that is not there fails the test.
#include <gtest/gtest.h>

#include <ostream>
#include <random>
#include <string>

#include "base/text.h"
#include "interop/cbor/oracle.h"
#include "support/cbor_item.h"
#include "wire/cbor/reader.h"

namespace credence::cbor {
namespace {

constexpr Limits kLimits{.depth = 64};

Result<void> credence_reads(ByteView input) {
  Reader reader(input, kLimits);
  return reader.raw_item().transform([](ByteView) {});
}

// --- the recorded differences, one example each ---

struct Difference {
  std::string_view name;
  std::string_view hex;
  bool credence;
  bool libcbor;
  bool jsoncons;
};

void PrintTo(const Difference& difference, std::ostream* out) { *out << difference.hex; }

class Known : public testing::TestWithParam<Difference> {};
INSTANTIATE_TEST_SUITE_P(Differences, Known,
                         testing::Values(Difference{"integer_keys", "a10102", true, true, true},
                                         Difference{"cose_sign1_tag", "d280", true, false, true},
                                         Difference{"decimal_fraction_of_another_shape", "c480", true, true, false},
                                         Difference{"simple_value", "e0", true, false, false},
                                         Difference{"head_cut", "19", false, false, true},
                                         Difference{"duplicate_integer_key", "a201010102", false, true, true},
                                         Difference{"duplicate_text_key", "a2616101616102", false, true, true},
                                         Difference{"not_shortest", "1800", true, true, true},
                                         Difference{"unsorted_keys", "a202000100", true, true, true},
                                         Difference{"trailing_byte_after_the_item", "0100", true, true, true},
                                         Difference{"reserved_head", "1c", false, false, true},
                                         Difference{"text_not_utf8", "61ff", false, false, false},
                                         Difference{"string_in_chunks", "5f4101ff", false, true, true}),
                         [](const auto& example) { return std::string(example.param.name); });

TEST_P(Known, AreStillThere) {
  const Bytes input = from_hex(GetParam().hex).value();
  EXPECT_EQ(credence_reads(input).has_value(), GetParam().credence);
  EXPECT_EQ(test::libcbor_accepts(input), GetParam().libcbor);
  EXPECT_EQ(test::jsoncons_accepts(input), GetParam().jsoncons);
}

TEST(Differences, AMillionNestedArraysAreRefusedByAll) {
  const Bytes input(1'000'000, 0x81);
  EXPECT_EQ(credence_reads(input).error().code, Errc::too_deep);
  EXPECT_FALSE(test::libcbor_accepts(input));
  EXPECT_FALSE(test::jsoncons_accepts(input));
}

// --- random inputs ---

Bytes mutated(Bytes octets, std::mt19937_64& random) {
  for (std::uint64_t changes = random() % 3; changes > 0 && !octets.empty(); --changes) {
    const auto at = static_cast<std::ptrdiff_t>(random() % octets.size());
    switch (random() % 3) {
      case 0:
        octets[static_cast<std::size_t>(at)] = static_cast<std::uint8_t>(random());
        break;
      case 1:
        octets.insert(octets.begin() + at, static_cast<std::uint8_t>(random()));
        break;
      default:
        octets.erase(octets.begin() + at);
    }
  }
  return octets;
}

// What an accepted input contains that another decoder has a reason to refuse.
struct Features {
  bool simple_value = false;     // neither decoder knows simple values beside false, true, null and undefined
  bool unassigned_tag = false;   // libcbor takes the tags 6 to 20 for reserved, as RFC 7049 once had it
  bool interpreted_tag = false;  // jsoncons reads decimal fractions and bigfloats (4, 5), and refuses other content
};

void collect(Reader& reader, Features& features) {
  switch (reader.peek().value()) {
    case Type::array: {
      Reader::Array items = reader.array().value();
      while (items.next(reader).value()) collect(reader, features);
      return;
    }
    case Type::map: {
      Reader::Map entries = reader.map().value();
      while (entries.next(reader).value()) {
        collect(reader, features);
        collect(reader, features);
      }
      return;
    }
    case Type::tag: {
      const std::uint64_t number = reader.tag().value();
      features.unassigned_tag |= number >= 6 && number <= 20;
      features.interpreted_tag |= number == 4 || number == 5;
      collect(reader, features);
      return;
    }
    case Type::simple:
      features.simple_value = true;
      [[fallthrough]];
    default:
      (void)reader.raw_item().value();
  }
}

// Credence refuses what both take: duplicate keys, strings in chunks, keys that are containers in a loose encoding.
bool stricter_by_design(const Error& error) {
  return error.code == Errc::duplicate_key || error.code == Errc::unsupported || error.code == Errc::not_deterministic;
}

// jsoncons takes a reserved head, and a head whose argument is cut off.
bool head_is_broken(const Error& error, ByteView input) {
  if (error.code != Errc::malformed && error.code != Errc::truncated) return false;
  return *error.offset < input.size() && (input[*error.offset] & 0x1f) >= 24;
}

void compare(ByteView input) {
  const Result<void> ours = credence_reads(input);
  const bool libcbor = test::libcbor_accepts(input);
  const bool jsoncons = test::jsoncons_accepts(input);
  if (!ours) {
    EXPECT_TRUE(!libcbor || stricter_by_design(ours.error())) << to_hex(input) << ": " << ours.error().text();
    EXPECT_TRUE(!jsoncons || stricter_by_design(ours.error()) || head_is_broken(ours.error(), input))
        << to_hex(input) << ": " << ours.error().text();
    return;
  }
  Features features;
  Reader reader(input, kLimits);
  collect(reader, features);
  EXPECT_TRUE(libcbor || features.simple_value || features.unassigned_tag) << to_hex(input);
  EXPECT_TRUE(jsoncons || features.simple_value || features.interpreted_tag) << to_hex(input);
}

TEST(Differential, RandomItemsAndTheirMutationsAreJudgedAlike) {
  std::mt19937_64 random(8949);
  const test::Choose choose = [&](std::uint64_t below) { return random() % below; };
  for (int i = 0; i < 50'000 && !HasFailure(); ++i) {
    compare(mutated(test::encode(test::choose_item(choose, 4)), random));
  }
}

TEST(Differential, RandomOctetsAreJudgedAlike) {
  std::mt19937_64 random(7049);
  for (int i = 0; i < 50'000 && !HasFailure(); ++i) {
    Bytes input(random() % 12);
    for (std::uint8_t& octet : input) octet = static_cast<std::uint8_t>(random());
    compare(input);
  }
}

}  // namespace
}  // namespace credence::cbor
