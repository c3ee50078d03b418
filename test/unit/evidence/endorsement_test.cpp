#include "evidence/tpm/endorsement.h"

#include <gtest/gtest.h>

#include "support/evidence_maker.h"
#include "support/refusal.h"
#include "wire/cbor/writer.h"

namespace credence::evidence::tpm {
namespace {

using test::EvidenceMaker;

Endorsement two_keys() {
  EvidenceMaker challenge;
  challenge.purpose = Purpose::challenge;
  Endorsement endorsement = EvidenceMaker{}.endorsement();
  endorsement.keys.push_back(challenge.facts());
  return endorsement;
}

TEST(Endorsement, TellsVeraisonOfChannelKeysOnly) {
  const Endorsement endorsement = two_keys();
  const rats::Corim corim = veraison_corim(endorsement).value();
  EXPECT_EQ(corim.profile, kParsecTpmProfile);
  ASSERT_EQ(corim.comids.size(), 2U);
  ASSERT_EQ(corim.comids[1].attestation_keys.size(), 1U);
  const rats::KeyTriple& triple = corim.comids[1].attestation_keys[0];
  EXPECT_EQ(triple.environment.instance->value, to_bytes(endorsement.keys[0].kid.view()));
  EXPECT_EQ(triple.environment.class_map->id->tag, rats::kTagUuid);
  EXPECT_EQ(triple.keys[0].tag, rats::kTagPkixBase64Key);
  EXPECT_TRUE(as_text(triple.keys[0].value).starts_with("-----BEGIN PUBLIC KEY-----"));
}

TEST(Endorsement, GivesOneMeasurementForEachPcr) {
  Endorsement endorsement = two_keys();
  endorsement.pcrs[kAlgSha384][0] = Bytes(48, 3);
  const rats::ReferenceTriple triple = veraison_corim(endorsement).value().comids[0].reference_values.at(0);
  EXPECT_FALSE(triple.environment.instance);
  ASSERT_EQ(triple.measurements.size(), 3U);
  EXPECT_EQ(triple.measurements[0].key, rats::MeasurementKey{std::uint64_t{0}});
  EXPECT_EQ(triple.measurements[0].values.digests.size(), 2U);
  EXPECT_EQ(triple.measurements[2].values.digests[0],
            (rats::CorimDigest{.algorithm = std::int64_t{1}, .value = Bytes(32, 2)}));
}

TEST(Endorsement, RecordsEveryKey) {
  const Endorsement endorsement = two_keys();
  const rats::Corim corim = keys_corim(endorsement).value();
  EXPECT_EQ(corim.profile, kTpmKeyProfile);
  ASSERT_EQ(corim.comids.at(0).endorsed_values.size(), 2U);
  const rats::Measurement& measurement = corim.comids[0].endorsed_values[1].measurements.at(0);
  EXPECT_EQ(measurement.key, rats::MeasurementKey{std::string("credence.ak")});
  const KeyFacts facts = decode_key_record(measurement.values.raw_value->value).value();
  EXPECT_EQ(facts.name, endorsement.keys[1].name);
  EXPECT_EQ(facts.purpose, Purpose::challenge);
  EXPECT_EQ(facts.maker, "software TPM (test)");
}

TEST(Endorsement, HasAnIdOfItsContent) {
  Endorsement endorsement = two_keys();
  const auto id = veraison_corim(endorsement).value().id;
  EXPECT_EQ(veraison_corim(endorsement).value().id, id);
  endorsement.pcrs[kAlgSha256][0][0] ^= 1;
  EXPECT_NE(veraison_corim(endorsement).value().id, id);
}

TEST(Endorsement, RefusesWhatItCannotState) {
  Endorsement endorsement = two_keys();
  ASSERT_TRUE(veraison_corim(endorsement));
  endorsement.pcrs = {{kAlgSha1, {{0, Bytes(20)}}}};
  test::expect_refused(veraison_corim(endorsement), Errc::unsupported_algorithm, "bank 0x0004");
  endorsement.keys.clear();
  endorsement.pcrs.clear();
  test::expect_refused(veraison_corim(endorsement), Errc::missing_member, "neither PCR values nor a channel key");
  test::expect_refused(keys_corim(endorsement), Errc::missing_member, "no attestation key");
}

TEST(KeyRecord, GoesBothWays) {
  const Bytes octets = encode_key_record(EvidenceMaker{}.facts());
  EXPECT_EQ(encode_key_record(decode_key_record(octets).value()), octets);
  test::expect_exact_length(octets, decode_key_record);
}

TEST(KeyRecord, RefusesWhatIsMissingOrWrong) {
  KeyFacts facts = EvidenceMaker{}.facts();
  ASSERT_TRUE(decode_key_record(encode_key_record(facts)));
  facts.purpose = static_cast<Purpose>(3);
  test::expect_refused(decode_key_record(encode_key_record(facts)), Errc::invalid_value, "purpose: expected 1");
  facts = EvidenceMaker{}.facts();
  facts.name.clear();
  test::expect_refused(decode_key_record(encode_key_record(facts)), Errc::invalid_value, "Name: expected 1 to 66");
  facts = EvidenceMaker{}.facts();
  facts.ek_digest = Bytes(31);
  test::expect_refused(decode_key_record(encode_key_record(facts)), Errc::invalid_value, "EK digest");
  facts = EvidenceMaker{}.facts();
  facts.maker = std::string(257, 'x');
  test::expect_refused(decode_key_record(encode_key_record(facts)), Errc::too_large, "maker");
  cbor::Writer empty;
  test::expect_refused(decode_key_record(empty.map(0).take()), Errc::missing_member, "1 (TPMT_PUBLIC) is missing");
}

}  // namespace
}  // namespace credence::evidence::tpm
