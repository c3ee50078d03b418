#include "rats/corim/corim.h"

#include <gtest/gtest.h>

#include "corim_bytes.h"

namespace credence::rats {
namespace {

using test::corim;
using test::hex;

const TaggedBytes kClassId{kTagUuid, hex("cd1f0e5526f9460db9d8f7fde171787c")};

const std::string kSha256 = std::string("82 01 5820 ") + std::string(64, '1');
const std::string kSha384 = std::string("82 07 5830 ") + std::string(96, '2');

Environment environment() {
  Environment environment;
  environment.class_map.emplace().id = kClassId;
  return environment;
}

TEST(Corim, WithReferenceValuesIsReadAndWritten) {
  const Bytes octets = hex(corim(test::comid(
      test::reference("82 a2 00 00 01 a1 02 82 " + kSha256 + kSha384 + " a2 00 07 01 a1 02 81 " + kSha256))));
  const Corim read = decode_corim(octets).value();
  EXPECT_EQ(read.id, TagId("i"));
  EXPECT_FALSE(read.legacy);
  ASSERT_EQ(read.comids.size(), 1U);
  EXPECT_EQ(read.comids[0].id, TagId("c"));
  ASSERT_EQ(read.comids[0].reference_values.size(), 1U);
  const ReferenceTriple& triple = read.comids[0].reference_values[0];
  EXPECT_EQ(triple.environment, environment());
  ASSERT_EQ(triple.measurements.size(), 2U);
  EXPECT_EQ(triple.measurements[1].key, MeasurementKey(std::uint64_t{7}));
  ASSERT_EQ(triple.measurements[0].values.digests.size(), 2U);
  EXPECT_EQ(hash_of(triple.measurements[0].values.digests[0]), crypto::HashAlgorithm::sha256);
  EXPECT_EQ(triple.measurements[0].values.digests[1].value, Bytes(48, 0x22));
  EXPECT_EQ(encode_corim(read).value(), octets);
}

TEST(Corim, WithEveryOuterMemberIsReadAndWritten) {
  const Bytes octets =
      hex("d901f5 a5 00 50 000102030405060708090a0b0c0d0e0f"
          "01 82 d901fa" +
          test::wrapped("a4 00 62 656e 01 a2 00 61 63 01 05 02 81 a3 00 61 4f 01 d820 63 613a62 02 82 00 02"
                        "04 a1 03 81 82 a2 00 a1 01 61 56 01 d90230 41 4b 81 d9022a 61 50") +
          "d901f9 43 a10001 03 d86f 43 2a0304 04 a2 00 c1 1a61ce4800 01 c1 1a69546780 05 81 a2 00 61 45 02 81 01");
  const Corim read = decode_corim(octets).value();
  EXPECT_EQ(std::get<Uuid>(read.id).text(), "00010203-0405-0607-0809-0a0b0c0d0e0f");
  EXPECT_EQ(read.profile, "oid:1.2.3.4");
  EXPECT_EQ(read.validity->not_before, Timestamp(Seconds(1'640'908'800)));
  EXPECT_EQ(read.validity->not_after, Timestamp(Seconds(1'767'139'200)));
  ASSERT_EQ(read.entities.size(), 1U);
  EXPECT_EQ(read.entities[0].name, "E");
  EXPECT_EQ(read.entities[0].roles, std::vector<std::int64_t>{1});
  ASSERT_EQ(read.other_tags.size(), 1U);
  EXPECT_EQ(read.other_tags[0], (std::pair<std::uint64_t, Bytes>{505, hex("a10001")}));
  const Comid& comid = read.comids.at(0);
  EXPECT_EQ(comid.language, "en");
  EXPECT_EQ(comid.version, 5U);
  EXPECT_EQ(comid.entities.at(0).regid, "a:b");
  const KeyTriple& triple = comid.attestation_keys.at(0);
  EXPECT_EQ(triple.environment.class_map->vendor, "V");
  EXPECT_EQ(triple.environment.instance, (TaggedBytes{kTagBytes, hex("4b")}));
  EXPECT_EQ(triple.keys.at(0), (CryptoKey{kTagPkixBase64Key, hex("50")}));
  EXPECT_EQ(encode_corim(read).value(), octets);
}

TEST(Corim, WithEveryMeasurementValueIsReadAndWritten) {
  const Bytes octets = hex(corim(test::comid(
      test::reference("81 a3 00 64 6d6b6579 01 aa"
                      "00 a2 00 63 312e30 01 194000 01 d90229 05 02 82 " +
                      kSha256 +
                      " 82 63 616c67 42 beef"
                      "03 a2 00 f5 09 f4 04 d90233 82 42 0102 42 ff00 0b 61 6e 0d 82 d90230 41 61 d9022e a1 01 02"
                      "0e a2 00 81" +
                      kSha256 + "61 72 81" + kSha384 +
                      "18 20 a1 01 02 20 63 657874"
                      "02 81 d9022a 61 41"))));
  const Corim read = decode_corim(octets).value();
  const Measurement& measurement = read.comids.at(0).reference_values.at(0).measurements.at(0);
  EXPECT_EQ(measurement.key, MeasurementKey("mkey"));
  EXPECT_EQ(measurement.authorized_by.size(), 1U);
  const MeasurementValues& values = measurement.values;
  EXPECT_EQ(values.version->version, "1.0");
  EXPECT_EQ(values.version->scheme, (std::variant<std::int64_t, std::string>(std::int64_t{16'384})));
  EXPECT_EQ(values.svn->value, 5U);
  EXPECT_TRUE(values.svn->minimum);
  EXPECT_EQ(hash_of(values.digests.at(1)), std::nullopt);
  EXPECT_EQ(values.flags[0], true);
  EXPECT_EQ(values.flags[1], std::nullopt);
  EXPECT_EQ(values.flags[9], false);
  EXPECT_EQ(values.raw_value->value, hex("0102"));
  EXPECT_EQ(values.raw_value->mask, hex("ff00"));
  EXPECT_EQ(values.name, "n");
  EXPECT_EQ(values.keys.at(1), (CryptoKey{kTagCoseKey, hex("a10102")}));
  EXPECT_EQ(values.integrity_registers.at(1).digests.at(0).value.size(), 48U);
  EXPECT_EQ(values.others, (std::vector<std::pair<std::int64_t, Bytes>>{{32, hex("a10102")}, {-1, hex("63657874")}}));
  EXPECT_EQ(encode_corim(read).value(), octets);
}

TEST(Corim, KeepsTheConditionsOfAKey) {
  const Bytes octets =
      hex(corim(test::comid("a1 03 81 83 a1 01 d90230 41 4b 81 d9022a 61 50 a2 00 64 6d6b6579 01 81 d9022a 61 41")));
  const KeyTriple triple = decode_corim(octets).value().comids.at(0).attestation_keys.at(0);
  EXPECT_EQ(triple.measurement_key, MeasurementKey("mkey"));
  EXPECT_EQ(triple.authorized_by.size(), 1U);
  EXPECT_EQ(encode_corim(decode_corim(octets).value()).value(), octets);
}

TEST(Corim, KeepsTriplesThatAreNotInterpreted) {
  const Bytes octets = hex(corim(test::comid("a1 0b 82 01 02")));
  const Corim read = decode_corim(octets).value();
  EXPECT_EQ(read.comids.at(0).other_triples, (std::vector<std::pair<std::int64_t, Bytes>>{{11, hex("820102")}}));
  EXPECT_EQ(encode_corim(read).value(), octets);
}

TEST(Corim, SkipsMembersThatAreNotKnown) {
  const std::string known = test::comid(test::reference("81 a1 01 a1 0b 61 6e"));
  const std::string octets = "d901f5 a5 00 61 69 01 81 d901fa" + test::wrapped(known) + "09 80 20 63 666f6f 61 78 f6";
  EXPECT_EQ(encode_corim(decode_corim(hex(octets)).value()).value(), hex(corim(known)));
}

TEST(Corim, OfIndefiniteLengthIsReadAndWrittenWithLengths) {
  const std::string comid = test::comid(test::reference("81 a1 01 a1 0b 61 6e"));
  const std::string octets = "d901f5 bf 00 61 69 01 9f d901fa" + test::wrapped(comid) + "ff ff";
  EXPECT_EQ(encode_corim(decode_corim(hex(octets)).value()).value(), hex(corim(comid)));
}

TEST(Corim, TakesADeprecatedMaskBesideARawValue) {
  const Corim read =
      decode_corim(hex(corim(test::comid(test::reference("81 a1 01 a2 04 d90230 42 0102 05 42 ff00"))))).value();
  EXPECT_EQ(read.comids.at(0).reference_values.at(0).measurements.at(0).values.raw_value->mask, hex("ff00"));
  EXPECT_EQ(encode_corim(read).value(),
            hex(corim(test::comid(test::reference("81 a1 01 a1 04 d90233 82 42 0102 42 ff00")))));
}

TEST(Corim, TakesAPlainSecurityVersionNumber) {
  for (const std::string_view svn : {"05", "d90228 05"}) {
    const Corim read =
        decode_corim(hex(corim(test::comid(test::reference(std::format("81 a1 01 a1 01 {}", svn)))))).value();
    const Svn value = *read.comids.at(0).reference_values.at(0).measurements.at(0).values.svn;
    EXPECT_EQ(value.value, 5U);
    EXPECT_FALSE(value.minimum);
  }
}

TEST(CorimValidity, EndsAtItsLimits) {
  const Validity validity{.not_before = Timestamp(Seconds(100)), .not_after = Timestamp(Seconds(200))};
  EXPECT_EQ(check_validity(validity, Timestamp(Seconds(99))).error().code, Errc::expired);
  EXPECT_TRUE(check_validity(validity, Timestamp(Seconds(100))));
  EXPECT_TRUE(check_validity(validity, Timestamp(Seconds(200))));
  EXPECT_EQ(check_validity(validity, Timestamp(Seconds(201))).error().code, Errc::expired);
}

TEST(Uuid, IsReadAndWrittenAsText) {
  const std::string text = "cd1f0e55-26f9-460d-b9d8-f7fde171787c";
  EXPECT_EQ(Uuid::from_text(text).value().text(), text);
  EXPECT_EQ(Uuid::from_text("CD1F0E55-26F9-460D-B9D8-F7FDE171787C").value().text(), text);
  for (const std::string_view bad : {"", "cd1f0e5526f9460db9d8f7fde171787c", "cd1f0e55-26f9-460d-b9d8-f7fde171787",
                                     "cd1f0e55-26f9-460d-b9d8-f7fde171787x", "cd1f0e55-26f9-460d-b9d8f7fde171787c-",
                                     "cd1f0e55-26f9-460d-b9d8-f7fde17178--"}) {
    EXPECT_EQ(Uuid::from_text(bad).error().code, Errc::malformed) << bad;
  }
}

}  // namespace
}  // namespace credence::rats
