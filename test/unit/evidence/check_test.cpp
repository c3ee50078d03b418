#include "evidence/tpm/check.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <format>

#include <functional>
#include <ostream>
#include <string>

#include "support/evidence_maker.h"
#include "support/refusal.h"

namespace credence::evidence::tpm {
namespace {

using test::EvidenceMaker;

Binder binder_of(const EvidenceMaker& maker) {
  return Binder::from_wire(crypto::Digest::from(crypto::HashAlgorithm::sha256, maker.extra_data).value());
}

// What a relying party and a verifier do with the evidence, all in one.
Result<void> check_all(const EvidenceMaker& maker, const EvidenceMaker& expected) {
  TRY(const Statements statements,
      check_binding(maker.make(), binder_of(expected), expected.tls_key.public_key().spki()));
  CHECK(check_signatures(statements, expected.attestation_key.public_key()));
  const KeyFacts facts = maker.facts();
  TRY(const Public area, decode_public(facts.public_area));
  return check_signer(
      statements, {.public_area = area, .name = expected.facts().name, .qualified_name = expected.qualified_signer});
}

struct Flip {
  std::string name;
  std::function<void(EvidenceMaker&)> flip;
  Errc code{};
  std::string why;
};
void PrintTo(const Flip& flip, std::ostream* out) { *out << flip.name; }

std::vector<Flip> flips() {
  return {
      {"KatForAnotherChallenge",
       [](EvidenceMaker& maker) {
         maker.quote_extra_data = maker.extra_data;
         maker.extra_data = Bytes(32, 0xdd);
       },
       Errc::binder_mismatch, "kat.certInfo.extraData"},
      {"PatForAnotherChallenge", [](EvidenceMaker& maker) { maker.quote_extra_data = Bytes(32, 0xdd); },
       Errc::binder_mismatch, "pat.attestInfo.extraData"},
      {"ExtraDataCutShort", [](EvidenceMaker& maker) { maker.quote_extra_data = Bytes(31, 0xee); },
       Errc::binder_mismatch, "pat.attestInfo.extraData"},
      {"TwoKids", [](EvidenceMaker& maker) { maker.quote_kid = Bytes{1, 2}; }, Errc::kid_mismatch, "pat by 0102"},
      {"TwoSigners", [](EvidenceMaker& maker) { maker.quote_qualified_signer = Bytes(34, 1); }, Errc::signer_mismatch,
       "pat.attestInfo.qualifiedSigner"},
      {"ResetBetween", [](EvidenceMaker& maker) { maker.quote_clock.reset_count = 6; }, Errc::reset_mismatch,
       "kat stems from reset 5 restart 1, pat from reset 6 restart 1"},
      {"RestartBetween", [](EvidenceMaker& maker) { maker.quote_clock.restart_count = 2; }, Errc::reset_mismatch,
       "pat from reset 5 restart 2"},
      {"QuoteOlderThanCertify", [](EvidenceMaker& maker) { maker.quote_clock.clock = 999; }, Errc::reset_mismatch,
       "the quote (999 ms) is older than the certify (1000 ms)"},
      {"CertifyOfAnotherKey", [](EvidenceMaker& maker) { maker.certified_name = test::make_name(as_bytes("other")); },
       Errc::key_mismatch, "kat.certInfo.attested.name"},
      {"NotFixedTpm", [](EvidenceMaker& maker) { maker.tls_key_attributes &= ~kFixedTpm; }, Errc::external_key,
       "fixedTPM is not set"},
      {"NotFixedParent", [](EvidenceMaker& maker) { maker.tls_key_attributes &= ~kFixedParent; }, Errc::external_key,
       "fixedParent is not set"},
      {"Imported", [](EvidenceMaker& maker) { maker.tls_key_attributes &= ~kSensitiveDataOrigin; }, Errc::external_key,
       "sensitiveDataOrigin is not set"},
      {"NoSigningKey", [](EvidenceMaker& maker) { maker.tls_key_attributes &= ~kSign; }, Errc::external_key,
       "sign is not set"},
      {"Decrypts", [](EvidenceMaker& maker) { maker.tls_key_attributes |= kDecrypt; }, Errc::external_key,
       "decrypt is set"},
      {"RestrictedTlsKey", [](EvidenceMaker& maker) { maker.tls_key_attributes |= kRestricted; }, Errc::external_key,
       "restricted is set"},
      {"EmptySelection", [](EvidenceMaker& maker) { maker.pcrs = {}; }, Errc::insufficient_pcrs, "no PCR that counts"},
      {"OnlyResettablePcrs",
       [](EvidenceMaker& maker) { maker.pcrs = {{kAlgSha256, {{16, Bytes(32)}, {23, Bytes(32)}}}}; },
       Errc::insufficient_pcrs, "other PCRs than 16 and 23"},
      {"OnlySha1", [](EvidenceMaker& maker) { maker.pcrs = {{kAlgSha1, {{0, Bytes(20)}}}}; }, Errc::insufficient_pcrs,
       "SHA-256 or better"},
      {"AnotherBankThanTheSignature", [](EvidenceMaker& maker) { maker.pcrs = {{kAlgSha384, {{0, Bytes(48)}}}}; },
       Errc::invalid_value, "expected PCRs of bank 0x000b, the hash of the signature, got bank 0x000c"},
      {"AnotherBankBeside", [](EvidenceMaker& maker) { maker.pcrs[kAlgSha384] = {{0, Bytes(48)}}; },
       Errc::invalid_value, "got bank 0x000c"},
      {"ValuesOfOtherPcrs",
       [](EvidenceMaker& maker) {
         maker.sent_pcrs = maker.pcrs;
         (*maker.sent_pcrs)[kAlgSha256][1] = Bytes(32, 9);
       },
       Errc::pcr_mismatch, "ext.pcrs: the values hash to"},
      {"ValueMissing",
       [](EvidenceMaker& maker) {
         maker.sent_pcrs = maker.pcrs;
         (*maker.sent_pcrs)[kAlgSha256].erase(1);
       },
       Errc::missing_member, "no value for PCR 1 of bank 0x000b"},
      {"ValuesCutElsewhere",
       [](EvidenceMaker& maker) {
         maker.sent_pcrs = {{kAlgSha256, {{0, Bytes(31, 0)}, {1, Bytes(33, 1)}, {2, Bytes(32, 2)}}}};
       },
       Errc::invalid_value, "PCR 0 of bank 0x000b: expected 32 octets, got 31"},
      {"AnotherTlsKey", [](EvidenceMaker& maker) { maker.tls_key = test::make_key(); }, Errc::key_mismatch,
       "not the key of the certificate"},
      {"AnotherSigner", [](EvidenceMaker& maker) { maker.attestation_key = test::make_key(); }, Errc::bad_signature,
       "kat.sig"},
      {"QuoteOfAnotherSigner", [](EvidenceMaker& maker) { maker.quote_signer = test::make_key(); }, Errc::bad_signature,
       "pat.sig"},
      {"WrongMagic", [](EvidenceMaker& maker) { maker.magic = 0; }, Errc::invalid_value, "kat.certInfo: magic"},
      {"UnrestrictedSigner", [](EvidenceMaker& maker) { maker.attestation_key_attributes &= ~kRestricted; },
       Errc::unrestricted_attestation_key, "restricted is not set"},
      {"DuplicableSigner", [](EvidenceMaker& maker) { maker.attestation_key_attributes &= ~kFixedTpm; },
       Errc::external_key, "may exist outside the TPM"},
      {"SignerOfAnotherName", [](EvidenceMaker& maker) { maker.attestation_key_attributes |= kNoDa; },
       Errc::signer_mismatch, "the endorsed Name is"},
      {"SignerOfAnotherHierarchy", [](EvidenceMaker& maker) { maker.qualified_signer = Bytes(34, 7); },
       Errc::signer_mismatch, "the endorsed Qualified Name is"},
  };
}

class CheckFlip : public testing::TestWithParam<Flip> {};
INSTANTIATE_TEST_SUITE_P(Refusals, CheckFlip, testing::ValuesIn(flips()),
                         [](const auto& example) { return example.param.name; });

TEST_P(CheckFlip, IsRefused) {
  const EvidenceMaker good;
  const auto accepted = check_all(good, good);
  ASSERT_TRUE(accepted) << accepted.error().text();
  EvidenceMaker bad = good;
  GetParam().flip(bad);
  test::expect_refused(check_all(bad, good), GetParam().code, GetParam().why);
}

TEST(Check, CallsANonceANonce) {
  const EvidenceMaker maker;
  const Statements statements = decode_statements(maker.make()).value();
  EXPECT_TRUE(check_statements(statements, maker.extra_data, Errc::nonce_mismatch));
  test::expect_refused(check_statements(statements, Bytes(32), Errc::nonce_mismatch), Errc::nonce_mismatch,
                       "made for another challenge");
}

TEST(Check, DoesNotNeedTheValuesBesideTheQuote) {
  EvidenceMaker maker;
  maker.sends_pcrs = false;
  EXPECT_TRUE(check_all(maker, maker));
}

TEST(Check, TakesAQuoteAtTheTimeOfTheCertify) {
  EvidenceMaker maker;
  maker.quote_clock = maker.certify_clock;
  EXPECT_TRUE(check_all(maker, maker));
}

TEST(CoveredPcrs, CountsStrongBanksWithoutTheResettable) {
  QuoteInfo info;
  info.selections = {{.hash = kAlgSha1, .pcrs = {7}}, {.hash = kAlgSha384, .pcrs = {0, 16, 17, 23, 31}}};
  EXPECT_EQ(covered_pcrs(info), 1U << 0 | 1U << 17 | 1U << 31);
}

// The composite of docs/formats/evidence-tpm.md: SHA-256 over 96 zero octets.
TEST(CompositeDigest, IsTheHashOfTheValues) {
  const PcrValues zeros = {{kAlgSha256, {{0, Bytes(32)}, {1, Bytes(32)}, {2, Bytes(32)}}}};
  const std::vector<PcrSelection> selections = {{.hash = kAlgSha256, .pcrs = {0, 1, 2}}};
  const auto digest = composite_digest(crypto::HashAlgorithm::sha256, selections, zeros).value();
  EXPECT_EQ(digest, crypto::digest(crypto::HashAlgorithm::sha256, Bytes(96)).value());
}

// Octets that move from one PCR to its neighbour leave the composite as it is.
TEST(CompositeDigest, RefusesAValueOfAnotherSizeThanItsBanks) {
  struct Bank {
    std::uint16_t alg;
    std::size_t octets;
  };
  for (const auto [alg, octets] : {Bank{0x0004, 20}, Bank{0x000b, 32}, Bank{0x000c, 48}, Bank{0x000d, 64},
                                   Bank{0x0012, 32}, Bank{0x0027, 32}, Bank{0x0028, 48}, Bank{0x0029, 64}}) {
    const std::vector<PcrSelection> selections = {{.hash = alg, .pcrs = {0, 1}}};
    const auto digest_of = [&](std::size_t first, std::size_t second) {
      return composite_digest(crypto::HashAlgorithm::sha256, selections,
                              {{alg, {{0, Bytes(first)}, {1, Bytes(second)}}}});
    };
    EXPECT_TRUE(digest_of(octets, octets)) << alg;
    const auto moved = digest_of(octets - 1, octets + 1);
    ASSERT_FALSE(moved) << alg;
    EXPECT_EQ(moved.error().code, Errc::invalid_value);
    EXPECT_NE(moved.error().why.find(std::format("expected {} octets, got {}", octets, octets - 1)), std::string::npos);
  }
}

}  // namespace
}  // namespace credence::evidence::tpm
