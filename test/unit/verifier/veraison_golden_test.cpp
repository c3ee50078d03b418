// Veraison's own evidence and endorsements for PARSEC_TPM: kat and pat over the nonce as it is, an AK without a Name.
#include <gtest/gtest.h>

#include <ostream>

#include "base/text.h"
#include "fixture.h"
#include "support/octet_changes.h"
#include "support/vectors.h"
#include "under_policy.h"

namespace credence::verifier {
namespace {

const std::filesystem::path kFolder = "parsec/veraison-services/parsec-tpm";

std::shared_ptr<Store> store_of(const std::filesystem::path& root) {
  const Bytes octets = test::read_file(root / kFolder / "corim-parsec-tpm-valid.cbor");
  auto store = memory_store();
  const auto stored = store->submit(rats::decode_corim(octets).value(), octets);
  EXPECT_TRUE(stored) << stored.error().text();
  return store;
}

AppraisalRequest request_of(const std::filesystem::path& root, Challenge challenge) {
  return {.media_type = std::string(evidence::kParsecTpm),
          .evidence = test::read_file(root / kFolder / "evidence.cbor"),
          .challenge = std::move(challenge)};
}

rats::Ear appraise(const std::filesystem::path& root, Challenge challenge, Policy policy) {
  return test::engine_over(store_of(root), std::move(policy)).appraise(request_of(root, std::move(challenge))).value();
}

// The nonce as it is, and a key whose Name nobody states.
const Policy kAsVeraison{.compatibility = true, .insecure_veraison_endorsements = true};
const Nonce kNonce(Bytes{0xde, 0xad, 0xbe, 0xef, 0xde, 0xad, 0xbe, 0xef});

TEST(VeraisonGolden, IsAffirmedInCompatibilityMode) {
  CREDENCE_VECTORS_OR_SKIP(root);
  const rats::Ear ear = appraise(root, kNonce, kAsVeraison);
  EXPECT_TRUE(ear.is_affirming()) << testing::PrintToString(ear.problems());
  EXPECT_EQ(ear.credence.compatibility_mode, true);
  EXPECT_EQ(ear.credence.purpose, "challenge");
  EXPECT_EQ(ear.ueid->size(), 33U);
  EXPECT_EQ(test::submodule(ear).attested_key->size(), 91U);
}

// veraison/services issue 447: there, any nonce is affirmed.
TEST(VeraisonGolden, IsRefusedWithAnyOtherNonce) {
  CREDENCE_VECTORS_OR_SKIP(root);
  for (const Bytes& other : {Bytes{0xde, 0xad, 0xbe, 0xef, 0xde, 0xad, 0xbe, 0xee}, Bytes(32, 0), Bytes(8, 0)}) {
    const rats::Ear ear = appraise(root, Nonce(other), kAsVeraison);
    EXPECT_FALSE(ear.is_affirming());
    test::expect_problem(test::submodule(ear), Errc::nonce_mismatch, "another challenge");
  }
}

TEST(VeraisonGolden, IsRefusedWithoutCompatibilityMode) {
  CREDENCE_VECTORS_OR_SKIP(root);
  const rats::Ear ear = appraise(root, kNonce, {});
  EXPECT_FALSE(ear.is_affirming());
  test::expect_problem(test::submodule(ear), Errc::wrong_purpose, "compatibility mode");
}

TEST(VeraisonGolden, IsRefusedForAKeyWithoutAName) {
  CREDENCE_VECTORS_OR_SKIP(root);
  const rats::Ear ear = appraise(root, kNonce, {.compatibility = true});
  EXPECT_FALSE(ear.is_affirming());
  test::expect_problem(test::submodule(ear), Errc::unrestricted_attestation_key, "without its Name");
}

TEST(VeraisonGolden, IsRefusedWithAnyOctetChanged) {
  CREDENCE_VECTORS_OR_SKIP(root);
  const verifier::Engine engine = test::engine_over(store_of(root), kAsVeraison);
  AppraisalRequest request = request_of(root, kNonce);
  test::expect_changes_refused(request.evidence,
                               [&](const Bytes& evidence) {
                                 request.evidence = evidence;
                                 return engine.appraise(request).value().is_affirming();
                               },
                               {test::kLowestBit, test::kHighestBit});
}

std::string base64_of(std::string_view hex) { return to_base64(from_hex(hex).value()); }

// The members of evidence.diag beside it, and what Veraison's library decodes of attestInfo.
TEST(VeraisonGolden, IsSeenByPoliciesAsVeraisonHasIt) {
  CREDENCE_VECTORS_OR_SKIP(root);
  const json::Object seen =
      test::evidence_seen("PARSEC_TPM", "PARSEC_TPM", store_of(root), request_of(root, kNonce), kAsVeraison);
  const std::string kid = base64_of("0188855459EEB9E9B34A46EB48CB39F2F6AA69DA04522A326D123D5C501FCE210C");
  EXPECT_EQ(
      seen.at("kat"),
      (json::Object{
          {"tpmVer", "2.0"},
          {"kid", kid},
          {"sig", base64_of("0018000B00202975ED737C0E4609BAFB8A96F63DDFC8B745B793620018198859BB695F58E24300201A23DF81"
                            "503C01A4351257E513FAD6924542B1ABDBAE35E2D0DB683AE73E513E")},
          {"pubArea",
           base64_of("0023000B00040072000000100018000B000300100020A907C3C02102A2549C84A2B8B2130E9F6966719391A4C72A3577"
                     "95A1F95E838A0020458248ADDFF3F4ACDDB64BD2928F69B811FF0D862E33E788A0704B6AA8295020")},
          {"certInfo",
           base64_of("FF54434780170022000BA20B9E12FB4E0507F1D7AF4A9492943CBEAE881DB7CEFE040EDFE487EFF354F50008DEADBEEF"
                     "DEADBEEF000000001ADDB3CC090C7577FD889DCE01584F8EF327BCAFBA0022000B66BCC269216A672B65C5074330E9A8"
                     "90D3FFD2ED78AE12A2986AF6290E057BA40022000B468779B0E18FFD0EBCCACE7C5AB125AC8809A2B087E09CFC6F158E"
                     "113133A014")}}));
  EXPECT_EQ(
      seen.at("pat"),
      (json::Object{
          {"tpmVer", "2.0"},
          {"kid", kid},
          {"sig", base64_of("0018000B0020A771B57D791FDC8269D64F3727CA0FFD55D53E7E22FC6D9FECF7EB2BFF27A706002016BEA749"
                            "9F78D61AE31E2569F771ABBFB86619DD0E6CCAC9CC664CE62A629929")},
          {"attestInfo",
           base64_of("FF54434780180022000BA20B9E12FB4E0507F1D7AF4A9492943CBEAE881DB7CEFE040EDFE487EFF354F50008DEADBEEF"
                     "DEADBEEF000000001ADDB3CF090C7577FD889DCE01584F8EF327BCAFBA00000001000B0307000000202EA9AB9198D163"
                     "8007400CD2C3BEF1CC745B864B76011A0E1BC52180AC6452D4")},
          {"pcr-selection", json::Array{0, 1, 2}},
          {"hash-algorithm", 11},
          {"pcr-digest", base64_of("2EA9AB9198D1638007400CD2C3BEF1CC745B864B76011A0E1BC52180AC6452D4")}}));
  EXPECT_TRUE(seen.contains("reset-count"));
}

struct BadCorim {
  std::string name;
  Errc code{};
  std::string why;
};
void PrintTo(const BadCorim& bad, std::ostream* out) { *out << bad.name; }

class VeraisonBadCorim : public testing::TestWithParam<BadCorim> {};
INSTANTIATE_TEST_SUITE_P(
    Vectors, VeraisonBadCorim,
    testing::Values(BadCorim{"class-id", Errc::unexpected_type, "environment.class.id: expected a UUID"},
                    BadCorim{"instance", Errc::unexpected_type, "environment.instance: expected bytes"},
                    BadCorim{"no-class", Errc::missing_member, "class is missing"},
                    BadCorim{"no-pcr", Errc::missing_member, "mkey is missing"}),
    [](const auto& example) {
      std::string name = example.param.name;
      std::ranges::replace(name, '-', '_');
      return name;
    });

TEST_P(VeraisonBadCorim, IsRefusedWithItsCause) {
  CREDENCE_VECTORS_OR_SKIP(root);
  const Bytes octets = test::read_file(root / kFolder / ("corim-parsec-tpm-bad-" + GetParam().name + ".cbor"));
  const auto corim = rats::decode_corim(octets);
  ASSERT_TRUE(corim) << corim.error().text();
  test::expect_refused(memory_store()->submit(*corim, octets), GetParam().code, GetParam().why);
}

}  // namespace
}  // namespace credence::verifier
