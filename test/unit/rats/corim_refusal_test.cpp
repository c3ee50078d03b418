#include <gtest/gtest.h>

#include "corim_bytes.h"
#include "rats/corim/corim.h"

namespace credence::rats {
namespace {

using test::comid;
using test::corim;
using test::hex;
using test::reference;

// A good CoRIM around one mval.
std::string with_value(std::string_view value) { return corim(comid(reference("81 a1 01 " + std::string(value)))); }

struct Refusal {
  std::string_view what;
  std::string octets;
  Errc code;
  std::size_t offset;
  std::string_view path;
};
void PrintTo(const Refusal& refusal, std::ostream* out) { *out << refusal.what; }

class CorimRefusal : public testing::TestWithParam<Refusal> {};

TEST_P(CorimRefusal, NamesCodeOffsetAndPath) {
  const auto read = decode_corim(hex(GetParam().octets));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, GetParam().code) << read.error().text();
  EXPECT_EQ(read.error().offset, GetParam().offset) << read.error().text();
  EXPECT_EQ(read.error().path, GetParam().path) << read.error().text();
}

INSTANTIATE_TEST_SUITE_P(
    Outer, CorimRefusal,
    testing::Values(
        Refusal{"nothing", "", Errc::truncated, 0, ""},
        Refusal{"trailing octet", with_value("a1 0b 61 6e") + "00", Errc::trailing_bytes, 55, ""},
        Refusal{"signed", "d2 84 40 a0 40 40", Errc::unexpected_type, 0, ""},
        Refusal{"old signed", "d901f4 d901f6 d2 84 40 a0 40 40", Errc::unexpected_type, 0, ""},
        Refusal{"another tag", "d901f9 a0", Errc::unexpected_type, 0, ""},
        Refusal{"array", "d901f5 80", Errc::unexpected_type, 3, ""},
        Refusal{"no id", "d901f5 a1 01 81 d901f9 40", Errc::missing_member, 3, ""},
        Refusal{"no tags", "d901f5 a1 00 61 69", Errc::missing_member, 3, ""},
        Refusal{"empty tags", "d901f5 a2 00 61 69 01 80", Errc::missing_member, 8, "tags"},
        Refusal{"id of 15 octets", "d901f5 a2 00 4f 000102030405060708090a0b0c0d0e 01 81 d901f9 40",
                Errc::invalid_value, 5, "id"},
        Refusal{"id twice", "d901f5 a2 00 61 69 00 61 69", Errc::duplicate_key, 7, ""},
        Refusal{"id twice in two encodings", "d901f5 a2 00 61 69 1800 61 69", Errc::duplicate_key, 7, ""},
        Refusal{"profile of another tag", "d901f5 a2 00 61 69 03 c1 01", Errc::unexpected_type, 8, "profile"},
        Refusal{"profile of an unfinished OID", "d901f5 a2 00 61 69 03 d86f 42 2a86", Errc::malformed, 8, "profile"},
        Refusal{"validity without end", "d901f5 a2 00 61 69 04 a1 00 c1 00", Errc::missing_member, 8, "validity"},
        Refusal{"time without tag", "d901f5 a2 00 61 69 04 a1 01 00", Errc::unexpected_type, 10, "validity.not-after"},
        Refusal{"time after the year 9999", "d901f5 a2 00 61 69 04 a1 01 c1 1b 0000003afff44180", Errc::invalid_value,
                11, "validity.not-after"},
        Refusal{"entity without name", "d901f5 a2 00 61 69 05 81 a1 02 81 01", Errc::missing_member, 9,
                "entities.[0]"}));

INSTANTIATE_TEST_SUITE_P(
    Links, CorimRefusal,
    testing::Values(Refusal{"locator without href", "d901f5 a2 00 61 69 02 81 a0", Errc::missing_member, 9,
                            "dependent-rims.[0]"},
                    Refusal{"no locators", "d901f5 a2 00 61 69 02 80", Errc::missing_member, 8, "dependent-rims"},
                    Refusal{"linked tag without relation", corim("a2 01 a1 00 61 63 03 81 a1 00 61 63"),
                            Errc::missing_member, 21, "tags.[0].linked-tags.[0]"},
                    Refusal{"domain without members", corim(comid("a1 05 81 82 a1 01 d90230 40 80")),
                            Errc::missing_member, 30, "tags.[0].triples.membership.[0]"},
                    Refusal{"CoSWID triple without tags", corim(comid("a1 06 81 82 a1 01 d90230 40 80")),
                            Errc::missing_member, 30, "tags.[0].triples.coswid.[0].tag-ids"},
                    Refusal{"no condition", corim(comid("a1 0a 81 82 80 81 82 a1 01 d90230 40 81 a1 01 a1 0b 60")),
                            Errc::missing_member, 25, "tags.[0].triples.conditional.[0].conditions"},
                    Refusal{"nothing endorsed", corim(comid("a1 0a 81 82 81 82 a1 01 d90230 40 81 a1 01 a1 0b 60 80")),
                            Errc::missing_member, 39, "tags.[0].triples.conditional.[0].endorsements"},
                    Refusal{"condition of one item", corim(comid("a1 08 81 82 81 a1 01 d90230 40 80")),
                            Errc::missing_member, 31, "tags.[0].triples.conditional-series.[0].condition"},
                    Refusal{"series without records", corim(comid("a1 08 81 82 82 a1 01 d90230 40 80 80")),
                            Errc::missing_member, 32, "tags.[0].triples.conditional-series.[0].series"},
                    Refusal{"record that adds nothing",
                            corim(comid("a1 08 81 82 82 a1 01 d90230 40 80 81 82 81 a1 01 a1 0b 60 80")),
                            Errc::missing_member, 41, "tags.[0].triples.conditional-series.[0].series.[0].addition"}));

INSTANTIATE_TEST_SUITE_P(
    Inner, CorimRefusal,
    testing::Values(Refusal{"cut off inside the CoMID", "d901f5 a2 00 61 69 01 81 d901fa 42 a2 01", Errc::truncated, 13,
                            "tags.[0]"},
                    Refusal{"trailing octet in the CoMID", corim(comid(reference("81 a1 01 a1 0b 61 6e")) + "00"),
                            Errc::trailing_bytes, 55, "tags.[0]"},
                    Refusal{"CoMID without identity", corim("a1 04 a0"), Errc::missing_member, 13, "tags.[0]"},
                    Refusal{"CoMID without triples", corim("a1 01 a1 00 61 63"), Errc::missing_member, 13, "tags.[0]"},
                    Refusal{"identity without id", corim("a1 01 a1 01 00"), Errc::missing_member, 15,
                            "tags.[0].tag-identity"},
                    Refusal{"no triples in reference", corim(comid("a1 00 80")), Errc::missing_member, 22,
                            "tags.[0].triples.reference"},
                    Refusal{"triple of one item", corim(comid("a1 00 81 81 a1 01 d90230 40")), Errc::missing_member, 30,
                            "tags.[0].triples.reference.[0]"},
                    Refusal{"triple of three items", corim(comid("a1 00 81 83 a1 01 d90230 40 81 a1 01 a1 0b 60 00")),
                            Errc::malformed, 37, "tags.[0].triples.reference.[0]"},
                    Refusal{"empty environment", corim(comid("a1 00 81 82 a0 81 a1 01 a1 0b 60")), Errc::missing_member,
                            24, "tags.[0].triples.reference.[0].environment"},
                    Refusal{"empty class", corim(comid("a1 00 81 82 a1 00 a0 81 a1 01 a1 0b 60")), Errc::missing_member,
                            26, "tags.[0].triples.reference.[0].environment.class"},
                    Refusal{"class id without tag", corim(comid("a1 00 81 82 a1 00 a1 00 01 81 a1 01 a1 0b 60")),
                            Errc::unexpected_type, 28, "tags.[0].triples.reference.[0].environment.class.class-id"},
                    Refusal{"class UUID of 2 octets", corim(comid("a1 00 81 82 a1 00 a1 00 d825 42 0102 80")),
                            Errc::invalid_value, 28, "tags.[0].triples.reference.[0].environment.class.class-id"},
                    Refusal{"UEID of 6 octets", corim(comid("a1 00 81 82 a1 01 d90226 46 010203040506 80")),
                            Errc::invalid_value, 27, "tags.[0].triples.reference.[0].environment.instance"},
                    Refusal{"no keys", corim(comid("a1 03 81 82 a1 01 d90230 40 80")), Errc::missing_member, 30,
                            "tags.[0].triples.attest-key.[0].keys"},
                    Refusal{"old key without key", corim(comid("a1 03 81 82 a1 01 d90230 40 81 a0")),
                            Errc::missing_member, 31, "tags.[0].triples.attest-key.[0].keys.[0]"}));

const std::string kMeasurement = "tags.[0].triples.reference.[0].measurements.[0]";

struct ValueRefusal {
  std::string_view what;
  std::string_view value;  // mval
  Errc code;
  std::string_view member;
};
void PrintTo(const ValueRefusal& refusal, std::ostream* out) { *out << refusal.what; }

class CorimValueRefusal : public testing::TestWithParam<ValueRefusal> {};

TEST_P(CorimValueRefusal, NamesCodeAndMember) {
  const auto read = decode_corim(hex(with_value(GetParam().value)));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, GetParam().code) << read.error().text();
  EXPECT_EQ(read.error().path, kMeasurement + ".mval" + std::string(GetParam().member)) << read.error().text();
  EXPECT_GE(read.error().offset.value(), 43U) << read.error().text();
}

INSTANTIATE_TEST_SUITE_P(
    All, CorimValueRefusal,
    testing::Values(
        ValueRefusal{"no value at all", "a0", Errc::missing_member, ""},
        ValueRefusal{"name twice", "a2 0b 61 6e 0b 61 6e", Errc::duplicate_key, ""},
        ValueRefusal{"digest cut to 31 octets",
                     "a1 02 81 82 01 581f 00000000000000000000000000000000000000000000000000000000000000",
                     Errc::invalid_value, ".digests.[0]"},
        ValueRefusal{"digest of a named hash with 1 octet", "a1 02 81 82 67 7368612d323536 41 00", Errc::invalid_value,
                     ".digests.[0]"},
        ValueRefusal{"digest of one item", "a1 02 81 81 01", Errc::missing_member, ".digests.[0]"},
        ValueRefusal{"digest of three items", "a1 02 81 83 18 64 41 00 00", Errc::malformed, ".digests.[0]"},
        ValueRefusal{"no digests", "a1 02 80", Errc::missing_member, ".digests"},
        ValueRefusal{"version without version", "a1 00 a1 01 01", Errc::missing_member, ".version"},
        ValueRefusal{"svn that is negative", "a1 01 20", Errc::unexpected_type, ".svn"},
        ValueRefusal{"svn of another tag", "a1 01 d9022a 01", Errc::unsupported, ".svn"},
        ValueRefusal{"flag that is a number", "a1 03 a1 00 01", Errc::unexpected_type, ".flags"},
        ValueRefusal{"raw value of another tag", "a1 04 d9022a 41 00", Errc::unsupported, ".raw-value"},
        ValueRefusal{"mask shorter than the value", "a1 04 d90233 82 42 0102 41 ff", Errc::invalid_value, ".raw-value"},
        ValueRefusal{"mask without a value", "a1 05 41 ff", Errc::invalid_value, ".raw-value-mask"},
        ValueRefusal{"two masks", "a2 04 d90233 82 41 01 41 ff 05 41 ff", Errc::invalid_value, ".raw-value-mask"},
        ValueRefusal{"MAC address of 5 octets", "a1 06 45 0102030405", Errc::invalid_value, ".mac-addr"},
        ValueRefusal{"IP address of 5 octets", "a1 07 45 0102030405", Errc::invalid_value, ".ip-addr"},
        ValueRefusal{"UEID of 6 octets", "a1 09 46 010203040506", Errc::invalid_value, ".ueid"},
        ValueRefusal{"UUID of 1 octet", "a1 0a 41 01", Errc::invalid_value, ".uuid"},
        ValueRefusal{"range upside down", "a1 0f d90234 82 02 01", Errc::invalid_value, ".int-range"},
        ValueRefusal{"range of one end", "a1 0f d90234 81 02", Errc::missing_member, ".int-range"},
        ValueRefusal{"range of another tag", "a1 0f d90233 82 01 02", Errc::unexpected_type, ".int-range"},
        ValueRefusal{"key without tag", "a1 0d 81 41 00", Errc::unexpected_type, ".cryptokeys.[0]"},
        ValueRefusal{"register twice", "a1 0e a2 00 81 82 18 64 41 00 00 81 82 18 64 41 00", Errc::duplicate_key,
                     ".integrity-registers"}));

TEST(CorimRefusal, ValuesAreReadWhereTheyAreGood) {
  for (const std::string_view value :
       {"a1 0b 61 6e", "a1 02 81 82 18 64 41 00", "a1 04 d90233 82 42 0102 42 ff00", "a2 04 d90230 41 01 05 41 ff"}) {
    EXPECT_TRUE(decode_corim(hex(with_value(value)))) << value;
  }
}

TEST(CorimRefusal, OfAMeasurementWithoutValues) {
  const auto read = decode_corim(hex(corim(comid(reference("81 a1 00 01")))));
  EXPECT_EQ(read.error().code, Errc::missing_member);
  EXPECT_EQ(read.error().path, kMeasurement);
}

TEST(CorimLimits, BoundOctetsDepthAndItems) {
  const Bytes octets = hex(with_value("a1 0b 61 6e"));
  EXPECT_TRUE(decode_corim(octets, {.bytes = octets.size(), .depth = 12, .items = 40}));
  EXPECT_EQ(decode_corim(octets, {.bytes = octets.size() - 1}).error().code, Errc::too_large);
  EXPECT_EQ(decode_corim(octets, {.depth = 4}).error().code, Errc::too_deep);
  EXPECT_EQ(decode_corim(octets, {.items = 5}).error().code, Errc::too_large);
}

TEST(CorimWriting, RefusesWhatRevision10HasNoFormFor) {
  const Corim good = decode_corim(hex(with_value("a1 0b 61 6e"))).value();
  ASSERT_TRUE(encode_corim(good));
  const auto refused = [&](auto change) {
    Corim changed = good;
    change(changed);
    const auto encoded = encode_corim(changed);
    return encoded ? std::string("accepted") : encoded.error().path;
  };
  EXPECT_EQ(refused([](Corim& c) { c.comids.clear(); }), "tags");
  EXPECT_EQ(refused([](Corim& c) { c.comids[0].reference_values.clear(); }), "triples");
  EXPECT_EQ(refused([](Corim& c) { c.comids[0].reference_values[0].measurements.clear(); }), "measurements");
  EXPECT_EQ(refused([](Corim& c) { c.comids[0].reference_values[0].environment = {}; }), "environment");
  EXPECT_EQ(refused([](Corim& c) { c.comids[0].reference_values[0].environment.class_map = Class{}; }),
            "environment.class");
  EXPECT_EQ(refused([](Corim& c) { c.comids[0].reference_values[0].measurements[0].values = {}; }), "mval");
  EXPECT_EQ(refused([](Corim& c) { c.comids[0].attestation_keys.push_back({.environment = {}, .keys = {}}); }), "keys");
  EXPECT_EQ(refused([](Corim& c) { c.entities.push_back({.name = "E", .regid = {}, .roles = {}}); }), "entity.roles");
  EXPECT_EQ(refused([](Corim& c) { c.profile = "oid:1.x"; }), "profile");
  EXPECT_EQ(refused([](Corim& c) { c.dependent_rims.emplace_back(); }), "dependent-rims.href");
  EXPECT_EQ(refused([](Corim& c) { c.comids[0].memberships.emplace_back(); }), "domain");
  EXPECT_EQ(refused([](Corim& c) { c.comids[0].coswids.emplace_back(); }), "coswid");
  EXPECT_EQ(refused([](Corim& c) { c.comids[0].conditional_series.emplace_back(); }), "series");
  EXPECT_EQ(refused([](Corim& c) { c.comids[0].conditional_endorsements.emplace_back(); }), "conditional");
}

}  // namespace
}  // namespace credence::rats
