#include <gtest/gtest.h>

#include <ostream>

#include "crypto/certificate.h"
#include "evidence/tpm/structures.h"
#include "support/evidence_maker.h"
#include "support/refusal.h"
#include "support/vectors.h"

namespace credence::evidence::tpm {
namespace {

Bytes certify() { return test::EvidenceMaker{}.bundle().kat.cert_info; }
Bytes quote() { return test::EvidenceMaker{}.bundle().pat.attest_info; }

TEST(Attest, GivesTheCertify) {
  const test::EvidenceMaker maker;
  const Attest attest = decode_certify(maker.bundle().kat.cert_info).value();
  EXPECT_EQ(attest.qualified_signer, maker.qualified_signer);
  EXPECT_EQ(attest.extra_data, maker.extra_data);
  EXPECT_EQ(attest.clock.clock, 1000U);
  EXPECT_EQ(attest.clock.reset_count, 5U);
  EXPECT_EQ(attest.clock.restart_count, 1U);
  EXPECT_TRUE(attest.clock.safe);
  EXPECT_EQ(attest.firmware_version, 0x2024'0101'0001'0000U);
  EXPECT_EQ(std::get<CertifyInfo>(attest.info).name,
            test::make_name(test::make_public_area(maker.tls_key.public_key(), maker.tls_key_attributes)));
}

TEST(Attest, GivesTheQuote) {
  const QuoteInfo info = std::get<QuoteInfo>(decode_quote(quote()).value().info);
  ASSERT_EQ(info.selections.size(), 1U);
  EXPECT_EQ(info.selections[0], (PcrSelection{.hash = kAlgSha256, .pcrs = {0, 1, 2}}));
  EXPECT_EQ(info.digest.size(), 32U);
}

TEST(Attest, HasOneLength) {
  test::expect_exact_length(certify(), decode_certify);
  test::expect_exact_length(quote(), decode_quote);
}

TEST(Attest, KeepsCertifyAndQuoteApart) {
  test::expect_refused(decode_certify(quote()), Errc::unexpected_type, "expected 0x8017, got 0x8018");
  test::expect_refused(decode_quote(certify()), Errc::unexpected_type, "expected 0x8018, got 0x8017");
}

// Offsets in the quote of the maker: magic 0, type 4, qualifiedSigner 6 (2 + 34), extraData 42 (2 + 32), clockInfo 76
// (17), firmwareVersion 93 (8), count 101, hash 105, sizeofSelect 107, bitmap 108 (3), pcrDigest 111 (2 + 32).
struct Flip {
  std::string name;
  std::size_t offset = 0;
  std::uint8_t value = 0;
  Errc code{};
  std::string why;
};
void PrintTo(const Flip& flip, std::ostream* out) { *out << flip.name; }

class QuoteFlip : public testing::TestWithParam<Flip> {};
INSTANTIATE_TEST_SUITE_P(
    Refusals, QuoteFlip,
    testing::Values(Flip{"Magic", 0, 0xfe, Errc::invalid_value, "magic: expected 0xff544347, got 0xfe544347"},
                    Flip{"Type", 5, 0x14, Errc::unexpected_type, "got 0x8014"},
                    Flip{"QualifiedSignerTooLong", 7, 67, Errc::too_large, "qualifiedSigner"},
                    Flip{"ExtraDataTooLong", 43, 67, Errc::too_large, "extraData"},
                    Flip{"ClockSafe", 92, 2, Errc::invalid_value, "clockInfo.safe: expected 0 or 1, got 2"},
                    Flip{"TooManyBanks", 104, 17, Errc::too_large, "at most 16 banks, got 17"},
                    Flip{"SelectTooLong", 107, 5, Errc::too_large, "sizeofSelect"},
                    Flip{"DigestTooLong", 112, 65, Errc::too_large, "pcrDigest"}),
    [](const auto& example) { return example.param.name; });

TEST_P(QuoteFlip, IsRefused) {
  Bytes octets = quote();
  ASSERT_TRUE(decode_quote(octets));
  octets[GetParam().offset] = GetParam().value;
  test::expect_refused(decode_quote(octets), GetParam().code, GetParam().why);
}

TEST(Attest, RefusesABankThatIsSelectedTwice) {
  Bytes octets = quote();
  const Bytes bank(octets.begin() + 105, octets.begin() + 111);
  octets.insert(octets.begin() + 111, bank.begin(), bank.end());
  octets[104] = 2;
  test::expect_refused(decode_quote(octets), Errc::invalid_value, "bank 0x000b twice");
}

TEST(Attest, TakesTheLongestStrings) {
  test::EvidenceMaker maker;
  maker.qualified_signer = Bytes(66, 1);
  maker.extra_data = Bytes(66, 2);
  maker.certified_name = Bytes(66, 3);
  const Attest attest = decode_certify(maker.bundle().kat.cert_info).value();
  EXPECT_EQ(attest.qualified_signer, maker.qualified_signer);
  EXPECT_EQ(attest.extra_data, maker.extra_data);
  EXPECT_EQ(std::get<CertifyInfo>(attest.info).name, *maker.certified_name);
}

TEST(Attest, TakesTheLongestDigest) {
  Bytes octets = quote();
  octets.resize(111);  // up to pcrDigest
  append(octets, Bytes{0, 64});
  append(octets, Bytes(64, 4));
  EXPECT_EQ(std::get<QuoteInfo>(decode_quote(octets).value().info).digest, Bytes(64, 4));
}

// --- quotes that others' tools made ---

TEST(QuoteVectors, AreReadAndVerify) {
  CREDENCE_VECTORS_OR_SKIP(root);
  const auto folder = root / "tpm/extracted";
  const Bytes octets = test::read_file(folder / "cmc_tpm_validQuote.bin");
  const Attest attest = decode_quote(octets).value();
  EXPECT_EQ(attest.extra_data, test::read_file(folder / "cmc_tpm_validTpmNonce.bin"));
  EXPECT_NE(attest.extra_data, test::read_file(folder / "cmc_tpm_invalidTpmNonce.bin"));
  const auto key =
      crypto::Certificate::from_pem(test::read_text(folder / "cmc_tpm_validAk.pem")).value().public_key().value();
  const Signature good = decode_signature(test::read_file(folder / "cmc_tpm_validSignature.bin")).value();
  EXPECT_TRUE(verify(good, key, octets));
  const auto bad = decode_signature(test::read_file(folder / "cmc_tpm_invalidSignature.bin"));
  if (bad) test::expect_refused(verify(*bad, key, octets), Errc::bad_signature, "");

  const auto keylime = root / "tpm/keylime-keylime/test-data/files";
  const Bytes quoted = test::read_file(keylime / "quote.out");
  EXPECT_EQ(decode_quote(quoted).value().extra_data.size(), 20U);
  EXPECT_TRUE(verify(decode_signature(test::read_file(keylime / "quotesig.out")).value(),
                     crypto::PublicKey::from_pem(test::read_text(keylime / "akpub.pem")).value(), quoted));
  EXPECT_TRUE(decode_quote(test::read_file(root / "snp/confidential-attestation-rs/test_data/az_snp/tpm-quote.msg")));
}

}  // namespace
}  // namespace credence::evidence::tpm
