// PARSEC_CCA: Veraison's scheme, without its holes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "base/text.h"
#include "evidence/parsec_cca/bundle.h"
#include "fixture.h"
#include "support/cca_device.h"
#include "support/octet_changes.h"
#include "verifier/scheme/parsec_cca/scheme.h"

namespace credence::verifier {
namespace {

const std::string kType(evidence::parsec_cca::kMediaType);
const std::string kScheme = "PARSEC_CCA";
const std::string kProfile = "tag:github.com/parallaxsecond,2023-03-03:cca";
const Bytes kNonce(32, 0x99);

class ParsecCca : public testing::Test {
 protected:
  void provision_platform() { test::provision(*store, device.platform_corim(kProfile)); }
  void provision() {
    provision_platform();
    test::provision(*store, device.realm_corim(kProfile));
  }
  Bytes bundle(ByteView nonce = kNonce) const { return device.bundle(nonce, key.public_key()); }
  rats::Ear appraise(Bytes evidence, Challenge challenge = Nonce(kNonce), Policy policy = {}) {
    return test::engine_over(store, std::move(policy))
        .appraise({.media_type = kType, .evidence = std::move(evidence), .challenge = std::move(challenge)})
        .value();
  }
  void expect_refused(const rats::Ear& ear, Errc code, std::string_view why) {
    EXPECT_FALSE(ear.is_affirming());
    EXPECT_FALSE(ear.submodules.at(kScheme).attested_key);
    test::expect_problem(ear.submodules.at(kScheme), code, why);
  }

  test::CcaDevice device;
  crypto::PrivateKey key = test::make_key();
  std::shared_ptr<Store> store = memory_store();
};

TEST_F(ParsecCca, AffirmsTheKeyOfAnApprovedRealm) {
  provision();
  const rats::Ear ear = appraise(bundle());
  ASSERT_TRUE(ear.is_affirming()) << testing::PrintToString(ear.problems());
  const rats::Submodule& submodule = ear.submodules.at(kScheme);
  EXPECT_EQ(submodule.vector.value(), (rats::TrustVector{.claims = {2, 2, 2, 0, 2, 2, 2, 0}}));
  EXPECT_EQ(submodule.attested_key, to_bytes(key.public_key().spki()));
  EXPECT_EQ(submodule.annotated_evidence.at("kat").at("nonce").as_string(), to_base64(kNonce));
  EXPECT_TRUE(submodule.annotated_evidence.contains("cca.platform"));
  EXPECT_TRUE(submodule.annotated_evidence.contains("cca.realm"));
  EXPECT_EQ(ear.ueid, device.instance);
  EXPECT_EQ(ear.credence.purpose, "challenge");
  EXPECT_FALSE(ear.credence.compatibility_mode);
}

// veraison.md, weakness 1: there, any recording passes.
TEST_F(ParsecCca, RefusesAReplay) {
  provision();
  Bytes other = kNonce;
  other.back() ^= 1;
  expect_refused(appraise(bundle(other)), Errc::nonce_mismatch, "kat.eat_nonce");
}

TEST_F(ParsecCca, RefusesAKeyThatTheRealmDoesNotVouchFor) {
  provision();
  const Bytes genuine = bundle();
  const auto bundle_of = [](ByteView octets) { return evidence::parsec_cca::decode_bundle(octets).value(); };
  // The kat of another, beside the token of this realm.
  const Bytes others_kat = bundle_of(device.bundle(kNonce, test::make_key().public_key())).kat;
  const Bytes& kat = bundle_of(genuine).kat;
  Bytes spliced = genuine;
  ASSERT_EQ(others_kat.size(), kat.size());
  std::ranges::copy(others_kat, std::ranges::search(spliced, kat).begin());
  expect_refused(appraise(spliced), Errc::key_mismatch, "the realm vouches for another key attestation");
}

TEST_F(ParsecCca, IsNoEvidenceOfAChannel) {
  provision();
  expect_refused(appraise(bundle(), test::binder(kNonce)), Errc::wrong_purpose, "nothing proves where");
  const auto appraiser = local_appraiser(std::make_shared<const Engine>(test::engine_over(store)));
  EXPECT_THAT(appraiser->media_types(), testing::Not(testing::Contains(kType)));
}

TEST_F(ParsecCca, RefusesEveryOneOctetChange) {
  provision();
  test::expect_changes_refused(bundle(), [&](const Bytes& changed) { return appraise(changed).is_affirming(); },
                               {test::kLowestBit, test::kHighestBit});
}

// Veraison appraises the platform alone: there the key of any realm on a good platform is affirmed.
TEST_F(ParsecCca, DoesNotAffirmTheKeyOfAnUnknownRealm) {
  provision_platform();
  const rats::Ear ear = appraise(bundle());
  EXPECT_EQ(ear.status(), rats::Tier::warning);
  expect_refused(ear, Errc::no_reference_values, "a realm with initial measurement 1d1d");
}

TEST_F(ParsecCca, SaysThatTheRealmWasNotAppraisedWhereThatIsTaken) {
  provision_platform();
  Policy policy;
  policy.compatibility = true;
  EXPECT_FALSE(appraise(bundle(), Nonce(kNonce), policy).is_affirming());
  policy = {.insecure_veraison_endorsements = true};
  const rats::Ear ear = appraise(bundle(), Nonce(kNonce), policy);
  EXPECT_TRUE(ear.is_affirming());
  EXPECT_EQ(ear.credence.compatibility_mode, true);
  EXPECT_THAT(ear.credence.warnings, testing::ElementsAre(testing::HasSubstr("was not appraised")));
  // A realm of which something is known is appraised by these rules too.
  test::provision(*store, device.realm_corim(kProfile));
  device.registers[0][0] ^= 1;
  expect_refused(appraise(bundle(), Nonce(kNonce), policy), Errc::not_affirming, "extensible measurement 0");
}

TEST_F(ParsecCca, IsAsBadAsTheWorseOfPlatformAndRealm) {
  provision();
  device.components[0].value[0] ^= 1;
  expect_refused(appraise(bundle()), Errc::not_affirming, "software component BL 2.1.0");
  device.personalization[0] ^= 1;
  const rats::Ear ear = appraise(bundle());
  EXPECT_EQ(ear.submodules.at(kScheme).vector.value(), (rats::TrustVector{.claims = {2, 2, 96, 0, 2, 2, 2, 0}}));
  expect_refused(ear, Errc::not_affirming, "personalization");
}

TEST_F(ParsecCca, TakesNoMemberThatNobodySigned) {
  provision();
  const Bytes good = bundle();
  Bytes more = good;
  ASSERT_EQ(more.front(), 0xa2);
  more.front() = 0xa3;
  append(more, cbor::Writer().text("ext").map(0).take());
  expect_refused(appraise(more), Errc::unsupported, "expected kat and pat, got ext");
}

}  // namespace
}  // namespace credence::verifier
