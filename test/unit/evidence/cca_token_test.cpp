// CCA tokens, and the bundle of Parsec around one: what each claim must be, and who vouches for whom.
#include "evidence/cca/token.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "evidence/parsec_cca/bundle.h"
#include "sign/jose/jwk.h"
#include "support/cca_device.h"
#include "support/claims_json.h"
#include "support/diagnostic.h"
#include "support/octet_changes.h"
#include "support/refusal.h"
#include "support/vectors.h"

namespace credence::evidence::cca {
namespace {

const Bytes kNonce(32, 0x99);

TEST(CcaToken, IsReadInEachForm) {
  test::CcaDevice device;
  for (const bool cmw : {false, true})
    for (const bool old_realm : {false, true}) {
      device.cmw = cmw;
      device.old_realm = old_realm;
      const Token token = decode_token(device.token(kNonce)).value();
      EXPECT_EQ(token.platform.claims.config, device.config);
      EXPECT_EQ(token.platform.claims.lifecycle, psa::Lifecycle::secured);
      EXPECT_EQ(token.realm.claims.initial_measurement, device.initial_measurement);
      EXPECT_EQ(token.realm.claims.extensible_measurements[2], device.registers[2]);
      EXPECT_EQ(token.realm.public_key, device.realm_key.public_key());
      EXPECT_EQ(token.realm.claims.profile.has_value(), !old_realm);
      EXPECT_TRUE(check_nonce(token, Nonce(kNonce)));
      EXPECT_TRUE(check_signatures(token, device.platform_key.public_key()));
    }
}

TEST(CcaToken, HasAnExactLength) {
  test::expect_exact_length(test::CcaDevice().token(kNonce), [](ByteView octets) { return decode_token(octets); });
}

TEST(CcaToken, IsForOneNonce) {
  const Token token = decode_token(test::CcaDevice().token(kNonce)).value();
  test::expect_refused(check_nonce(token, Nonce(Bytes(32, 0x98))), Errc::nonce_mismatch, "expected 9898");
  test::expect_refused(check_nonce(token, Nonce(Bytes(33, 0x99))), Errc::nonce_mismatch, "another challenge");
  test::expect_refused(check_nonce(token, Nonce(Bytes(65, 0x99))), Errc::nonce_mismatch, "at most 64");
}

struct Frame {
  std::string name;
  Bytes octets;
  Errc code{};
  std::string why;
};
void PrintTo(const Frame& frame, std::ostream* out) { *out << frame.name; }

Bytes diagnostic(const std::string& text) { return test::from_diagnostic(text); }

class CcaFrame : public testing::TestWithParam<Frame> {};
INSTANTIATE_TEST_SUITE_P(
    Rules, CcaFrame,
    testing::Values(
        Frame{"NoTag", diagnostic("{44234: h'00', 44241: h'00'}"), Errc::unexpected_type, ""},
        Frame{"OtherTag", diagnostic("398({44234: h'00', 44241: h'00'})"), Errc::unexpected_type,
              "expected tag 399 or 907, got 398"},
        Frame{"NoPlatform", diagnostic("399({44241: h'00'})"), Errc::missing_member, "a platform token"},
        Frame{"NoRealm", diagnostic("399({44234: h'00'})"), Errc::missing_member, "a realm token"},
        Frame{"SomethingElse", diagnostic("399({44234: h'00', 44241: h'00', 1: 2})"), Errc::unsupported, "got 1"},
        Frame{"RecordInTheOldForm", diagnostic("399({44234: [263, h'00'], 44241: [263, h'00']})"),
              Errc::unexpected_type, ""},
        Frame{"OctetsInTheNewForm", diagnostic("907({44234: h'00', 44241: h'00'})"), Errc::unexpected_type, ""},
        Frame{"OtherContentFormat", diagnostic("907({44234: [60, h'00'], 44241: [263, h'00']})"), Errc::unsupported,
              "expected content format 263"},
        Frame{"LongRecord", diagnostic("907({44234: [263, h'00', 4], 44241: [263, h'00']})"), Errc::malformed, ""},
        Frame{"TokenIsNoSign1", diagnostic("399({44234: h'00', 44241: h'00'})"), Errc::unexpected_type, "platform"}),
    [](const auto& example) { return example.param.name; });

TEST_P(CcaFrame, IsRefusedWithItsCause) {
  test::expect_refused(decode_token(GetParam().octets), GetParam().code, GetParam().why);
}

// The platform's own rules are those of PSA (psa_token_test.cpp); here what CCA adds.
TEST(CcaPlatform, NeedsAConfigurationAndAHash) {
  const test::CcaDevice device;
  const auto decoded = [&](const std::string& more) {
    const std::string hash = "h'" + std::string(64, '1') + "'";
    return decode_platform_token(
        cose::sign1(device.platform_key, {},
                    diagnostic("{265: \"http://arm.com/CCA-SSD/1.0.0\", 10: " + hash + ", 2396: " + hash +
                               ", 256: h'01" + std::string(64, '1') + "', 2395: 12288, 2399: [{2: " + hash +
                               ", 5: " + hash + "}]" + more + "}"))
            .value());
  };
  EXPECT_TRUE(decoded(", 2401: h'01', 2402: \"sha-256\""));
  EXPECT_TRUE(decoded(", 2401: h'', 2402: \"sha-256\""));
  test::expect_refused(decoded(", 2402: \"sha-256\""), Errc::missing_member, "cca-platform-config");
  test::expect_refused(decoded(", 2401: h'01'"), Errc::missing_member, "cca-platform-hash-algo-id");
  test::expect_refused(decoded(", 2401: h'01', 2402: \"md5\""), Errc::unsupported_algorithm, "got md5");
}

// A realm's claims with some left out (value empty) or replaced.
Bytes realm_with(const test::CcaDevice& device, std::int64_t key, const Bytes& value) {
  Bytes challenge(64, 0x99);
  const Bytes claims = device.realm_claims(challenge);
  cbor::Reader reader(claims);
  auto map = reader.map().value();
  std::vector<std::pair<std::int64_t, Bytes>> kept;
  while (map.next(reader).value()) {
    const std::int64_t found = reader.integer().value();
    const Bytes item = to_bytes(reader.raw_item().value());
    if (found != key) kept.emplace_back(found, item);
  }
  if (!value.empty()) kept.emplace_back(key, value);
  cbor::Writer writer;
  writer.map(kept.size());
  for (const auto& [number, item] : kept) writer.integer(number).raw_item(item);
  return cose::sign1(device.realm_key, {}, writer.take()).value();
}

struct RealmFlip {
  std::string name;
  std::int64_t key = 0;
  Bytes value;
  Errc code{};
  std::string why;
};
void PrintTo(const RealmFlip& flip, std::ostream* out) { *out << flip.name; }

Bytes octets_item(std::size_t size) { return cbor::Writer().bytes(Bytes(size, 4)).take(); }

class CcaRealm : public testing::TestWithParam<RealmFlip> {};
INSTANTIATE_TEST_SUITE_P(
    Rules, CcaRealm,
    testing::Values(
        RealmFlip{"NoChallenge", 10, {}, Errc::missing_member, "cca-realm-challenge: expected claim 10"},
        RealmFlip{"ShortChallenge", 10, octets_item(63), Errc::invalid_value, "expected 64 octets, got 63"},
        RealmFlip{"UnknownProfile", 265, diagnostic("\"tag:other\""), Errc::unsupported, "got tag:other"},
        RealmFlip{"NoPersonalization", 44235, {}, Errc::missing_member, "cca-realm-personalization-value"},
        RealmFlip{"LongPersonalization", 44235, octets_item(65), Errc::invalid_value, "got 65"},
        RealmFlip{"NoHash", 44236, {}, Errc::missing_member, "cca-realm-hash-algo-id"},
        RealmFlip{"NoKey", 44237, {}, Errc::missing_member, "cca-realm-public-key"},
        RealmFlip{"KeyIsNoCoseKey", 44237, octets_item(97), Errc::unexpected_type, "cca-realm-public-key"},
        RealmFlip{"NoInitialMeasurement", 44238, {}, Errc::missing_member, "cca-realm-initial-measurement"},
        RealmFlip{"ShortInitialMeasurement", 44238, octets_item(31), Errc::invalid_value, "expected 32, 48 or 64"},
        RealmFlip{"NoRegisters", 44239, {}, Errc::missing_member, "cca-realm-extensible-measurements"},
        RealmFlip{"ThreeRegisters", 44239, diagnostic("[]"), Errc::invalid_value, "expected 4 measurements, got 0"},
        RealmFlip{"ShortRegister", 44239, diagnostic("[h'00']"), Errc::invalid_value, "[0]: expected 32, 48 or 64"},
        RealmFlip{"NoHashOfTheKey", 44240, {}, Errc::missing_member, "cca-realm-public-key-hash-algo-id"},
        RealmFlip{"WeakHashOfTheKey", 44240, diagnostic("\"sha-1\""), Errc::unsupported_algorithm, "got sha-1"}),
    [](const auto& example) { return example.param.name; });

TEST_P(CcaRealm, IsRefusedWithItsCause) {
  const test::CcaDevice device;
  ASSERT_TRUE(decode_realm_token(realm_with(device, 1234567, diagnostic("\"unknown\""))));
  test::expect_refused(decode_realm_token(realm_with(device, GetParam().key, GetParam().value)), GetParam().code,
                       GetParam().why);
}

TEST(CcaRealmWithoutProfile, HasItsKeyAsAPoint) {
  test::CcaDevice device;
  device.old_realm = true;
  EXPECT_TRUE(decode_realm_token(realm_with(device, 1, diagnostic("1"))));
  test::expect_refused(decode_realm_token(realm_with(device, 44237, octets_item(96))), Errc::bad_key, "97 octets");
  test::expect_refused(decode_realm_token(realm_with(device, 44237, octets_item(97))), Errc::bad_key, "");
  device.old_realm = false;
  test::expect_refused(decode_realm_token(realm_with(device, 265, {})), Errc::bad_key, "97 octets");
}

TEST(ParsecCcaBundle, IsReadAndBoundTwice) {
  const test::CcaDevice device;
  const auto key = test::make_key().public_key();
  const auto bundle = parsec_cca::decode_bundle(device.bundle(kNonce, key)).value();
  EXPECT_EQ(bundle.key, key);
  EXPECT_EQ(bundle.nonce, Nonce(kNonce));
  EXPECT_TRUE(parsec_cca::check_nonce(bundle, Nonce(kNonce)));
  test::expect_refused(parsec_cca::check_nonce(bundle, Nonce(Bytes(32, 0x98))), Errc::nonce_mismatch, "kat.eat_nonce");
  test::expect_exact_length(device.bundle(kNonce, key),
                            [](ByteView octets) { return parsec_cca::decode_bundle(octets); });
}

TEST(ParsecCcaBundle, IsRefusedWithItsCause) {
  const Bytes pat = test::CcaDevice().token(Bytes(64, 1));
  const auto with_kat = [&](const std::string& kat) {
    return parsec_cca::decode_bundle(
        cbor::Writer().map(2).text("kat").raw_item(diagnostic(kat)).text("pat").raw_item(pat).take());
  };
  test::expect_refused(with_kat("{10: h'0001020304050607'}"), Errc::unexpected_type, "kat");
  test::expect_refused(with_kat("601({10: h'0001020304050607'})"), Errc::missing_member, "kat.cnf");
  test::expect_refused(with_kat("601({10: h'00'})"), Errc::invalid_value, "kat.eat_nonce");
  test::expect_refused(with_kat("601({})"), Errc::missing_member, "expected one nonce, got 0");
  test::expect_refused(parsec_cca::decode_bundle(diagnostic("{}")), Errc::missing_member, "a key attestation");
  test::expect_refused(parsec_cca::decode_bundle(diagnostic("{\"kat\": 601({})}")), Errc::missing_member,
                       "a CCA token");
}

// --- the vectors of others ---

std::string test_name(std::string file) {
  std::ranges::replace_if(file, [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return file;
}

struct JsonVector {
  std::string file;
  bool good = false;
};
void PrintTo(const JsonVector& vector, std::ostream* out) { *out << vector.file; }

Bytes sign(const Bytes& claims) {
  static const auto key = test::make_key();
  return cose::sign1(key, {}, claims).value();
}

class CcaPlatformJson : public testing::TestWithParam<JsonVector> {};
INSTANTIATE_TEST_SUITE_P(Vectors, CcaPlatformJson,
                         testing::Values(JsonVector{"test-config-missing"}, JsonVector{"test-hash-algid-invalid"},
                                         JsonVector{"test-hash-algid-missing"},
                                         JsonVector{"test-implementation-id-invalid-missing"},
                                         JsonVector{"test-instance-id-invalid"}, JsonVector{"test-invalid-profile"},
                                         JsonVector{"test-invalid-psa-claims"}, JsonVector{"test-no-sw-components"},
                                         JsonVector{"test-nonce-invalid"},
                                         JsonVector{"test-sw-components-invalid-combo"},
                                         JsonVector{"test-vsi-invalid-empty"}),
                         [](const auto& example) { return test_name(example.param.file); });

TEST_P(CcaPlatformJson, HasItsVerdict) {
  CREDENCE_VECTORS_OR_SKIP(root);
  const auto path = root / "cca/veraison-ccatoken/platform/testvectors/json" / (GetParam().file + ".json");
  const auto claims =
      test::claims_from_json(json::parse(test::read_text(path)).value().as_object(), test::kCcaPlatformClaims);
  EXPECT_EQ(claims && decode_platform_token(sign(*claims)).has_value(), GetParam().good);
}

class CcaRealmJson : public testing::TestWithParam<JsonVector> {};
INSTANTIATE_TEST_SUITE_P(Vectors, CcaRealmJson,
                         // The key of the first is no point on its curve: well formed in every other way.
                         testing::Values(JsonVector{"test-cca-claims-all-valid", false},
                                         JsonVector{"test-invalid-initial-meas"}, JsonVector{"test-invalid-nonce"},
                                         JsonVector{"test-invalid-personalization-val"},
                                         JsonVector{"test-missing-hash-alg-id"}, JsonVector{"test-missing-nonce"},
                                         JsonVector{"test-missing-personalization-val"},
                                         JsonVector{"test-missing-public-key"}),
                         [](const auto& example) { return test_name(example.param.file); });

TEST_P(CcaRealmJson, HasItsVerdict) {
  CREDENCE_VECTORS_OR_SKIP(root);
  const auto path = root / "cca/veraison-ccatoken/realm/testvectors/json" / (GetParam().file + ".json");
  const auto claims =
      test::claims_from_json(json::parse(test::read_text(path)).value().as_object(), test::kCcaRealmClaims);
  const auto decoded =
      claims ? decode_realm_token(sign(*claims)) : Result<RealmToken>(fail(Errc::malformed, "no base64"));
  EXPECT_EQ(decoded.has_value(), GetParam().good);
  if (GetParam().file == "test-cca-claims-all-valid")
    test::expect_refused(decoded, Errc::bad_key, "cca-realm-public-key");
}

TEST(CcaDiagnosticVectors, HaveTheirVerdict) {
  CREDENCE_VECTORS_OR_SKIP(root);
  const auto claims = [&](const std::string& file) {
    return sign(diagnostic(test::read_text(root / "cca" / (file + ".diag"))));
  };
  const std::string platform = "veraison-ccatoken/platform/testvectors/cbor/";
  for (const std::string name : {"CcaPlatformClaimsAll", "CcaPlatformClaimsMandatoryOnly", "CcaPlatformExample",
                                 "CcaPlatformLegacyClaimsMandatoryOnly"})
    EXPECT_TRUE(decode_platform_token(claims(platform + name))) << name;
  test::expect_refused(decode_platform_token(claims(platform + "CcaPlatformClaimsMissingMandatoryNonce")),
                       Errc::missing_member, "cca-platform-challenge");
  EXPECT_TRUE(decode_platform_token(claims("veraison-rust-ccatoken/platform-claims")));

  const std::string realm = "veraison-ccatoken/realm/testvectors/cbor/";
  EXPECT_TRUE(decode_realm_token(claims(realm + "CcaRealmLegacyClaimsAll")));
  EXPECT_FALSE(decode_realm_token(claims(realm + "CcaClaimsMissingMandExtendedMeas")));
  EXPECT_FALSE(decode_realm_token(claims(realm + "CcaClaimsMissingMandHashAlgID")));
  EXPECT_FALSE(decode_realm_token(claims(realm + "CcaClaimsMissingMandInitialMeas")));
  EXPECT_FALSE(decode_realm_token(claims(realm + "CcaRealmClaimsMissingMandNonce")));
  EXPECT_TRUE(decode_realm_token(claims("veraison-rust-ccatoken/realm-claims")));
  // Not settled upstream: unknown claims are skipped (RFC 8392 section 3).
  EXPECT_TRUE(decode_realm_token(claims("veraison-rust-ccatoken/realm-claims+spurious-numeric-key")));
  EXPECT_TRUE(decode_token(diagnostic(test::read_text(root / "cca/veraison-rust-ccatoken/cca-token-01.diag"))));
}

TEST(CcaClaimVectors, HaveTheirVerdict) {
  CREDENCE_VECTORS_OR_SKIP(root);
  const auto read = [&](const std::string& file) {
    return test::read_file(root / "cca/veraison-rust-ccatoken" / file);
  };
  const Bytes claims = read("platform-claims.cbor");
  const auto platform_claims = decode_platform_token(sign(claims)).value().claims;
  EXPECT_EQ(platform_claims.implementation_id, read("impl-id.bin"));
  // An instance of its trust anchors, which is not that of the claims.
  const Bytes instance = read("inst-id.bin");
  const json::Value anchors = json::parse(test::read_text(root / "cca/veraison-rust-ccatoken/ta.json")).value();
  EXPECT_EQ(from_hex(anchors.at(0).at("instance-id").as_string()).value(), instance);
  ASSERT_NE(platform_claims.instance_id, instance);
  Bytes of_instance = claims;
  const auto at = std::ranges::search(of_instance, platform_claims.instance_id);
  ASSERT_EQ(at.size(), instance.size());
  std::ranges::copy(instance, at.begin());
  EXPECT_EQ(decode_platform_token(sign(of_instance)).value().claims.instance_id, instance);
  EXPECT_TRUE(decode_realm_token(sign(read("realm-claims.cbor"))));
  EXPECT_TRUE(decode_realm_token(sign(read("realm-claims+spurious-numeric-key.cbor"))));
  const auto parts = [&](const std::string& file) {
    const json::Object object = json::parse(test::read_text(root / file)).value().as_object();
    const auto part = [&](std::string_view name, auto known) {
      return object.contains(name) ? test::claims_from_json(object.at(name).as_object(), known) : std::nullopt;
    };
    return std::pair{part("cca-platform-token", test::kCcaPlatformClaims),
                     part("cca-realm-delegated-token", test::kCcaRealmClaims)};
  };
  EXPECT_FALSE(parts("cca/veraison-evcli/cca-claims-bad-norealm.json").second);
  // The tools fill in the challenges and the key.
  for (const std::string file : {"cca/veraison-evcli/cca-claims.json", "veraison/integration/claims/cca.good.json"})
    EXPECT_TRUE(parts(file).first && parts(file).second) << file;
  // Without a challenge a realm's token answers nobody.
  const auto [platform, realm] = parts("cca/veraison-evcli/cca-claims-without-realm-challenge.json");
  EXPECT_TRUE(decode_platform_token(sign(platform.value())));
  test::expect_refused(decode_realm_token(sign(realm.value())), Errc::missing_member, "cca-realm-challenge");
}

struct SignedVector {
  std::string file;
  std::string key;  // PEM or JWK
};
void PrintTo(const SignedVector& vector, std::ostream* out) { *out << vector.file; }

crypto::PublicKey key_at(const std::filesystem::path& path) {
  const std::string text = test::read_text(path);
  if (text.starts_with("-----BEGIN")) return crypto::PublicKey::from_pem(text).value();
  return jose::key_from_jwk(json::parse(text).value().as_object()).value();
}

// One test for each mask.
class CcaSigned : public testing::TestWithParam<SignedVector> {
 protected:
  static void expect_refused_with(std::uint8_t mask) {
    CREDENCE_VECTORS_OR_SKIP(root);
    const Bytes good = test::read_file(root / GetParam().file);
    const auto key = key_at(root / GetParam().key);
    const Nonce challenge(decode_token(good).value().realm.claims.challenge);
    test::expect_changes_refused(good,
                                 [&](const Bytes& octets) {
                                   const auto token = decode_token(octets);
                                   return token && check_nonce(*token, challenge) && check_signatures(*token, key);
                                 },
                                 {mask});
  }
};
INSTANTIATE_TEST_SUITE_P(
    Vectors, CcaSigned,
    testing::Values(
        SignedVector{"cca/veraison-ccatoken/realm/testvectors/tf-rmm/cca_token.cbor",
                     "cca/veraison-ccatoken/realm/testvectors/tf-rmm/cca_platform.pub"},
        SignedVector{"cca/veraison-evcli/token.cbor", "cca/veraison-evcli/ec256-pub.json"},
        SignedVector{"cca/veraison-rust-ccatoken/cca-token-draft-ffm-00.cbor", "cca/veraison-rust-ccatoken/cpak.json"},
        SignedVector{"cca/trustedfirmw-tf-m-tools/cca_example_token.cbor",
                     "cca/trustedfirmw-tf-m-tools/cca_platform.pub.pem"},
        SignedVector{"veraison/schemes/arm-cca/evidence/cca-good.cbor", "cca/veraison-evcli/ec256-pub.json"}),
    [](const auto& example) { return test_name(example.param.file); });

TEST_P(CcaSigned, IsRefusedWithTheLowestBitOfAnOctetChanged) { expect_refused_with(test::kLowestBit); }
TEST_P(CcaSigned, IsRefusedWithTheHighestBitOfAnOctetChanged) { expect_refused_with(test::kHighestBit); }

TEST(CcaSignedVectors, OfAPlatformAlone) {
  CREDENCE_VECTORS_OR_SKIP(root);
  const Bytes good = test::read_file(root / "cca/trustedfirmw-tf-m-tools/cca_example_platform_token.cbor");
  const auto key = key_at(root / "cca/trustedfirmw-tf-m-tools/cca_platform.pub.pem");
  EXPECT_EQ(decode_platform_token(good).value().claims.components.size(), 13U);
  test::expect_changes_refused(good,
                               [&](const Bytes& octets) {
                                 const auto token = decode_platform_token(octets);
                                 return token && cose::verify(token->message, key);
                               },
                               {test::kLowestBit, test::kHighestBit});
}

}  // namespace
}  // namespace credence::evidence::cca
