// PSA tokens: what each claim must be, in each profile.
#include "evidence/psa/token.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <ostream>

#include "base/text.h"
#include "support/claims_json.h"
#include "support/diagnostic.h"
#include "support/psa_device.h"
#include "support/refusal.h"
#include "support/vectors.h"

namespace credence::evidence::psa {
namespace {

const Bytes kNonce(32, 0x99);

TEST(PsaToken, IsReadInEachProfile) {
  test::PsaDevice device;
  const Token token = decode_token(device.token(kNonce)).value();
  EXPECT_EQ(token.profile->name, "tag:psacertified.org,2023:psa#tfm");
  EXPECT_EQ(token.claims.nonce, kNonce);
  EXPECT_EQ(token.claims.client_id, -7);
  EXPECT_EQ(token.claims.implementation_id, device.implementation);
  EXPECT_EQ(token.claims.instance_id, device.instance);
  EXPECT_EQ(token.claims.lifecycle, Lifecycle::secured);
  EXPECT_EQ(token.claims.boot_seed, Bytes(8, 0xb5));
  ASSERT_EQ(token.claims.components.size(), 2U);
  EXPECT_EQ(token.claims.components[1].text(), "PRoT 1.3.5");
  EXPECT_EQ(token.claims.components[1].value, Bytes(32, 0x22));
  EXPECT_EQ(token.claims.components[1].signer_id, Bytes(32, 0x51));
  EXPECT_TRUE(check_signature(token, device.key.public_key()));
  test::expect_refused(check_signature(token, test::make_key().public_key()), Errc::bad_signature, "");

  const Token legacy = decode_token(device.sign(device.legacy_claims(kNonce))).value();
  EXPECT_EQ(legacy.profile->name, "PSA_IOT_PROFILE_1");
  EXPECT_EQ(legacy.claims.components.size(), 2U);
  device.profile = "http://arm.com/psa/2.0.0";
  EXPECT_EQ(decode_token(device.token(kNonce)).value().profile->name, device.profile);
}

TEST(PsaToken, HasAnExactLength) {
  test::expect_exact_length(test::PsaDevice().token(kNonce), [](ByteView octets) { return decode_token(octets); });
}

TEST(PsaToken, IsForOneNonce) {
  const Token token = decode_token(test::PsaDevice().token(kNonce)).value();
  EXPECT_TRUE(check_nonce(token, Nonce(kNonce)));
  test::expect_refused(check_nonce(token, Nonce(Bytes(32, 0x98))), Errc::nonce_mismatch, "expected 9898");
  test::expect_refused(check_nonce(token, Nonce(Bytes(31, 0x99))), Errc::nonce_mismatch, "another challenge");
  test::expect_refused(check_nonce(token, Nonce()), Errc::nonce_mismatch, "another challenge");
}

TEST(PsaToken, IsSignedAndNotMaced) {
  const test::PsaDevice device;
  Bytes maced = device.token(kNonce);
  maced.front() = 0xd1;
  test::expect_refused(decode_token(maced), Errc::unsupported_algorithm, "got a COSE_Mac0");
  Bytes untagged = device.token(kNonce);
  untagged.erase(untagged.begin());
  EXPECT_FALSE(decode_token(untagged));
}

// The claims of a device by their keys, open to be made wrong one at a time.
using ClaimMap = std::map<std::int64_t, Bytes>;

ClaimMap claims_of(ByteView payload) {
  cbor::Reader reader(payload);
  auto map = reader.map().value();
  ClaimMap claims;
  while (map.next(reader).value()) {
    const std::int64_t key = reader.integer().value();
    claims[key] = to_bytes(reader.raw_item().value());
  }
  return claims;
}

Bytes encode(const ClaimMap& claims) {
  cbor::Writer writer;
  writer.map(claims.size());
  for (const auto& [key, value] : claims) writer.integer(key).raw_item(value);
  return writer.take();
}

Bytes bytes_item(std::size_t size, std::uint8_t first = 1) {
  Bytes octets(size, 0x5a);
  if (!octets.empty()) octets.front() = first;
  return cbor::Writer().bytes(octets).take();
}

struct Flip {
  std::string name;
  bool legacy = false;
  std::int64_t key = 0;
  Bytes value;  // empty: the claim is left out
  Errc code{};
  std::string why;
};
void PrintTo(const Flip& flip, std::ostream* out) { *out << flip.name; }

Bytes diagnostic(std::string_view text) { return test::from_diagnostic(text); }
Bytes component(std::string_view text) { return diagnostic("[{" + std::string(text) + "}]"); }
const std::string kHash = "h'" + std::string(64, '0') + "'";

class PsaClaims : public testing::TestWithParam<Flip> {};
INSTANTIATE_TEST_SUITE_P(
    Rules, PsaClaims,
    testing::Values(
        Flip{"NoNonce", false, 10, {}, Errc::missing_member, "in psa-nonce: expected claim 10"},
        Flip{"ShortNonce", false, 10, bytes_item(31), Errc::invalid_value, "psa-nonce: expected 32, 48 or 64"},
        Flip{"TwoNonces", false, 10, diagnostic("[" + kHash + "," + kHash + "]"), Errc::unexpected_type, "psa-nonce"},
        Flip{"NoInstance", false, 256, {}, Errc::missing_member, "psa-instance-id"},
        Flip{"ShortInstance", false, 256, bytes_item(32), Errc::invalid_value, "expected 33 octets, got 32"},
        Flip{"InstanceOfAnotherType", false, 256, bytes_item(33, 2), Errc::invalid_value, "type RAND (1), got 2"},
        Flip{"NoImplementation", false, 2396, {}, Errc::missing_member, "psa-implementation-id"},
        Flip{"LongImplementation", false, 2396, bytes_item(33), Errc::invalid_value, "expected 32 octets, got 33"},
        Flip{"NoLifecycle", false, 2395, {}, Errc::missing_member, "psa-security-lifecycle"},
        Flip{"UndefinedLifecycle", false, 2395, diagnostic("28672"), Errc::invalid_value, "got 0x7000"},
        Flip{"NegativeLifecycle", false, 2395, diagnostic("-1"), Errc::unexpected_type, "psa-security-lifecycle"},
        Flip{"NoClient", false, 2394, {}, Errc::missing_member, "psa-client-id"},
        Flip{"LongClient", false, 2394, diagnostic("2147483648"), Errc::invalid_value, "expected 32 bits"},
        Flip{"LongBootSeed", false, 268, bytes_item(33), Errc::invalid_value, "expected 8 to 32 octets, got 33"},
        Flip{"NoComponents", false, 2399, {}, Errc::missing_member, "psa-software-components"},
        Flip{"EmptyComponents", false, 2399, diagnostic("[]"), Errc::missing_member, "at least one"},
        Flip{"ComponentWithoutValue", false, 2399, component("5: " + kHash), Errc::missing_member,
             "psa-software-components.[0]: expected measurement-value"},
        Flip{"ComponentWithoutSigner", false, 2399, component("2: " + kHash), Errc::missing_member, "signer-id"},
        Flip{"ShortSigner", false, 2399, component("2: " + kHash + ", 5: h'00'"), Errc::invalid_value,
             "[0].signer-id: expected 32, 48 or 64"},
        Flip{"TypeIsNoText", false, 2399, component("1: 1, 2: " + kHash + ", 5: " + kHash), Errc::unexpected_type,
             "measurement-type"},
        Flip{"NoProfile", false, 265, {}, Errc::missing_member, "psa-client-id: expected claim -75001"},
        Flip{"UnknownProfile", false, 265, diagnostic("\"tag:other\""), Errc::unsupported, "got tag:other"},
        Flip{"ProfileIsNoText", false, 265, diagnostic("1"), Errc::unexpected_type, "profile"},
        Flip{"TwoProfiles", false, -75000, diagnostic("\"PSA_IOT_PROFILE_1\""), Errc::invalid_value, "got two"},
        Flip{"EmptyService", false, 2400, diagnostic("\"\""), Errc::invalid_value, "got an empty one"},
        Flip{"LegacyWithoutBootSeed", true, -75004, {}, Errc::missing_member, "psa-boot-seed"},
        Flip{"LegacyWithShortBootSeed", true, -75004, bytes_item(31), Errc::invalid_value, "32 octets, got 31"},
        Flip{"LegacyWithoutComponents", true, -75006, {}, Errc::missing_member, "expected software components"},
        Flip{"LegacyWithBoth", true, -75007, diagnostic("1"), Errc::invalid_value, "the claim that there are none"},
        Flip{"LegacyNoMeasurementsIsNotOne", true, -75007, diagnostic("2"), Errc::invalid_value, "expected 1, got 2"},
        Flip{"LegacyWithoutNonce", true, -75008, {}, Errc::missing_member, "psa-nonce"}),
    [](const auto& example) { return example.param.name; });

TEST_P(PsaClaims, AreRefusedWithTheirCause) {
  const test::PsaDevice device;
  const Bytes good = GetParam().legacy ? device.legacy_claims(kNonce) : device.claims(kNonce);
  ASSERT_TRUE(decode_token(device.sign(good)));
  ClaimMap claims = claims_of(good);
  claims[GetParam().key] = GetParam().value;
  if (GetParam().value.empty()) claims.erase(GetParam().key);
  test::expect_refused(decode_token(device.sign(encode(claims))), GetParam().code, GetParam().why);
}

TEST(PsaClaimsOfOthers, AreSkipped) {
  const test::PsaDevice device;
  ClaimMap claims = claims_of(device.claims(kNonce));
  claims[1234567] = diagnostic("[1, {2: h'00'}]");
  claims[-75001] = diagnostic("\"a client of the other profile\"");
  EXPECT_TRUE(decode_token(device.sign(encode(claims))));
  const Bytes named = test::from_diagnostic("{\"name\": 1}");
  test::expect_refused(decode_token(device.sign(named)), Errc::missing_member, "expected claim -75001");
}

TEST(PsaClaimsOfTheLegacyProfile, NeedNoProfile) {
  const test::PsaDevice device;
  ClaimMap claims = claims_of(device.legacy_claims(kNonce));
  claims.erase(-75000);
  EXPECT_EQ(decode_token(device.sign(encode(claims))).value().profile->name, "PSA_IOT_PROFILE_1");
}

// --- Veraison's and TF-M's own vectors ---

const test::PsaDevice& signer() {
  static const test::PsaDevice device;
  return device;
}

bool is_read(const std::optional<Bytes>& claims) { return claims && decode_token(signer().sign(*claims)); }

// Most of Veraison's files have the members of both profiles.
struct JsonVector {
  std::string file;
  bool legacy = false;
  bool current = false;
};
void PrintTo(const JsonVector& vector, std::ostream* out) { *out << vector.file; }

class PsaJsonVectors : public testing::TestWithParam<JsonVector> {};
INSTANTIATE_TEST_SUITE_P(
    Vectors, PsaJsonVectors,
    testing::Values(JsonVector{"test-boot-seed-invalid-long"},
                    JsonVector{"test-boot-seed-invalid-missing", false, true},
                    JsonVector{"test-boot-seed-invalid-short"}, JsonVector{"test-client-id-invalid-missing"},
                    JsonVector{"test-implementation-id-invalid-missing"},
                    JsonVector{"test-implementation-id-invalid-short"},
                    JsonVector{"test-instance-id-invalid-euid-type"}, JsonVector{"test-instance-id-invalid-long"},
                    JsonVector{"test-nonce-invalid-long"}, JsonVector{"test-nonce-invalid-missing"},
                    JsonVector{"test-nonce-invalid-short"}, JsonVector{"test-security-lifecycle-invalid-missing"},
                    JsonVector{"test-sw-component-and-no-sw-measurements-missing"},
                    JsonVector{"test-sw-component-measurement-value-invalid-missing"},
                    JsonVector{"test-sw-component-signer-id-invalid-missing"},
                    JsonVector{"test-sw-component-signer-id-invalid-short"}, JsonVector{"test-sw-components-empty"},
                    JsonVector{"test-sw-components-invalid-combo"}, JsonVector{"test-sw-components-invalid-missing"},
                    JsonVector{"test-token-valid-full", true, true},
                    JsonVector{"test-token-valid-minimalist-no-sw-measurements", true, false},
                    JsonVector{"test-token-valid-minimalist-p2", false, true}),
    [](const auto& example) {
      std::string name = example.param.file;
      std::ranges::replace(name, '-', '_');
      return name;
    });

TEST_P(PsaJsonVectors, HaveTheirVerdict) {
  CREDENCE_VECTORS_OR_SKIP(root);
  const auto path = root / "psa/veraison-psatoken/testvectors/json" / (GetParam().file + ".json");
  const json::Value value = json::parse(test::read_text(path)).value();
  EXPECT_EQ(is_read(test::claims_from_json(value.as_object(), test::kPsaLegacyClaims)), GetParam().legacy);
  EXPECT_EQ(is_read(test::claims_from_json(value.as_object(), test::kPsaClaims)), GetParam().current);
}

TEST(PsaEvcliVectors, HaveTheirVerdict) {
  CREDENCE_VECTORS_OR_SKIP(root);
  const auto is_good = [&](const std::string& file, auto known) {
    return is_read(test::claims_from_json(json::parse(test::read_text(root / file)).value().as_object(), known));
  };
  EXPECT_FALSE(is_good("psa/veraison-evcli/psa-claims-bad-no-implid.json", test::kPsaClaims));
  EXPECT_TRUE(is_good("psa/veraison-evcli/psa-claims-profile-1.json", test::kPsaLegacyClaims));
  EXPECT_TRUE(is_good("psa/veraison-evcli/psa-claims-profile-2-integ.json", test::kPsaClaims));
  // A template: its tool fills in the nonce.
  EXPECT_FALSE(is_good("psa/veraison-evcli/psa-claims-profile-2-without-nonce.json", test::kPsaClaims));
  EXPECT_FALSE(is_good("veraison/e2e/psa-claims-profile-2-without-nonce.json", test::kPsaClaims));
  EXPECT_TRUE(is_good("veraison/integration/claims/psa.good.json", test::kPsaClaims));
  EXPECT_TRUE(is_good("veraison/integration/claims/psa.badinstance.json", test::kPsaClaims));
  EXPECT_TRUE(is_good("veraison/integration/claims/psa.badswcomp.json", test::kPsaClaims));
  EXPECT_FALSE(is_good("veraison/integration/claims/psa.missingclaims.json", test::kPsaClaims));
  EXPECT_FALSE(is_good("veraison/integration/claims/psa.multinonce.json", test::kPsaClaims));
}

// What Veraison once extracted of a token, and the reference values beside it: each names a component by four values.
TEST(PsaExtractedVectors, SayWhatIsReadOfTheirClaims) {
  CREDENCE_VECTORS_OR_SKIP(root);
  const auto folder = root / "veraison/schemes/psa-iot/evidence";
  const auto json_of = [&](const std::string& file) { return json::parse(test::read_text(folder / file)).value(); };
  const json::Value extracted = json_of("extracted.json").at("evidence");
  const auto claims = test::claims_from_json(extracted.as_object(), test::kPsaLegacyClaims);
  const json::Object read = decode_token(test::PsaDevice().sign(claims.value())).value().describe();
  EXPECT_EQ(json::Value(read), extracted);
  const auto names_component = [&](const json::Value& reference, std::size_t number) {
    const json::Value& component = read.at("psa-software-components").at(number);
    for (const std::string_view member : {"measurement-type", "measurement-value", "signer-id", "version"})
      EXPECT_EQ(reference.at("attributes").at(member), component.at(member)) << number << ' ' << member;
  };
  names_component(json_of("endorsements.json"), 0);
  const json::Value several = json_of("mult-endorsements.json");
  ASSERT_EQ(several.as_array().size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) names_component(json::parse(several.at(i).as_string()).value(), i);

  // The token beside it is of the same device. Of what was extracted three components have another measurement.
  const json::Object token = decode_token(test::read_file(folder / "psa-token.cbor")).value().describe();
  json::Value corrected = extracted;
  const json::Value& same = corrected.at("psa-software-components").at(0).at("measurement-value");
  for (std::size_t i = 1; i < 4; ++i) {
    json::Value& other = corrected.at("psa-software-components").at(i).at("measurement-value");
    EXPECT_NE(other, same);
    other = same;
  }
  EXPECT_EQ(json::Value(token), corrected);
}

TEST(PsaDiagnosticVectors, HaveTheirVerdict) {
  CREDENCE_VECTORS_OR_SKIP(root);
  const auto decoded = [&](const std::string& file) {
    const auto path = root / "psa/veraison-psatoken/testvectors/cbor" / (file + ".diag");
    return decode_token(signer().sign(test::from_diagnostic(test::read_text(path))));
  };
  EXPECT_TRUE(decoded("P1ClaimsAll"));
  EXPECT_TRUE(decoded("P1ClaimsAllNoSwMeasurements").value().claims.no_measurements);
  EXPECT_TRUE(decoded("P1ClaimsMandatoryOnlyNoSwMeasurements"));
  test::expect_refused(decoded("P1ClaimsMissingMandatoryNonce"), Errc::missing_member, "psa-nonce");
  test::expect_refused(decoded("P2ClaimsInvalidMultiNonce"), Errc::unexpected_type, "psa-nonce");
  test::expect_refused(decoded("P2ClaimsMissingMandatoryNonce"), Errc::missing_member, "psa-nonce");
  EXPECT_TRUE(decoded("P2ClaimsTFM"));
}

TEST(PsaSignedVectors, HaveTheirVerdict) {
  CREDENCE_VECTORS_OR_SKIP(root);
  const auto key = [&](const std::string& file) {
    return crypto::PublicKey::from_pem(test::read_text(root / "psa" / file)).value();
  };
  const auto decoded = [&](const std::string& file) { return decode_token(test::read_file(root / file)); };
  const auto tf_m = key("veraison-psatoken/testvectors/tf-m/public.pem");
  EXPECT_EQ(tf_m, key("veraison-psatoken/testvectors/tf-m/key.pub.pem"));
  EXPECT_TRUE(check_signature(decoded("psa/veraison-psatoken/testvectors/tf-m/psa-2_0_0_sign1.bin").value(), tf_m));
  test::expect_refused(decoded("psa/veraison-psatoken/testvectors/tf-m/psa-2_0_0_mac0.bin"),
                       Errc::unsupported_algorithm, "got a COSE_Mac0");

  const auto tools = key("trustedfirmw-tf-m-tools/data/key.pub.pem");
  const auto other = key("trustedfirmw-tf-m-tools/data/key-alt.pub.pem");
  const Token token = decoded("veraison/schemes/psa-iot/evidence/psa-token.cbor").value();
  EXPECT_TRUE(check_signature(token, tools));
  test::expect_refused(check_signature(token, other), Errc::bad_signature, "");

  // The signature of the first is good; its profile is nobody's, and nothing else is wrong with it.
  const std::string data = "psa/trustedfirmw-tf-m-tools/data/";
  const cose::Sign1 iat = cose::decode_sign1(test::read_file(root / data / "iat.cbor")).value();
  EXPECT_TRUE(cose::verify(iat, tools));
  test::expect_refused(decoded(data + "iat.cbor"), Errc::unsupported, "got http://example.com");
  const Bytes named = cbor::Writer().text("http://example.com").take();
  const auto at = std::ranges::search(iat.payload, named);
  ASSERT_EQ(at.size(), named.size());
  Bytes renamed(iat.payload.begin(), at.begin());
  append(renamed, cbor::Writer().text("PSA_IOT_PROFILE_1").take());
  append(renamed, ByteView(at.end(), iat.payload.end()));
  EXPECT_TRUE(decode_token(test::PsaDevice().sign(renamed)));
  test::expect_refused(decoded(data + "no-sw-measurements.cbor"), Errc::unsupported, "got http://example.com");
  test::expect_refused(decoded(data + "invalid-profile-id.cbor"), Errc::unexpected_type, "profile");
  test::expect_refused(decoded(data + "missing-claim.cbor"), Errc::unexpected_type, "psa-implementation-id");
  // Samples of another format, claims from 1967783936 on in tags of its own: the signatures are good, and none of it is
  // a claim of a PSA token.
  const auto expect_sample = [&](const std::string& name, Errc code, std::string_view why) {
    const Bytes sample = test::read_file(root / "psa/trustedfirmw-tf-m-tools/synthetic_data" / (name + ".cbor"));
    EXPECT_TRUE(cose::verify(cose::decode_sign1(sample).value(), tools)) << name;
    test::expect_refused(decode_token(sample), code, why);
  };
  expect_sample("correct_tagging", Errc::unexpected_type, "expected a map, got a tag");
  expect_sample("unexpected_tags", Errc::unexpected_type, "expected a map, got a tag");
  expect_sample("missing_tags", Errc::missing_member, "psa-client-id");
}

}  // namespace
}  // namespace credence::evidence::psa
