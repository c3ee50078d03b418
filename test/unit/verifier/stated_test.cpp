// What each kind of evidence states in CoRIM's terms, seen from outside: an endorsement on the condition of it reaches
// the result, and one on the condition of something else does not.
#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/text.h"
#include "crypto/hash.h"
#include "evidence/cca/token.h"
#include "evidence/enacttrust/token.h"
#include "evidence/parsec_cca/bundle.h"
#include "evidence/psa/token.h"
#include "evidence/sevsnp/tsm_report.h"
#include "fixture.h"
#include "support/cca_device.h"
#include "support/dice_device.h"
#include "support/enacttrust_node.h"
#include "support/psa_device.h"
#include "support/snp_machine.h"
#include "wire/cbor/writer.h"

namespace credence::verifier {
namespace {

const Bytes kNonce(64, 0x6e);

struct Attester {
  std::string name;
  std::string media_type;
  Bytes evidence;
  std::vector<rats::Corim> endorsements;
  std::string profile;                                            // of a CoRIM with a condition
  rats::ReferenceTriple condition;                                // that this evidence meets
  std::vector<rats::Environment> environments;                    // that it speaks of: members of a domain
  crypto::PublicKey key;                                          // that it was verified with
  std::optional<crypto::Certificate> certificate = std::nullopt;  // likewise
};
void PrintTo(const Attester& attester, std::ostream* out) { *out << attester.name; }

rats::ReferenceTriple condition_on(rats::Environment environment, rats::Measurement measurement) {
  return {.environment = std::move(environment), .measurements = {std::move(measurement)}};
}

rats::Environment platform_environment(const Bytes& implementation, const Bytes& instance) {
  rats::Environment environment = test::implementation_environment(implementation);
  environment.instance = rats::TaggedBytes{.tag = rats::kTagUeid, .value = instance};
  return environment;
}

rats::Measurement raw(rats::MeasurementKey key, Bytes value) {
  rats::Measurement measurement{.key = std::move(key), .values = {}, .authorized_by = {}};
  measurement.values.raw_value = rats::RawValue{.value = std::move(value), .mask = {}};
  return measurement;
}

Attester psa(std::uint64_t lifecycle = 0x3000) {
  test::PsaDevice device;
  device.components.resize(1);
  device.lifecycle = lifecycle;
  const rats::Environment environment = platform_environment(device.implementation, device.instance);
  return {.name = "Psa",
          .media_type = std::string(evidence::psa::kMediaType),
          .evidence = device.token(kNonce),
          .endorsements = {device.corim()},
          .profile = device.corim().profile.value(),
          .condition =
              condition_on(environment, test::component_measurement(device.components[0], "psa.software-component")),
          .environments = {environment},
          .key = device.key.public_key()};
}

Attester cca(const test::CcaDevice& device = {}) {
  const rats::Environment platform = platform_environment(device.implementation, device.instance);
  return {.name = "Cca",
          .media_type = std::string(evidence::cca::kMediaType),
          .evidence = device.token(kNonce),
          .endorsements = {device.platform_corim(), device.realm_corim()},
          .profile = device.realm_corim().profile.value(),
          .condition = condition_on(test::implementation_environment(device.initial_measurement),
                                    raw("cca.rpv", device.personalization)),
          .environments = {platform, test::implementation_environment(device.initial_measurement)},
          .key = device.platform_key.public_key()};
}

Attester parsec_cca() {
  const std::string profile = "tag:github.com/parallaxsecond,2023-03-03:cca";
  const test::CcaDevice device;
  const rats::Environment platform = platform_environment(device.implementation, device.instance);
  return {.name = "ParsecCca",
          .media_type = std::string(evidence::parsec_cca::kMediaType),
          .evidence = device.bundle(kNonce, test::make_key().public_key()),
          .endorsements = {device.platform_corim(profile), device.realm_corim(profile)},
          .profile = profile,
          .condition = condition_on(platform, raw("cca.platform-config", device.config)),
          .environments = {platform},
          .key = device.platform_key.public_key()};
}

Attester enacttrust() {
  const test::EnacttrustNode node;
  const rats::Corim corim = node.corim();
  return {.name = "Enacttrust",
          .media_type = std::string(evidence::enacttrust::kMediaType),
          .evidence = node.token(kNonce),
          .endorsements = {corim},
          .profile = corim.profile.value(),
          .condition = corim.comids[0].reference_values[0],
          .environments = {corim.comids[0].reference_values[0].environment},
          .key = node.key.public_key()};
}

Attester sevsnp() {
  const test::SnpMachine machine;
  const rats::Corim values = machine.reference_values();
  const rats::Environment environment = values.comids[0].reference_values[0].environment;
  rats::Measurement svn{.key = std::uint64_t{1}, .values = {}, .authorized_by = {}};
  svn.values.svn = rats::Svn{.value = 0, .minimum = true};
  return {.name = "Sevsnp",
          .media_type = std::string(evidence::sevsnp::kTsmReportCbor),
          .evidence = machine.evidence(kNonce),
          .endorsements = {test::SnpMachine::roots(), values},
          .profile = values.profile.value(),
          .condition = condition_on(environment, std::move(svn)),
          .environments = {environment},
          .key = machine.vek_key.public_key(),
          .certificate = machine.maker->ask()};
}

Attester dice() {
  const test::DiceDevice device;
  const rats::Corim values = device.reference_values();
  return {.name = "Dice",
          .media_type = std::string(evidence::dice::kPemChain),
          .evidence = test::DiceDevice::pem(device.with_fresh_leaf(kNonce)),
          .endorsements = {device.roots(), values},
          .profile = values.profile.value(),
          .condition = values.comids[0].reference_values[0],
          .environments = {values.comids[0].reference_values[0].environment},
          .key = device.device_key.public_key(),
          .certificate = device.root};
}

rats::Environment of_interest() {
  rats::Environment environment;
  environment.class_map.emplace().vendor = "of interest";
  return environment;
}

rats::Corim corim_with(const Attester& attester, const std::function<void(rats::Comid&)>& fill) {
  rats::Corim corim;
  corim.id = std::string("statements");
  corim.profile = attester.profile;
  fill(corim.comids.emplace_back());
  corim.comids[0].id = "statements";
  return corim;
}

// What the result says is endorsed beside the scheme's own values.
json::Array endorsed_of(const Attester& attester, const rats::Corim& corim) {
  const auto store = memory_store();
  for (const rats::Corim& one : attester.endorsements) test::provision(*store, one);
  test::provision(*store, corim);
  const rats::Ear ear =
      test::engine_over(store)
          .appraise({.media_type = attester.media_type, .evidence = attester.evidence, .challenge = Nonce(kNonce)})
          .value();
  EXPECT_TRUE(ear.is_affirming()) << testing::PrintToString(ear.problems());
  const auto* found = ear.submodules.begin()->second.annotated_evidence.if_contains("endorsed");
  return found == nullptr ? json::Array{} : found->as_array();
}

rats::Corim endorsing_on(const Attester& attester, const rats::ReferenceTriple& condition) {
  rats::Measurement measurement;
  measurement.values.name = "certified";
  return corim_with(attester, [&](rats::Comid& comid) {
    comid.conditional_endorsements.push_back({{condition}, {condition_on(of_interest(), measurement)}});
  });
}

class Stated : public testing::TestWithParam<Attester> {
 protected:
  static json::Array endorsed(const rats::Corim& corim) { return endorsed_of(GetParam(), corim); }
};

TEST_P(Stated, IsWhatConditionsAreMatchedWith) {
  const auto on = [](const rats::ReferenceTriple& condition) { return endorsing_on(GetParam(), condition); };
  const json::Array met = endorsed(on(GetParam().condition));
  ASSERT_EQ(met.size(), 1U);
  EXPECT_EQ(met[0].at("measurements").at(0).at("name").as_string(), "certified");

  rats::ReferenceTriple other = GetParam().condition;
  other.measurements[0].values.name = "another name";
  EXPECT_TRUE(endorsed(on(other)).empty());
}

TEST_P(Stated, IsWhatDomainsConsistOf) {
  const auto domain_of = [&](std::vector<rats::Environment> members) {
    return corim_with(GetParam(), [&](rats::Comid& comid) {
      comid.memberships.push_back({.domain = of_interest(), .others = std::move(members)});
    });
  };
  std::vector<rats::Environment> members = GetParam().environments;
  const json::Array met = endorsed(domain_of(members));
  ASSERT_EQ(met.size(), 1U);
  EXPECT_EQ(met[0].at("members").as_array().size(), members.size());
  rats::Environment absent;
  absent.instance = rats::TaggedBytes{.tag = rats::kTagBytes, .value = {1, 2, 3}};
  members.push_back(absent);
  EXPECT_TRUE(endorsed(domain_of(members)).empty());
}

TEST_P(Stated, IsWhatEndorsedValuesAreOf) {
  const auto of = [&](const rats::Environment& environment) {
    rats::Measurement measurement;
    measurement.values.name = "certified";
    return corim_with(GetParam(), [&](rats::Comid& comid) {
      comid.endorsed_values.push_back(condition_on(environment, measurement));
    });
  };
  const json::Array met = endorsed(of(GetParam().environments[0]));
  ASSERT_EQ(met.size(), 1U);
  EXPECT_EQ(met[0].at("measurements").at(0).at("name").as_string(), "certified");
  EXPECT_TRUE(endorsed(of(of_interest())).empty());
}

// Nobody is recognised by a key that his evidence was not verified with.
TEST_P(Stated, IsWhatIdentitiesAreOf) {
  const auto of = [&](const rats::Environment& environment, const crypto::PublicKey& key) {
    return corim_with(GetParam(), [&](rats::Comid& comid) {
      comid.identity_keys.push_back(
          {.environment = environment,
           .keys = {{.tag = rats::kTagPkixBase64Key, .value = to_bytes(as_bytes(key.pem()))}}});
    });
  };
  const json::Array met = endorsed(of(GetParam().environments[0], GetParam().key));
  ASSERT_EQ(met.size(), 1U);
  EXPECT_EQ(met[0].at("identity").as_string(),
            to_hex(crypto::digest(crypto::HashAlgorithm::sha256, GetParam().key.spki())->view()));
  EXPECT_TRUE(endorsed(of(GetParam().environments[0], test::make_key().public_key())).empty());
  EXPECT_TRUE(endorsed(of(of_interest(), GetParam().key)).empty());
}

// A thumbprint (tag 557) of this key, as its owner may have it without the key.
rats::CryptoKey thumbprint(ByteView octets, crypto::HashAlgorithm hash, std::uint64_t tag = rats::kTagThumbprint) {
  const crypto::Digest digest = crypto::digest(hash, octets).value();
  return {.tag = tag,
          .value = cbor::Writer().array(2).integer(rats::named_information_id(hash)).bytes(digest.view()).take()};
}
rats::CryptoKey thumbprint(const crypto::PublicKey& key, crypto::HashAlgorithm hash) {
  return thumbprint(key.spki(), hash);
}

TEST_P(Stated, IsWhatIdentitiesByThumbprintAreOf) {
  using enum crypto::HashAlgorithm;
  const auto of = [&](std::vector<rats::CryptoKey> keys) {
    return corim_with(GetParam(), [&](rats::Comid& comid) {
      comid.identity_keys.push_back({.environment = GetParam().environments[0], .keys = std::move(keys)});
    });
  };
  const crypto::PublicKey other = test::make_key().public_key();
  for (const auto hash : {sha256, sha384, sha512}) {
    const json::Array met = endorsed(of({thumbprint(other, hash), thumbprint(GetParam().key, hash)}));
    ASSERT_EQ(met.size(), 1U);
    EXPECT_EQ(met[0].at("identity").as_string(), to_hex(crypto::digest(sha256, GetParam().key.spki())->view()));
    EXPECT_TRUE(endorsed(of({thumbprint(other, hash)})).empty());
  }
}

// By the certificate and not by its key: another one for the same key is somebody else's word.
TEST_P(Stated, IsWhatIdentitiesByCertificateAreOf) {
  if (!GetParam().certificate) GTEST_SKIP() << "evidence without certificates";
  using enum crypto::HashAlgorithm;
  const crypto::Certificate& certificate = *GetParam().certificate;
  const auto of = [&](ByteView der, crypto::HashAlgorithm hash) {
    return corim_with(GetParam(), [&](rats::Comid& comid) {
      comid.identity_keys.push_back(
          {.environment = GetParam().environments[0], .keys = {thumbprint(der, hash, rats::kTagCertThumbprint)}});
    });
  };
  for (const auto hash : {sha256, sha384, sha512}) {
    const json::Array met = endorsed(of(certificate.der(), hash));
    ASSERT_EQ(met.size(), 1U);
    EXPECT_EQ(met[0].at("identity").as_string(), to_hex(crypto::digest(sha256, certificate.spki())->view()));
    EXPECT_TRUE(endorsed(of(certificate.spki(), hash)).empty());
    EXPECT_TRUE(endorsed(of(test::snp_maker().ark.spki(), hash)).empty());
  }
  const auto key = test::make_key();
  const auto renewed =
      test::make_certificate(certificate.public_key().value(), {.common_name = "Of another issuer"}, key);
  EXPECT_TRUE(endorsed(of(renewed.der(), sha256)).empty());
}

// A path would never be compared with anything, and neither would a hash that nobody computes, nor a certificate where
// evidence has none.
TEST_P(Stated, KnowsNoOtherThumbprints) {
  const auto submit = [&](const rats::CryptoKey& key) {
    const rats::Corim corim = corim_with(GetParam(), [&](rats::Comid& comid) {
      comid.identity_keys.push_back({.environment = GetParam().environments[0], .keys = {key}});
    });
    return memory_store()->submit(corim, test::octets_of(corim));
  };
  const rats::CryptoKey good = thumbprint(GetParam().key, crypto::HashAlgorithm::sha256);
  EXPECT_TRUE(submit(good));
  test::expect_refused(submit({.tag = rats::kTagCertPathThumbprint, .value = good.value}), Errc::unsupported,
                       "expected a key");
  const auto of_certificate = submit({.tag = rats::kTagCertThumbprint, .value = good.value});
  if (GetParam().certificate)
    EXPECT_TRUE(of_certificate) << of_certificate.error().text();
  else
    test::expect_refused(of_certificate, Errc::unsupported, "expected a key, got the thumbprint of a certificate");
  const Bytes digest(32, 0x11);
  for (const auto& [value, code] :
       {std::pair{cbor::Writer().array(2).text("sha3-256").bytes(digest).take(), Errc::unsupported},
        std::pair{cbor::Writer().array(2).integer(7).bytes(digest).take(), Errc::invalid_value}})
    test::expect_refused(submit({.tag = rats::kTagThumbprint, .value = value}), code, "identity-triples");
}

rats::ReferenceTriple condition_on_register(const rats::Environment& realm, const std::string& id, Bytes value) {
  rats::Measurement measurement;
  measurement.values.integrity_registers.push_back(
      {.id = id, .digests = {{.algorithm = std::int64_t{1}, .value = std::move(value)}}});
  return condition_on(realm, std::move(measurement));
}

TEST(StatedRealm, MeetsConditionsOnItsRegisters) {
  const test::CcaDevice device;
  test::CcaDevice other;
  other.registers.fill(Bytes(32, 0xff));
  const Attester realm = cca(device), other_realm = cca(other);
  const rats::Environment& environment = realm.environments[1];
  for (std::size_t i = 0; i < device.registers.size(); ++i) {
    const auto condition = condition_on_register(environment, "rem" + std::to_string(i), device.registers[i]);
    EXPECT_EQ(endorsed_of(realm, endorsing_on(realm, condition)).size(), 1U) << i;
    EXPECT_TRUE(endorsed_of(other_realm, endorsing_on(other_realm, condition)).empty()) << i;
  }
  test::CcaDevice started_otherwise;
  started_otherwise.initial_measurement = Bytes(32, 0x2e);
  const Attester third = cca(started_otherwise);
  const auto initial = condition_on_register(environment, "rim", device.initial_measurement);
  EXPECT_EQ(endorsed_of(realm, endorsing_on(realm, initial)).size(), 1U);
  EXPECT_TRUE(endorsed_of(third, endorsing_on(third, initial)).empty());
  for (const auto& [id, value] : {std::pair<std::string, Bytes>{"rem0", device.registers[1]},
                                  {"rem4", device.registers[0]},
                                  {"rim", device.registers[0]}})
    EXPECT_TRUE(endorsed_of(realm, endorsing_on(realm, condition_on_register(environment, id, value))).empty()) << id;
}

TEST(StatedPlatform, MeetsConditionsOnTheRangeOfItsLifecycle) {
  test::CcaDevice device;
  device.lifecycle = 0x3003;
  for (const Attester& platform : {psa(0x3003), cca(device)}) {
    const auto is_endorsed = [&](std::variant<std::int64_t, rats::IntRange> condition) {
      rats::Measurement measurement{
          .key = std::string("credence.security-lifecycle"), .values = {}, .authorized_by = {}};
      measurement.values.int_range = condition;
      const auto triple = condition_on(platform.environments[0], std::move(measurement));
      return !endorsed_of(platform, endorsing_on(platform, triple)).empty();
    };
    EXPECT_TRUE(is_endorsed(rats::IntRange{.minimum = 0x3000, .maximum = 0x30ff})) << platform.name;
    EXPECT_TRUE(is_endorsed(rats::IntRange{.minimum = 0x3003, .maximum = {}})) << platform.name;
    EXPECT_TRUE(is_endorsed(std::int64_t{0x3003})) << platform.name;
    EXPECT_FALSE(is_endorsed(rats::IntRange{.minimum = 0x3000, .maximum = 0x3002})) << platform.name;
    EXPECT_FALSE(is_endorsed(rats::IntRange{.minimum = 0x3004, .maximum = {}})) << platform.name;
    EXPECT_FALSE(is_endorsed(std::int64_t{0x3000})) << platform.name;
  }
}

INSTANTIATE_TEST_SUITE_P(OfEachScheme, Stated,
                         testing::Values(psa(), cca(), parsec_cca(), enacttrust(), sevsnp(), dice()),
                         [](const auto& param) { return param.param.name; });

}  // namespace
}  // namespace credence::verifier
