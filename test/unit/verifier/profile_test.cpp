#include "verifier/store/content.h"

#include <gtest/gtest.h>

#include <functional>
#include <ostream>

#include "fixture.h"

namespace credence::verifier {
namespace {

using test::EvidenceMaker;

struct Flip {
  std::string name;
  std::function<void(rats::Corim&)> flip;
  Errc code{};
  std::string why;
};
void PrintTo(const Flip& flip, std::ostream* out) { *out << flip.name; }

rats::ReferenceTriple& reference(rats::Corim& corim) { return corim.comids.at(0).reference_values.at(0); }
rats::Measurement& measurement(rats::Corim& corim) { return reference(corim).measurements.at(0); }
rats::KeyTriple& key(rats::Corim& corim) { return corim.comids.at(1).attestation_keys.at(0); }
rats::ReferenceTriple& record(rats::Corim& corim) { return corim.comids.at(0).endorsed_values.at(0); }

// The rules of Veraison's scheme, cause by cause.
std::vector<Flip> parsec_tpm_flips() {
  return {
      {"NoProfile", [](auto& corim) { corim.profile.reset(); }, Errc::unsupported, "got none"},
      {"UnknownProfile", [](auto& corim) { corim.profile = "tag:other"; }, Errc::unsupported, "got tag:other"},
      {"NothingInIt", [](auto& corim) { corim.comids.clear(); }, Errc::missing_member, "says nothing"},
      {"OtherTags", [](auto& corim) { corim.other_tags.emplace_back(507, Bytes{}); }, Errc::unsupported, "a tag 507"},
      {"NoClass", [](auto& corim) { key(corim).environment.class_map.reset(); }, Errc::missing_member,
       "attest-key-triples: environment: class is missing"},
      {"NoClassId", [](auto& corim) { key(corim).environment.class_map->id.reset(); }, Errc::missing_member,
       "environment.class: id is missing"},
      {"ClassIdIsNoUuid", [](auto& corim) { reference(corim).environment.class_map->id->tag = rats::kTagOid; },
       Errc::unexpected_type, "reference-triples: environment.class.id: expected a UUID (tag 37), got tag 111"},
      {"NoInstance", [](auto& corim) { key(corim).environment.instance.reset(); }, Errc::missing_member,
       "instance is missing"},
      {"InstanceIsUeid", [](auto& corim) { key(corim).environment.instance->tag = rats::kTagUeid; },
       Errc::unexpected_type, "expected bytes (tag 560), got tag 550"},
      {"InstanceTooLong", [](auto& corim) { key(corim).environment.instance->value = Bytes(65); }, Errc::invalid_value,
       "1 to 64 octets, got 65"},
      {"Group", [](auto& corim) { key(corim).environment.group = rats::TaggedBytes{}; }, Errc::invalid_value,
       "a group is not allowed"},
      {"ReferenceValuesOfAnInstance",
       [](auto& corim) { reference(corim).environment.instance = rats::TaggedBytes{.tag = 560, .value = {1}}; },
       Errc::invalid_value, "an instance is not allowed"},
      {"TwoKeys", [](auto& corim) { key(corim).keys.push_back(key(corim).keys[0]); }, Errc::invalid_value,
       "expected exactly one key, got 2"},
      {"KeyIsACertificate", [](auto& corim) { key(corim).keys[0].tag = rats::kTagPkixBase64Cert; },
       Errc::unexpected_type, "expected a pkix-base64-key (tag 554), got tag 555"},
      {"NoPcr", [](auto& corim) { measurement(corim).key.reset(); }, Errc::missing_member, "mkey is missing"},
      {"PcrIsText", [](auto& corim) { measurement(corim).key = std::string("PCR 0"); }, Errc::unexpected_type,
       "mkey: expected an unsigned integer"},
      {"PcrTooHigh", [](auto& corim) { measurement(corim).key = std::uint64_t{32}; }, Errc::invalid_value, "got 32"},
      {"NoMeasurement", [](auto& corim) { reference(corim).measurements.clear(); }, Errc::missing_member,
       "no measurement"},
      {"NoDigests", [](auto& corim) { measurement(corim).values.digests.clear(); }, Errc::missing_member,
       "PCR 0: digests are missing"},
      {"OnlyUnknownDigests", [](auto& corim) { measurement(corim).values.digests[0].algorithm = std::int64_t{10}; },
       Errc::unsupported_algorithm, "PCR 0: no digest of SHA-256"},
      {"DigestCutShort", [](auto& corim) { measurement(corim).values.digests[0].value.pop_back(); },
       Errc::invalid_value, "expected 32 octets of sha-256, got 31"},
      // What nobody compares would be a demand that is not made.
      {"MinimumSvnOfAPcr", [](auto& corim) { measurement(corim).values.svn = rats::Svn{.value = 3, .minimum = true}; },
       Errc::unsupported, "PCR 0: expected digests and nothing else"},
      {"SerialNumberOfAPcr", [](auto& corim) { measurement(corim).values.serial_number = "1"; }, Errc::unsupported,
       "PCR 0: expected digests and nothing else"},
      {"KeyOfAMeasurement", [](auto& corim) { key(corim).measurement_key = std::uint64_t{0}; }, Errc::unsupported,
       "conditions: an attestation key has none"},
      {"OtherTriples", [](auto& corim) { corim.comids[0].other_triples.emplace_back(4, Bytes{}); }, Errc::unsupported,
       "reference-triples and attest-key-triples only"},
  };
}

class ParsecTpmFlip : public testing::TestWithParam<Flip> {};
INSTANTIATE_TEST_SUITE_P(Refusals, ParsecTpmFlip, testing::ValuesIn(parsec_tpm_flips()),
                         [](const auto& example) { return example.param.name; });

TEST_P(ParsecTpmFlip, IsRefused) {
  rats::Corim corim = evidence::tpm::veraison_corim(EvidenceMaker{}.endorsement()).value();
  ASSERT_TRUE(read_by_profile(corim, "id"));
  GetParam().flip(corim);
  test::expect_refused(read_by_profile(corim, "id"), GetParam().code, GetParam().why);
}

// Writes the record again with one fact changed.
std::function<void(rats::Corim&)> with_facts(std::function<void(evidence::tpm::KeyFacts&)> change) {
  return [change](rats::Corim& corim) {
    Bytes& octets = record(corim).measurements.at(0).values.raw_value->value;
    evidence::tpm::KeyFacts facts = evidence::tpm::decode_key_record(octets).value();
    change(facts);
    octets = evidence::tpm::encode_key_record(facts);
  };
}

std::vector<Flip> tpm_key_flips() {
  using evidence::tpm::KeyFacts;
  return {
      {"NoInstance", [](auto& corim) { record(corim).environment.instance.reset(); }, Errc::missing_member,
       "endorsed-triples: environment: instance is missing"},
      {"TwoMeasurements", [](auto& corim) { record(corim).measurements.push_back(record(corim).measurements[0]); },
       Errc::invalid_value, "expected exactly one measurement, got 2"},
      {"OtherMkey", [](auto& corim) { record(corim).measurements[0].key = std::string("other"); }, Errc::invalid_value,
       "mkey: expected \"credence.ak\""},
      {"NoRawValue", [](auto& corim) { record(corim).measurements[0].values.raw_value.reset(); }, Errc::missing_member,
       "raw-value is missing"},
      {"Mask", [](auto& corim) { record(corim).measurements[0].values.raw_value->mask = Bytes{1}; },
       Errc::invalid_value, "a mask is not allowed"},
      {"NoCbor", [](auto& corim) { record(corim).measurements[0].values.raw_value->value = {}; }, Errc::truncated,
       "credence.ak"},
      {"NameOfAnotherKey", with_facts([](KeyFacts& facts) { facts.name[5] ^= 1; }), Errc::signer_mismatch,
       "the endorsed Name is"},
      {"UnrestrictedKey", with_facts([](KeyFacts& facts) {
         facts.public_area = test::make_public_area(test::make_key().public_key(), test::kTlsKeyAttributes);
         facts.name = test::make_name(facts.public_area);
       }),
       Errc::unrestricted_attestation_key, "restricted is not set"},
      {"OtherTriples", [](auto& corim) { corim.comids[0].reference_values.emplace_back(); }, Errc::unsupported,
       "endorsed-triples only"},
  };
}

class TpmKeyFlip : public testing::TestWithParam<Flip> {};
INSTANTIATE_TEST_SUITE_P(Refusals, TpmKeyFlip, testing::ValuesIn(tpm_key_flips()),
                         [](const auto& example) { return example.param.name; });

TEST_P(TpmKeyFlip, IsRefused) {
  rats::Corim corim = evidence::tpm::keys_corim(EvidenceMaker{}.endorsement()).value();
  ASSERT_TRUE(read_by_profile(corim, "id"));
  GetParam().flip(corim);
  test::expect_refused(read_by_profile(corim, "id"), GetParam().code, GetParam().why);
}

}  // namespace
}  // namespace credence::verifier
