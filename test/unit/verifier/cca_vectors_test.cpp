// ARM_CCA and PARSEC_CCA over Veraison's and TF-M's own tokens and CoRIMs.
#include <gtest/gtest.h>

#include <filesystem>
#include <ostream>

#include "base/text.h"
#include "evidence/cca/token.h"
#include "evidence/parsec_cca/bundle.h"
#include "fixture.h"
#include "sign/jose/jwk.h"
#include "support/cca_device.h"
#include "support/octet_changes.h"
#include "support/vectors.h"
#include "under_policy.h"

namespace credence::verifier {
namespace {

using std::filesystem::path;

const std::string kCcaType(evidence::cca::kMediaType);
const std::string kParsecType(evidence::parsec_cca::kMediaType);
const std::string kPlatform = "CCA_SSD_PLATFORM";
const std::string kRealm = "CCA_REALM";
// Of the components in Veraison's tokens. Its CoRIMs name another one, which its schemes do not compare.
constexpr std::string_view kSigner = "07060504030201000f0e0d0c0b0a090817161514131211101f1e1d1c1b1a1918";

rats::Corim corim_at(const path& file) { return rats::decode_corim(test::read_file(file)).value(); }

void submit(Store& store, const rats::Corim& corim) {
  const auto stored = store.submit(corim, rats::encode_corim(corim).value());
  ASSERT_TRUE(stored) << stored.error().text();
}

rats::Corim with_signer(rats::Corim corim, const Bytes& signer) {
  for (rats::Comid& comid : corim.comids)
    for (rats::ReferenceTriple& triple : comid.reference_values)
      for (rats::Measurement& measurement : triple.measurements)
        if (!measurement.values.keys.empty()) measurement.values.keys[0].value = signer;
  return corim;
}

rats::Ear appraise(const std::shared_ptr<Store>& store, const std::string& type, const Bytes& evidence,
                   const Bytes& nonce, Policy policy = {}) {
  return test::engine_over(store, std::move(policy))
      .appraise({.media_type = type, .evidence = evidence, .challenge = Nonce(nonce)})
      .value();
}

Bytes challenge_of(const Bytes& token) { return evidence::cca::decode_token(token).value().realm.claims.challenge; }

TEST(ArmCcaVectors, VeraisonsResultOnceTheSignerIsRight) {
  CREDENCE_VECTORS_OR_SKIP(root);
  const auto folder = root / "veraison/schemes/arm-cca";
  const Bytes token = test::read_file(folder / "evidence/cca-good.cbor");
  const rats::Corim platform = corim_at(folder / "corim/corim-cca-platform-valid.cbor");
  const auto store = memory_store();
  submit(*store, platform);
  submit(*store, corim_at(folder / "corim/corim-cca-realm-valid.cbor"));
  const rats::Ear as_it_is = appraise(store, kCcaType, token, challenge_of(token));
  EXPECT_EQ(as_it_is.status(), rats::Tier::warning);
  test::expect_problem(as_it_is.submodules.at(kPlatform), Errc::not_affirming, "signer 0706");
  EXPECT_EQ(as_it_is.submodules.at(kRealm).status, rats::Tier::affirming);

  const auto corrected = memory_store();
  submit(*corrected, with_signer(platform, from_hex(kSigner).value()));
  submit(*corrected, corim_at(folder / "corim/corim-cca-realm-valid.cbor"));
  const rats::Ear ear = appraise(corrected, kCcaType, token, challenge_of(token));
  ASSERT_TRUE(ear.is_affirming()) << testing::PrintToString(ear.problems());
  EXPECT_EQ(ear.submodules.at(kPlatform).vector.value(), (rats::TrustVector{.claims = {2, 2, 2, 0, 2, 2, 2, 0}}));
  EXPECT_EQ(ear.submodules.at(kRealm).vector.value(), (rats::TrustVector{.claims = {2, 0, 2, 0, 0, 0, 0, 0}}));

  // Veraison's expected result is of the same claims in the current profile.
  json::Value expected = json::parse(test::read_text(root / "veraison/integration/results/cca.good.json")).value();
  json::Object& claims = expected.at(kPlatform).at("ear.veraison.annotated-evidence").as_object();
  claims["cca-platform-profile"] = "http://arm.com/CCA-SSD/1.0.0";
  EXPECT_EQ(json::Value(ear.submodules.at(kPlatform).annotated_evidence), json::Value(claims));
  EXPECT_EQ(json::Value(ear.submodules.at(kRealm).annotated_evidence),
            expected.at(kRealm).at("ear.veraison.annotated-evidence"));

  // Whichever submodule a policy is asked about, it sees both, and what it saw before.
  const AppraisalRequest request{.media_type = kCcaType, .evidence = token, .challenge = Nonce(challenge_of(token))};
  for (const std::string& submodule : {kPlatform, kRealm}) {
    const json::Object seen = test::evidence_seen("ARM_CCA", submodule, corrected, request);
    EXPECT_EQ(seen.at("platform"), json::Value(claims));
    EXPECT_EQ(seen.at("realm"), expected.at(kRealm).at("ear.veraison.annotated-evidence"));
    for (const auto& [name, value] : ear.submodules.at(submodule).annotated_evidence)
      EXPECT_EQ(seen.at(name), value) << name;
  }
  // Veraison's cca-verify-challenge.rego in Lua, for another challenge.
  const rats::Ear lowered =
      test::engine_under("if evidence.realm[\"cca-realm-challenge\"] ~= \"AAAA\" then status = CONTRAINDICATED end",
                         "ARM_CCA", corrected)
          .appraise(request)
          .value();
  for (const std::string& submodule : {kPlatform, kRealm}) {
    EXPECT_EQ(lowered.submodules.at(submodule).status, rats::Tier::contraindicated);
    test::expect_problem(lowered.submodules.at(submodule), Errc::not_affirming, "policy site lowered status");
  }

  Bytes other = challenge_of(token);
  other[0] ^= 1;
  test::expect_problem(appraise(corrected, kCcaType, token, other).submodules.at("ARM_CCA"), Errc::nonce_mismatch, "");
}

// Endorsers who approve what the token says.
void endorse(Store& store, const evidence::cca::Token& token, const crypto::PublicKey& key) {
  test::CcaDevice device;
  const auto& platform = token.platform.claims;
  device.implementation = platform.implementation_id;
  device.instance = platform.instance_id;
  device.config = *platform.config;
  device.components.clear();
  for (const auto& component : platform.components)
    device.components.push_back({.type = component.type.value_or(""),
                                 .version = component.version.value_or(""),
                                 .value = component.value,
                                 .signer = component.signer_id});
  device.initial_measurement = token.realm.claims.initial_measurement;
  device.personalization = token.realm.claims.personalization_value;
  device.registers = token.realm.claims.extensible_measurements;
  rats::Corim corim = device.platform_corim();
  corim.comids[0].attestation_keys = {test::instance_key(device.implementation, device.instance, key)};
  test::provision(store, corim);
  test::provision(store, device.realm_corim());
}

struct SignedToken {
  std::string name;
  std::string file;
  std::string key;
};
void PrintTo(const SignedToken& token, std::ostream* out) { *out << token.name; }

// One test for each mask.
class ArmCcaVector : public testing::TestWithParam<SignedToken> {
 protected:
  static void expect_refused_with(std::uint8_t mask) {
    CREDENCE_VECTORS_OR_SKIP(root);
    const std::string text = test::read_text(root / "cca" / GetParam().key);
    const auto key = text.starts_with("-----BEGIN") ? crypto::PublicKey::from_pem(text).value()
                                                    : jose::key_from_jwk(json::parse(text).value().as_object()).value();
    const Bytes good = test::read_file(root / "cca" / GetParam().file);
    const auto token = evidence::cca::decode_token(good).value();
    const auto store = memory_store();
    endorse(*store, token, key);
    const Engine engine = test::engine_over(store);
    test::expect_changes_refused(
        good,
        [&](const Bytes& changed) {
          return engine
              .appraise({.media_type = kCcaType, .evidence = changed, .challenge = Nonce(token.realm.claims.challenge)})
              .value()
              .is_affirming();
        },
        {mask});
  }
};
INSTANTIATE_TEST_SUITE_P(
    Signed, ArmCcaVector,
    testing::Values(SignedToken{"TfRmm", "veraison-ccatoken/realm/testvectors/tf-rmm/cca_token.cbor",
                                "veraison-ccatoken/realm/testvectors/tf-rmm/cca_platform.pub"},
                    SignedToken{"Evcli", "veraison-evcli/token.cbor", "veraison-evcli/ec256-pub.json"},
                    SignedToken{"RustCcatoken", "veraison-rust-ccatoken/cca-token-draft-ffm-00.cbor",
                                "veraison-rust-ccatoken/cpak.json"},
                    SignedToken{"TfMTools", "trustedfirmw-tf-m-tools/cca_example_token.cbor",
                                "trustedfirmw-tf-m-tools/cca_platform.pub.pem"}),
    [](const auto& example) { return example.param.name; });

TEST_P(ArmCcaVector, IsNotAffirmedWithTheLowestBitOfAnOctetChanged) { expect_refused_with(test::kLowestBit); }
TEST_P(ArmCcaVector, IsNotAffirmedWithTheHighestBitOfAnOctetChanged) { expect_refused_with(test::kHighestBit); }

TEST(ParsecCcaVectors, VeraisonsEvidence) {
  CREDENCE_VECTORS_OR_SKIP(root);
  const auto folder = root / "parsec/veraison-services/parsec-cca";
  const Bytes evidence = test::read_file(folder / "evidence.cbor");
  const Bytes nonce = from_hex("0001020304050607").value();
  const rats::Corim corim = with_signer(corim_at(folder / "corim-parsec-cca-valid.cbor"), from_hex(kSigner).value());
  const auto store = memory_store();
  submit(*store, corim);
  // Its CoRIM says nothing of the realm.
  const rats::Ear unknown = appraise(store, kParsecType, evidence, nonce);
  EXPECT_EQ(unknown.status(), rats::Tier::warning);
  test::expect_problem(unknown.submodules.at("PARSEC_CCA"), Errc::no_reference_values, "initial measurement 4343");
  Policy as_veraison;
  as_veraison.insecure_veraison_endorsements = true;
  EXPECT_TRUE(appraise(store, kParsecType, evidence, nonce, as_veraison).is_affirming());

  rats::Corim realm = corim_at(root / "veraison/schemes/arm-cca/corim/corim-cca-realm-valid.cbor");
  realm.profile = corim.profile;
  submit(*store, realm);
  const rats::Ear ear = appraise(store, kParsecType, evidence, nonce);
  ASSERT_TRUE(ear.is_affirming()) << testing::PrintToString(ear.problems());
  EXPECT_TRUE(ear.submodules.at("PARSEC_CCA").attested_key);
  const json::Object seen = test::evidence_seen(
      "PARSEC_CCA", "PARSEC_CCA", store, {.media_type = kParsecType, .evidence = evidence, .challenge = Nonce(nonce)});
  // The members of kat.diag beside it: the nonce, and a COSE_Key.
  EXPECT_EQ(seen.at("kat"),
            (json::Object{
                {"nonce", to_base64(nonce)},
                {"akpub", to_base64(from_hex("a40102200121582"
                                             "09bffdba675332c9bbb5de2b2da09f818474a989ac20023f828c1620ba80f61d8225820c8"
                                             "39c27230df019840d3a45c96186f8d07193ebc43a841e0dde2c463f64c4a15")
                                        .value())}}));
  EXPECT_EQ(seen.at("platform").at("cca-platform-lifecycle").to_number<int>(), 12'288);
  EXPECT_EQ(seen.at("platform").at("cca-platform-sw-components").as_array().size(), 4U);
  EXPECT_EQ(seen.at("realm").at("cca-realm-hash-algo-id"), "sha-256");
  EXPECT_EQ(seen.at("cca.platform"), seen.at("platform"));
  EXPECT_EQ(seen.at("cca.realm"), seen.at("realm"));
  test::expect_problem(appraise(store, kParsecType, evidence, Bytes(8, 0)).submodules.at("PARSEC_CCA"),
                       Errc::nonce_mismatch, "got 0001020304050607");
  test::expect_changes_refused(
      evidence, [&](const Bytes& changed) { return appraise(store, kParsecType, changed, nonce).is_affirming(); },
      {test::kLowestBit, test::kHighestBit});
}

TEST(CcaCorimVectors, OfVeraisonsLibraryHaveTheirVerdict) {
  CREDENCE_VECTORS_OR_SKIP(root);
  const auto folder = root / "corim/veraison-corim/profiles/cca/testcases";
  submit(*memory_store(), corim_at(folder / "cca-platform-valid.cbor"));
  submit(*memory_store(), corim_at(folder / "cca-realm-valid.cbor"));
  const auto submitted = [&](const path& file) {
    const Bytes octets = test::read_file(file);
    return memory_store()->submit(rats::decode_corim(octets).value(), octets);
  };
  test::expect_refused(submitted(folder / "cca-platform-invalid-impl-id.cbor"), Errc::invalid_value,
                       "of 32 octets, got 30");
  test::expect_refused(submitted(folder / "cca-realm-invalid-missing-rim.cbor"), Errc::missing_member,
                       "expected a measurement cca.rim");
  // Those of Veraison's store are read; without a profile nobody knows what they mean.
  for (const std::string name : {"unsigned-cca-ref-plat", "unsigned-cca-ref-realm", "unsigned-cca-ta"})
    test::expect_refused(submitted(root / "veraison/corim-store" / (name + ".cbor")), Errc::unsupported, "got none");
}

struct BadCorim {
  std::string name;
  Errc code{};
  std::string why;
};
void PrintTo(const BadCorim& bad, std::ostream* out) { *out << bad.name; }

class CcaBadCorim : public testing::TestWithParam<BadCorim> {};
INSTANTIATE_TEST_SUITE_P(
    Vectors, CcaBadCorim,
    testing::Values(BadCorim{"platform_bad_no_class", Errc::missing_member, "class is missing"},
                    BadCorim{"platform_bad_refval_mkey", Errc::unexpected_type, "mkey: expected text"},
                    BadCorim{"platform_bad_refval_mkey_string", Errc::invalid_value, "got cca.bad-component"},
                    BadCorim{"platform_bad_refval_no_mkey", Errc::missing_member, "mkey is missing"},
                    BadCorim{"platform_bad_ta_cert", Errc::unexpected_type, "tag 554), got tag 555"},
                    BadCorim{"platform_bad_ta_instance", Errc::unexpected_type, "UEID (tag 550), got tag 560"},
                    BadCorim{"platform_bad_ta_no_instance", Errc::missing_member, "instance is missing"},
                    BadCorim{"realm_bad_instance", Errc::unexpected_type, "bytes (tag 560), got tag 37"},
                    BadCorim{"realm_bad_no_instance", Errc::missing_member, "class is missing"},
                    BadCorim{"realm_bad_no_raw_value", Errc::missing_member, "cca.rpv.mval.raw-value"},
                    BadCorim{"realm_bad_no_rim", Errc::missing_member, "expected a measurement cca.rim"}),
    [](const auto& example) { return example.param.name; });

TEST_P(CcaBadCorim, IsRefusedWithItsCause) {
  CREDENCE_VECTORS_OR_SKIP(root);
  std::string name = GetParam().name;
  std::ranges::replace(name, '_', '-');
  const Bytes octets = test::read_file(root / "veraison/schemes/arm-cca/corim" / ("corim-cca-" + name + ".cbor"));
  const auto corim = rats::decode_corim(octets);
  ASSERT_TRUE(corim) << corim.error().text();
  test::expect_refused(memory_store()->submit(*corim, octets), GetParam().code, GetParam().why);
}

}  // namespace
}  // namespace credence::verifier
