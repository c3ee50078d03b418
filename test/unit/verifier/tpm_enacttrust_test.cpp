// TPM_ENACTTRUST: the evidence of Veraison's scheme, without its holes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <ostream>

#include "base/text.h"
#include "fixture.h"
#include "support/enacttrust_node.h"
#include "support/octet_changes.h"
#include "support/vectors.h"
#include "under_policy.h"

namespace credence::verifier {
namespace {

const std::string kType(evidence::enacttrust::kMediaType);
const std::string kScheme = "TPM_ENACTTRUST";
const Bytes kNonce(32, 0x11);

class TpmEnacttrust : public testing::Test {
 protected:
  void SetUp() override { test::provision(*store, node.corim()); }

  rats::Ear appraise(Bytes evidence, Challenge challenge = Nonce(kNonce), Timestamp now = test::kNow) {
    return test::engine_over(store, {}, now)
        .appraise({.media_type = kType, .evidence = std::move(evidence), .challenge = std::move(challenge)})
        .value();
  }
  void expect_refused(const rats::Ear& ear, Errc code, std::string_view why) {
    EXPECT_FALSE(ear.is_affirming());
    test::expect_problem(ear.submodules.at(kScheme), code, why);
  }

  test::EnacttrustNode node;
  std::shared_ptr<Store> store = memory_store();
};

TEST_F(TpmEnacttrust, AffirmsAQuoteForThisNonce) {
  const rats::Ear ear = appraise(node.token(kNonce));
  ASSERT_TRUE(ear.is_affirming()) << testing::PrintToString(ear.problems());
  const rats::Submodule& submodule = ear.submodules.at(kScheme);
  // As in Veraison's own result of its integration test: executables, and nothing else.
  EXPECT_EQ(submodule.vector.value(), (rats::TrustVector{.claims = {0, 0, 2, 0, 0, 0, 0, 0}}));
  EXPECT_EQ(submodule.annotated_evidence.at("node-id").as_string(), node.node.text());
  EXPECT_EQ(submodule.annotated_evidence.at("pcr-selection").as_array().size(), 4U);
  EXPECT_EQ(ear.ueid, to_bytes(node.node.octets));
  EXPECT_EQ(ear.credence.unknown_tpm_maker, true);
  EXPECT_EQ(ear.credence.purpose, "challenge");
  EXPECT_EQ(ear.credence.warnings.size(), 2U);
  EXPECT_FALSE(submodule.attested_key);
}

TEST_F(TpmEnacttrust, IsSeenByPoliciesAsVeraisonHasIt) {
  const json::Object seen = test::evidence_seen(
      kScheme, kScheme, store, {.media_type = kType, .evidence = node.token(kNonce), .challenge = Nonce(kNonce)});
  const auto token = evidence::enacttrust::decode_token(node.token(kNonce)).value();
  EXPECT_EQ(seen, (json::Object{{"node-id", node.node.text()},
                                {"firmware-version", token.quote.firmware_version},
                                {"pcr-selection", json::Array{1, 2, 3, 4}},
                                {"hash-algorithm", 11},
                                {"pcr-digest", to_base64(token.quoted().digest)}}))
      << json::to_text(seen);
}

// veraison/services issue 427: there, any recording passes.
TEST_F(TpmEnacttrust, RefusesAReplay) {
  Bytes other = kNonce;
  other.back() ^= 1;
  expect_refused(appraise(node.token(other)), Errc::nonce_mismatch, "another challenge");
  expect_refused(appraise(node.token({})), Errc::nonce_mismatch, "got none");
}

TEST_F(TpmEnacttrust, SaysNothingOfAChannel) {
  expect_refused(appraise(node.token(kNonce), test::binder(kNonce)), Errc::wrong_purpose, "nothing of a channel");
  const auto appraiser = local_appraiser(std::make_shared<const Engine>(test::engine_over(store)));
  EXPECT_THAT(appraiser->media_types(), testing::Not(testing::Contains(kType)));
}

TEST_F(TpmEnacttrust, RefusesEveryOneOctetChange) {
  test::expect_changes_refused(node.token(kNonce), [&](const Bytes& token) { return appraise(token).is_affirming(); },
                               {test::kLowestBit, test::kHighestBit});
}

TEST_F(TpmEnacttrust, RefusesAnotherKeyAndAnUnknownNode) {
  test::EnacttrustNode other;
  expect_refused(appraise(other.token(kNonce)), Errc::bad_signature, "");
  other.node.octets[0] ^= 1;
  expect_refused(appraise(other.token(kNonce)), Errc::unknown_attester, "no endorsement names node 7cf7714e");
}

TEST_F(TpmEnacttrust, WarnsOfAnotherState) {
  node.digest[0] ^= 1;
  const rats::Ear ear = appraise(node.token(kNonce));
  EXPECT_EQ(ear.status(), rats::Tier::warning);
  expect_refused(ear, Errc::pcr_mismatch, "expected 5a5a");
}

TEST_F(TpmEnacttrust, RefusesPcrsThatAnyoneCanReset) {
  node.pcr_bitmap = {0x1e, 0x00, 0x01};  // 16 too
  expect_refused(appraise(node.token(kNonce)), Errc::insufficient_pcrs, "none that can be reset");
  node.pcr_bitmap = {0x00, 0x00, 0x00};
  expect_refused(appraise(node.token(kNonce)), Errc::insufficient_pcrs, "at least one PCR");
  node.pcr_bitmap = {0x1e, 0x00, 0x00};
  node.bank = evidence::tpm::kAlgSha1;
  expect_refused(appraise(node.token(kNonce)), Errc::insufficient_pcrs, "expected the bank of SHA-256");
}

TEST_F(TpmEnacttrust, EndsWithItsEndorsement) {
  store = memory_store();
  rats::Corim corim = node.corim();
  corim.validity = rats::Validity{.not_before = {}, .not_after = test::kNow};
  test::provision(*store, corim);
  EXPECT_TRUE(appraise(node.token(kNonce)).is_affirming());
  const Timestamp later = test::kNow + std::chrono::milliseconds(1);
  expect_refused(appraise(node.token(kNonce), Nonce(kNonce), later), Errc::expired, "expired at");
}

TEST_F(TpmEnacttrust, KnowsNoReferenceValueOfANodeWithAKeyAlone) {
  store = memory_store();
  rats::Corim corim = node.corim();
  corim.comids[0].reference_values.clear();
  test::provision(*store, corim);
  expect_refused(appraise(node.token(kNonce)), Errc::no_reference_values, "for this node");
}

TEST_F(TpmEnacttrust, TakesNoSecondKeyForANode) {
  const test::EnacttrustNode other;
  rats::Corim corim = other.corim();
  corim.id = std::string("other");
  test::expect_refused(store->submit(corim, test::octets_of(corim)), Errc::conflict, "another key");
}

// veraison/services: the size is added in sixteen bits there, and 18 octets end the process.
TEST_F(TpmEnacttrust, SurvivesSizesThatWrap) {
  for (const auto& [high, low] :
       std::vector<std::pair<std::uint8_t, std::uint8_t>>{{0xff, 0xf0}, {0xff, 0xf1}, {0xff, 0xff}, {0x00, 0x01}}) {
    Bytes token(18);
    token[16] = high;
    token[17] = low;
    expect_refused(appraise(token), Errc::truncated, "");
  }
}

// There, an RSA signature is a null pointer.
TEST_F(TpmEnacttrust, RefusesAnRsaSignature) {
  const Bytes attest = node.quote(kNonce);
  tls::Writer writer;
  writer.fixed(node.node.octets).u16(static_cast<std::uint16_t>(attest.size())).fixed(attest);
  writer.u16(evidence::tpm::kAlgRsassa).u16(evidence::tpm::kAlgSha256).u16(256).fixed(Bytes(256, 1));
  expect_refused(appraise(writer.take()), Errc::unsupported_algorithm, "expected ECDSA over SHA-256");
}

// Veraison's own vectors: its good evidence answers no nonce at all, and is good in everything else.
TEST(TpmEnacttrustVectors, AreReadAndRefusedForTheMissingNonce) {
  CREDENCE_VECTORS_OR_SKIP(root);
  const auto folder = root / "veraison/schemes/tpm-enacttrust";
  const Bytes octets = test::read_file(folder / "corim/corim-enacttrust-valid.cbor");
  const auto store = memory_store();
  ASSERT_TRUE(store->submit(rats::decode_corim(octets).value(), octets));
  const Bytes token = test::read_file(folder / "evidence/basic.token");
  const auto ear =
      test::engine_over(store).appraise({.media_type = kType, .evidence = token, .challenge = Nonce(Bytes(32, 0))});
  test::expect_problem(ear->submodules.at(kScheme), Errc::nonce_mismatch, "got none");

  const auto decoded = evidence::enacttrust::decode_token(token).value();
  const auto key = crypto::PublicKey::from_pem(test::read_text(folder / "evidence/basic.pem.pub")).value();
  // The node is before what is signed: it chooses the key, so that another one has another key, or none. (The size in
  // front of the quote is not signed either, and no other one leaves a quote and a signature.)
  test::expect_changes_refused(token,
                               [&](const Bytes& changed) {
                                 const auto other = evidence::enacttrust::decode_token(changed);
                                 return other && evidence::enacttrust::check_signature(*other, key);
                               },
                               {test::kLowestBit, test::kHighestBit},
                               {{.first = 0, .size = decoded.node.octets.size(), .why = "the node is not signed"}});
  EXPECT_EQ(decoded.node.text(), "7df7714e-aa04-4638-bcbf-434b1dd720f1");
  EXPECT_EQ(json::to_text(evidence::enacttrust::claims_of(decoded)),
            R"({"node-id":"7df7714e-aa04-4638-bcbf-434b1dd720f1","firmware-version":7,"pcr-selection":[1,2,3,4],)"
            R"("hash-algorithm":11,"pcr-digest":"h0KPxSKAPTEGXnvOPPA/5HUJZjHl4Hu9eg/eYMTPJcc="})");
}

// A node that is not the one that was provisioned. The upstream case is known by its claims alone.
TEST(TpmEnacttrustVectors, OfAnotherNodeAreRefused) {
  CREDENCE_VECTORS_OR_SKIP(root);
  const auto file = root / "veraison/integration/claims/enacttrust.badnode.json";
  const json::Value claims = json::parse(test::read_text(file)).value();
  test::EnacttrustNode node;
  node.node = rats::Uuid::from_text(claims.at("node-id").as_string()).value();
  node.digest = from_base64(claims.at("digest").as_string()).value();
  const auto appraise_after = [&](const rats::Corim& corim) {
    const auto store = memory_store();
    test::provision(*store, corim);
    return test::engine_over(store)
        .appraise({.media_type = kType, .evidence = node.token(kNonce), .challenge = Nonce(kNonce)})
        .value();
  };
  EXPECT_TRUE(appraise_after(node.corim()).is_affirming());
  test::EnacttrustNode provisioned = node;
  provisioned.node.octets[0] ^= 1;
  const rats::Ear ear = appraise_after(provisioned.corim());
  EXPECT_EQ(ear.status(), rats::Tier::contraindicated);
  test::expect_problem(ear.submodules.at(kScheme), Errc::unknown_attester, "no endorsement names node 7df7714e");
}

// Its key is "@@@@", and its profile is of http.
TEST(TpmEnacttrustVectors, OfABadTrustAnchorAreRefused) {
  CREDENCE_VECTORS_OR_SKIP(root);
  const Bytes octets = test::read_file(root / "veraison/integration/endorsements/corim-enacttrust-badta.cbor");
  rats::Corim corim = rats::decode_corim(octets).value();
  test::expect_refused(memory_store()->submit(corim, octets), Errc::unsupported, "profile");
  corim.profile = "https://enacttrust.com/veraison/1.0.0";
  test::expect_refused(memory_store()->submit(corim, octets), Errc::malformed, "attest-key-triples");
}

struct BadCorim {
  std::string name;
  Errc code{};
  std::string why;
};
void PrintTo(const BadCorim& bad, std::ostream* out) { *out << bad.name; }

class EnacttrustBadCorim : public testing::TestWithParam<BadCorim> {};
INSTANTIATE_TEST_SUITE_P(
    Vectors, EnacttrustBadCorim,
    testing::Values(BadCorim{"class", Errc::invalid_value, "a class is not allowed"},
                    BadCorim{"multiple-keys", Errc::invalid_value, "expected exactly one key, got"},
                    BadCorim{"multiple-measurements", Errc::invalid_value, "expected exactly one measurement, got"},
                    BadCorim{"no-digest", Errc::missing_member, "expected exactly one digest, got 0"},
                    BadCorim{"no-instance", Errc::invalid_value, "a class is not allowed"}),
    [](const auto& example) {
      std::string name = example.param.name;
      std::ranges::replace(name, '-', '_');
      return name;
    });

TEST_P(EnacttrustBadCorim, IsRefusedWithItsCause) {
  CREDENCE_VECTORS_OR_SKIP(root);
  const Bytes octets = test::read_file(root / "veraison/schemes/tpm-enacttrust/corim" /
                                       ("corim-enacttrust-bad-" + GetParam().name + ".cbor"));
  const auto corim = rats::decode_corim(octets);
  ASSERT_TRUE(corim) << corim.error().text();
  test::expect_refused(memory_store()->submit(*corim, octets), GetParam().code, GetParam().why);
}

}  // namespace
}  // namespace credence::verifier
