// PSA_IOT over Veraison's and TF-M's own tokens and CoRIMs.
#include <gtest/gtest.h>

#include <filesystem>

#include "base/text.h"
#include "evidence/psa/token.h"
#include "fixture.h"
#include "sign/jose/jwk.h"
#include "support/octet_changes.h"
#include "support/psa_device.h"
#include "support/vectors.h"
#include "under_policy.h"

namespace credence::verifier {
namespace {

using std::filesystem::path;

const std::string kType(evidence::psa::kOldMediaType);
const std::string kScheme = "PSA_IOT";

rats::Corim corim_at(const path& file) { return rats::decode_corim(test::read_file(file)).value(); }

void submit(Store& store, const rats::Corim& corim) {
  const auto stored = store.submit(corim, rats::encode_corim(corim).value());
  ASSERT_TRUE(stored) << stored.error().text();
}

AppraisalRequest request_of(const Bytes& token) {
  const auto decoded = evidence::psa::decode_token(token);
  const Bytes nonce = decoded ? decoded->claims.nonce : Bytes(32);
  return {.media_type = kType, .evidence = token, .challenge = Nonce(nonce)};
}

rats::Ear appraise(const std::shared_ptr<Store>& store, const Bytes& token) {
  return test::engine_over(store).appraise(request_of(token)).value();
}

void expect_refused(const rats::Ear& ear, Errc code, std::string_view why) {
  EXPECT_FALSE(ear.is_affirming());
  test::expect_problem(ear.submodules.at(kScheme), code, why);
}

// Veraison's CoRIM names another signer than its tokens have, and its scheme does not compare them.
rats::Corim with_signer(rats::Corim corim, const Bytes& signer) {
  for (rats::Comid& comid : corim.comids)
    for (rats::ReferenceTriple& triple : comid.reference_values)
      for (rats::Measurement& measurement : triple.measurements) measurement.values.keys[0].value = signer;
  return corim;
}

// An endorser who approves what the token says.
rats::Corim corim_for(const Bytes& token, const crypto::PublicKey& key) {
  const evidence::psa::Claims claims = evidence::psa::decode_token(token).value().claims;
  test::PsaDevice device;
  device.implementation = claims.implementation_id;
  device.instance = claims.instance_id;
  device.components.clear();
  for (const auto& component : claims.components)
    device.components.push_back({.type = component.type.value_or(""),
                                 .version = component.version.value_or(""),
                                 .value = component.value,
                                 .signer = component.signer_id});
  rats::Corim corim = device.corim();
  corim.comids[0].attestation_keys = {test::instance_key(claims.implementation_id, claims.instance_id, key)};
  return corim;
}

TEST(PsaIotVectors, VeraisonsEndToEndPairInItsOldSpelling) {
  CREDENCE_VECTORS_OR_SKIP(root);
  const rats::Corim corim = corim_at(root / "veraison/e2e/psa-endorsements.cbor");
  EXPECT_EQ(corim.profile, "http://arm.com/psa/iot/1");
  EXPECT_TRUE(corim.legacy);
  const auto store = memory_store();
  submit(*store, corim);
  const rats::Ear ear = appraise(store, test::read_file(root / "veraison/e2e/psa-evidence.cbor"));
  EXPECT_TRUE(ear.is_affirming()) << testing::PrintToString(ear.problems());
}

TEST(PsaIotVectors, VeraisonsResultOnceTheSignerIsRight) {
  CREDENCE_VECTORS_OR_SKIP(root);
  const auto folder = root / "veraison/schemes/psa-iot";
  const rats::Corim corim = corim_at(folder / "corim/corim-psa-valid.cbor");
  const auto store = memory_store();
  submit(*store, corim);
  const Bytes token = test::read_file(folder / "evidence/psa.good.cose");
  const rats::Ear as_it_is = appraise(store, token);
  EXPECT_EQ(as_it_is.status(), rats::Tier::warning);
  expect_refused(as_it_is, Errc::not_affirming, "signer acbb11c7");

  const auto corrected = memory_store();
  submit(*corrected,
         with_signer(corim, from_hex("acbb11c7e4da217205523ce4ce1a245ae1a239ae3c6bfd9e7871f7e5d8bae86b").value()));
  const rats::Ear ear = appraise(corrected, token);
  ASSERT_TRUE(ear.is_affirming()) << testing::PrintToString(ear.problems());
  const json::Value expected =
      json::parse(test::read_text(root / "veraison/integration/results/psa.good.json")).value();
  const json::Object& submodule = expected.at(kScheme).as_object();
  EXPECT_EQ(json::Value(ear.submodules.at(kScheme).annotated_evidence),
            submodule.at("ear.veraison.annotated-evidence"));
  EXPECT_EQ(json::Value(test::evidence_seen(kScheme, kScheme, corrected, request_of(token))),
            submodule.at("ear.veraison.annotated-evidence"));
  EXPECT_EQ(ear.submodules.at(kScheme).vector.value(), (rats::TrustVector{.claims = {2, 0, 2, 0, 2, 2, 2, 0}}));
  for (const auto* other :
       {"veraison/schemes/psa-iot/evidence/psaintegtoken.cbor", "psa/veraison-evcli/psa-claims-profile-2-integ.cbor"})
    EXPECT_TRUE(appraise(corrected, test::read_file(root / other)).is_affirming()) << other;
}

TEST(PsaIotVectors, RefusesAnotherNonceForEach) {
  CREDENCE_VECTORS_OR_SKIP(root);
  const auto store = memory_store();
  submit(*store, corim_at(root / "veraison/e2e/psa-endorsements.cbor"));
  const Bytes token = test::read_file(root / "veraison/e2e/psa-evidence.cbor");
  const auto ear =
      test::engine_over(store).appraise({.media_type = kType, .evidence = token, .challenge = Nonce(Bytes(32, 0))});
  expect_refused(ear.value(), Errc::nonce_mismatch, "got 414a7c17");
}

TEST(PsaIotVectors, EverySignedOneIsAffirmedAndNoneWithAnOctetChanged) {
  CREDENCE_VECTORS_OR_SKIP(root);
  const auto jwk = json::parse(test::read_text(root / "cca/veraison-evcli/ec256-pub.json")).value();
  const auto veraison = jose::key_from_jwk(jwk.as_object()).value();
  const auto tools =
      crypto::PublicKey::from_pem(test::read_text(root / "psa/trustedfirmw-tf-m-tools/data/key.pub.pem")).value();
  const auto tf_m =
      crypto::PublicKey::from_pem(test::read_text(root / "psa/veraison-psatoken/testvectors/tf-m/public.pem")).value();
  const std::vector<std::pair<std::string, crypto::PublicKey>> vectors = {
      {"veraison/e2e/psa-evidence.cbor", veraison},
      {"veraison/schemes/psa-iot/evidence/psa.good.cose", veraison},
      {"veraison/schemes/psa-iot/evidence/psaintegtoken.cbor", veraison},
      {"psa/veraison-evcli/psa-claims-profile-2-integ.cbor", veraison},
      {"veraison/schemes/psa-iot/evidence/psa-token.cbor", tools},
      {"psa/veraison-psatoken/testvectors/tf-m/psa-2_0_0_sign1.bin", tf_m}};
  for (const auto& [file, key] : vectors) {
    SCOPED_TRACE(file);
    const Bytes good = test::read_file(root / file);
    const auto store = memory_store();
    submit(*store, corim_for(good, key));
    const Engine engine = test::engine_over(store);
    const Challenge challenge = request_of(good).challenge;
    test::expect_changes_refused(good,
                                 [&](const Bytes& token) {
                                   return engine
                                       .appraise({.media_type = kType, .evidence = token, .challenge = challenge})
                                       .value()
                                       .is_affirming();
                                 },
                                 {test::kLowestBit, test::kHighestBit});
  }
}

TEST(PsaIotVectors, VeraisonsLibraryCorimIsTaken) {
  CREDENCE_VECTORS_OR_SKIP(root);
  submit(*memory_store(), corim_at(root / "corim/veraison-corim/profiles/psa/testcases/psa-valid.cbor"));
}

// Keys as Veraison's store once kept them. Of the bad ones, one has a header that is none, and one is no public key.
TEST(PsaIotVectors, OfVeraisonsStoreHaveKeysOrNot) {
  CREDENCE_VECTORS_OR_SKIP(root);
  const auto key_in = [&](const std::string& name) {
    const auto file = root / "veraison/schemes/psa-iot/evidence" / (name + ".json");
    const json::Value document = json::parse(test::read_text(file)).value();
    const json::Object& attributes = document.at("attributes").as_object();
    const json::Value* found = nullptr;
    for (const std::string_view member : {"iak-pub", "psa.iak-pub"})
      if (found == nullptr) found = attributes.if_contains(member);
    return crypto::PublicKey::from_pem(found->as_string());
  };
  for (const std::string name : {"ta-endorsements", "ta-integ-endorsements"}) EXPECT_TRUE(key_in(name)) << name;
  test::expect_refused(key_in("ta-bad-key"), Errc::bad_key, "expected a SubjectPublicKeyInfo");
  test::expect_refused(key_in("ta-bad-key-header"), Errc::malformed, "PEM");
}

struct BadCorim {
  std::string name;
  Errc code{};
  std::string why;
};
void PrintTo(const BadCorim& bad, std::ostream* out) { *out << bad.name; }

class PsaBadCorim : public testing::TestWithParam<BadCorim> {};
INSTANTIATE_TEST_SUITE_P(
    Vectors, PsaBadCorim,
    testing::Values(BadCorim{"class", Errc::unexpected_type, "expected bytes (tag 560), got tag 37"},
                    BadCorim{"instance", Errc::unexpected_type, "expected a UEID (tag 550), got tag 37"},
                    BadCorim{"refval_mkey", Errc::unexpected_type, "[1]: mkey: expected text"},
                    BadCorim{"refval_mval", Errc::missing_member, "mval.digests"},
                    BadCorim{"ta_cert", Errc::unexpected_type, "expected a pkix-base64-key (tag 554), got tag 555"}),
    [](const auto& example) { return example.param.name; });

TEST_P(PsaBadCorim, IsRefusedWithItsCause) {
  CREDENCE_VECTORS_OR_SKIP(root);
  std::string name = GetParam().name;
  std::ranges::replace(name, '_', '-');
  const Bytes octets = test::read_file(root / "veraison/schemes/psa-iot/corim" / ("corim-psa-bad-" + name + ".cbor"));
  const auto corim = rats::decode_corim(octets);
  ASSERT_TRUE(corim) << corim.error().text();
  test::expect_refused(memory_store()->submit(*corim, octets), GetParam().code, GetParam().why);
}

}  // namespace
}  // namespace credence::verifier
