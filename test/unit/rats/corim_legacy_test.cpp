// Older spellings, each with what it means in revision 10.
#include <gtest/gtest.h>

#include "corim_bytes.h"
#include "rats/corim/corim.h"

namespace credence::rats {
namespace {

using test::hex;
using test::wrapped;

const std::string kComid = test::comid(test::reference("81 a1 01 a1 0b 61 6e"));
const std::string kNow = test::corim(kComid);
const std::string kDigest(64, '0');

struct OldForm {
  std::string_view what;
  std::string octets;
};
void PrintTo(const OldForm& form, std::ostream* out) { *out << form.what; }

class CorimOldForm : public testing::TestWithParam<OldForm> {};

TEST_P(CorimOldForm, IsReadAsLegacyAndWrittenAsRevision10) {
  const Corim read = decode_corim(hex(GetParam().octets)).value();
  EXPECT_TRUE(read.legacy);
  EXPECT_EQ(to_hex(encode_corim(read).value()), to_hex(hex(kNow)));
  EXPECT_FALSE(decode_corim(encode_corim(read).value()).value().legacy);
}

INSTANTIATE_TEST_SUITE_P(All, CorimOldForm,
                         testing::Values(OldForm{"no outer tag", "a2 00 61 69 01 81 d901fa" + wrapped(kComid)},
                                         OldForm{"tags 500 and 501", "d901f4" + kNow},
                                         OldForm{"tag 506 inside the byte string",
                                                 "d901f5 a2 00 61 69 01 81" + wrapped("d901fa" + kComid)},
                                         OldForm{"tag 506 over the map", "d901f5 a2 00 61 69 01 81 d901fa" + kComid}));

TEST(CorimOldProfile, IsTextOrAnArrayOfOne) {
  const auto with_profile = [](std::string_view profile) {
    return decode_corim(hex("d901f5 a3 00 61 69 01 81 d901fa" + wrapped(kComid) + "03" + std::string(profile)));
  };
  EXPECT_EQ(with_profile("d820 63 613a62").value().profile, "a:b");
  EXPECT_FALSE(with_profile("d820 63 613a62").value().legacy);
  for (const std::string_view old : {"63 613a62", "81 63 613a62", "81 d820 63 613a62"}) {
    EXPECT_EQ(with_profile(old).value().profile, "a:b") << old;
    EXPECT_TRUE(with_profile(old).value().legacy) << old;
  }
  EXPECT_EQ(with_profile("82 63 613a62 63 613a63").error().code, Errc::unsupported);
  EXPECT_EQ(with_profile("80").error().code, Errc::missing_member);
}

TEST(CorimOldKey, UnderIdentityTriplesIsAnAttestationKey) {
  // environment {1: 550(7 octets)}
  const std::string environment = "a1 01 d90226 47 01020304050607";
  const Corim old =
      decode_corim(hex(test::corim(test::comid("a1 02 81 82" + environment + "81 a1 00 62 4d46")))).value();
  EXPECT_TRUE(old.legacy);
  EXPECT_TRUE(old.comids.at(0).identity_keys.empty());
  EXPECT_EQ(old.comids.at(0).attestation_keys.at(0).keys.at(0), (CryptoKey{kTagPkixBase64Key, hex("4d46")}));
  const Corim now =
      decode_corim(hex(test::corim(test::comid("a1 02 81 82" + environment + "81 d9022a 62 4d46")))).value();
  EXPECT_FALSE(now.legacy);
  EXPECT_EQ(now.comids.at(0).identity_keys.size(), 1U);
  EXPECT_TRUE(now.comids.at(0).attestation_keys.empty());
}

TEST(CorimOldClass, Of600IsOneOf560) {
  const auto with_class = [](std::string_view id) {
    return decode_corim(
        hex(test::corim(test::comid(std::format("a1 00 81 82 a1 00 a1 00 {} 81 a1 01 a1 0b 61 6e", id)))));
  };
  const Corim now = with_class("d90230 43 616263").value();
  EXPECT_FALSE(now.legacy);
  for (const std::string_view old : {"d90258 43 616263", "d90258 63 616263"}) {
    EXPECT_TRUE(with_class(old).value().legacy) << old;
    EXPECT_EQ(encode_corim(with_class(old).value()).value(), encode_corim(now).value()) << old;
  }
  EXPECT_EQ(with_class("d90230 63 616263").error().code, Errc::unexpected_type);
}

TEST(CorimOldClass, Of551IsKeptAndNotWritten) {
  const Corim read =
      decode_corim(hex(test::corim(test::comid("a1 00 81 82 a1 00 a1 00 d90227 07 81 a1 01 a1 0b 61 6e")))).value();
  EXPECT_TRUE(read.legacy);
  EXPECT_EQ(encode_corim(read).error().code, Errc::invalid_value);
  EXPECT_EQ(encode_corim(read).error().path, "environment.class.class-id");
}

// A measurement with this mkey and a name, or without.
Result<Corim> with_mkey(std::string_view mkey, std::string_view values = "a1 02 81 82 01 58 20" + kDigest) {
  return decode_corim(hex(test::corim(test::comid(test::reference(std::format("81 a2 00 {} 01 {}", mkey, values))))));
}

TEST(CorimOldMeasurementKey, OfASoftwareComponentBecomesItsValues) {
  const Corim old = with_mkey("d90259 a3 01 62 424c 04 65 322e312e30 05 42 abcd").value();
  EXPECT_TRUE(old.legacy);
  const Measurement& measurement = old.comids.at(0).reference_values.at(0).measurements.at(0);
  EXPECT_EQ(measurement.key, MeasurementKey("psa.software-component"));
  EXPECT_EQ(measurement.values.name, "BL");
  EXPECT_EQ(measurement.values.version.value().version, "2.1.0");
  EXPECT_EQ(measurement.values.keys, (std::vector<CryptoKey>{{.tag = kTagBytes, .value = {0xab, 0xcd}}}));
  EXPECT_EQ(measurement.values.digests.size(), 1U);
  const Corim now = decode_corim(encode_corim(old).value()).value();
  EXPECT_FALSE(now.legacy);
  EXPECT_EQ(now.comids.at(0).reference_values.at(0).measurements.at(0).key, measurement.key);
}

TEST(CorimOldMeasurementKey, SaysNothingTwice) {
  const auto twice = with_mkey("d90259 a1 01 62 424c", "a1 0b 61 6e");
  ASSERT_FALSE(twice);
  EXPECT_EQ(twice.error().code, Errc::invalid_value);
  EXPECT_NE(twice.error().why.find("in its mkey and in its values"), std::string::npos);
  EXPECT_EQ(with_mkey("d90259 a1 01 42 424c").error().code, Errc::unexpected_type);
}

TEST(CorimOldMeasurementKey, OfAPlatformConfigurationLosesItsLabel) {
  const Corim old = with_mkey("d9025a 63 636667", "a1 04 d90230 43 010203").value();
  EXPECT_TRUE(old.legacy);
  EXPECT_EQ(old.comids.at(0).reference_values.at(0).measurements.at(0).key, MeasurementKey("cca.platform-config"));
  EXPECT_TRUE(encode_corim(old));
}

TEST(CorimOldMeasurementKey, OfAnotherKindIsKeptAndNotWritten) {
  const Corim read = with_mkey("d9025b 62 424c").value();
  EXPECT_TRUE(read.legacy);
  EXPECT_EQ(read.comids.at(0).reference_values.at(0).measurements.at(0).key,
            MeasurementKey(TaggedBytes{603, hex("62424c")}));
  EXPECT_EQ(encode_corim(read).error().code, Errc::invalid_value);
}

TEST(CorimOldUri, WithoutItsTagIsRead) {
  const std::string entity = "a3 00 61 45 01 63 613a62 02 81 01";
  const Corim read = decode_corim(hex("d901f5 a3 00 61 69 01 81 d901fa" + wrapped(kComid) + "05 81" + entity)).value();
  EXPECT_TRUE(read.legacy);
  EXPECT_EQ(read.entities.at(0).regid, "a:b");
}

}  // namespace
}  // namespace credence::rats
