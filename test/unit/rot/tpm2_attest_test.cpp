// Evidence of a real software TPM, decoded and checked as a verifier does.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "evidence/media_types.h"
#include "evidence/tpm/check.h"
#include "support/tpm2_device.h"

namespace credence::rot::tpm2 {
namespace {

using test::TpmKind;
using test::TpmUnderTest;

constexpr std::uint16_t kAes128GcmSha256 = 0x1301, kAes256GcmSha384 = 0x1302;

HandshakeFacts handshake_facts(std::uint16_t suite = kAes128GcmSha256) {
  const auto hash = *crypto::hash_of_cipher_suite(suite);
  return {.cipher_suite = suite,
          .transcript = {*crypto::digest(hash, as_bytes("ClientHello..ServerHello"))},
          .role = evidence::Role::client};
}

const std::vector<std::string> kChannel{std::string(evidence::kParsecTpm)};
const std::vector<std::string> kChallenge{std::string(evidence::kTpmChallenge)};

class Tpm2Attest : public ::testing::TestWithParam<std::tuple<TpmKind, crypto::KeyType>> {
 protected:
  void SetUp() override {
    const auto [kind, type] = GetParam();
    if (kind == TpmKind::swtpm && !test::Swtpm::available()) GTEST_SKIP() << "swtpm is not installed";
    tpm.emplace(kind);
    tpm->options.attestation_key = type;
    tpm->options.pcrs.hash = evidence::tpm::alg_from_hash(bank());
    auto opened = tpm->open();
    ASSERT_TRUE(opened) << opened.error().text();
    device = *opened;
    auto read = test::await<Endorsement>([&](auto done) { device->read_endorsement(std::move(done)); });
    ASSERT_TRUE(read) << read.error().text();
    keys = read->attestation_keys;
  }

  // Every check of a verifier, against what was endorsed.
  void expect_good(const Evidence& evidence, ByteView extra_data, const evidence::tpm::KeyFacts& signer) {
    const auto statements = evidence::tpm::decode_statements(evidence.value);
    ASSERT_TRUE(statements) << statements.error().text();
    const auto area = evidence::tpm::decode_public(signer.public_area);
    ASSERT_TRUE(area);
    const auto checked = evidence::tpm::check_statements(*statements, extra_data, Errc::binder_mismatch);
    EXPECT_TRUE(checked) << checked.error().text();
    const auto signatures = evidence::tpm::check_signatures(*statements, area->key().value());
    EXPECT_TRUE(signatures) << signatures.error().text();
    const auto named = evidence::tpm::check_signer(*statements, {*area, signer.name, signer.qualified_name});
    EXPECT_TRUE(named) << named.error().text();
    EXPECT_TRUE(equal(statements->bundle.kat.kid, signer.kid.view()));
    EXPECT_EQ(statements->tls_key.key(), device->tls_key()->public_key());
    ASSERT_TRUE(statements->bundle.ext);
    EXPECT_EQ(statements->bundle.ext->attestation_key, signer.public_area);
    const auto composite = evidence::tpm::composite_digest(
        statements->quote_signature.hash, statements->quoted().selections, statements->bundle.ext->pcrs);
    ASSERT_TRUE(composite) << composite.error().text();
    EXPECT_TRUE(equal(composite->view(), statements->quoted().digest));
  }

  // The one that evidence of this attestation key quotes.
  static crypto::HashAlgorithm bank() {
    const bool p384 = std::get<1>(GetParam()) == crypto::KeyType::ec_p384;
    return p384 ? crypto::HashAlgorithm::sha384 : crypto::HashAlgorithm::sha256;
  }

  std::optional<TpmUnderTest> tpm;
  std::shared_ptr<Device> device;
  std::vector<evidence::tpm::KeyFacts> keys;
};

TEST_P(Tpm2Attest, BindsAHandshake) {
  for (const std::uint16_t suite : {kAes128GcmSha256, kAes256GcmSha384}) {
    const HandshakeFacts facts = handshake_facts(suite);
    const auto evidence = test::attest(*device, facts, device->tls_key(), kChannel);
    ASSERT_TRUE(evidence) << evidence.error().text();
    EXPECT_EQ(evidence->media_type, evidence::kParsecTpm);
    const auto binder =
        evidence::handshake_binder(facts.transcript, facts.role, device->tls_key()->public_key().spki());
    expect_good(*evidence, binder->view(), keys[0]);
  }
}

TEST_P(Tpm2Attest, BindsASession) {
  const SessionFacts facts{
      .cipher_suite = kAes128GcmSha256, .exported = Bytes(32, 0x42), .role = evidence::Role::server};
  const auto evidence = test::attest(*device, facts, device->tls_key(), kChannel);
  ASSERT_TRUE(evidence) << evidence.error().text();
  const auto binder =
      evidence::session_binder(crypto::HashAlgorithm::sha256, facts.exported, device->tls_key()->public_key().spki());
  expect_good(*evidence, binder->view(), keys[0]);
}

TEST_P(Tpm2Attest, AnswersAChallengeWithTheOtherKey) {
  const ChallengeFacts facts{.nonce = Nonce(Bytes(16, 0x17))};
  const auto evidence = test::attest(*device, facts, device->tls_key(), kChallenge);
  ASSERT_TRUE(evidence) << evidence.error().text();
  EXPECT_EQ(evidence->media_type, evidence::kTpmChallenge);
  expect_good(*evidence, evidence::challenge_digest(facts.nonce)->view(), keys[1]);
}

TEST_P(Tpm2Attest, StatesPcrsThatWereExtendedBetweenTwoQuotes) {
  const HandshakeFacts facts = handshake_facts();
  const auto binder = evidence::handshake_binder(facts.transcript, facts.role, device->tls_key()->public_key().spki());
  const auto before = test::attest(*device, facts, device->tls_key(), kChannel);
  ASSERT_TRUE(before);
  const auto measurement = *crypto::digest(bank(), as_bytes("another firmware"));
  ASSERT_TRUE(test::await<void>([&](auto done) { device->extend_pcr(2, measurement, std::move(done)); }));
  const auto after = test::attest(*device, facts, device->tls_key(), kChannel);
  ASSERT_TRUE(after) << after.error().text();
  expect_good(*after, binder->view(), keys[0]);
  EXPECT_NE(evidence::tpm::decode_statements(before->value)->bundle.ext->pcrs,
            evidence::tpm::decode_statements(after->value)->bundle.ext->pcrs);
}

TEST_P(Tpm2Attest, RefusesWhatTheRelyingPartyDoesNotTake) {
  const auto refused = test::attest(*device, handshake_facts(), device->tls_key(), kChallenge);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::no_common_scheme);
}

class ForeignKey final : public TlsKey {
 public:
  explicit ForeignKey(crypto::PublicKey key) : key_(std::move(key)) {}
  const crypto::PublicKey& public_key() const noexcept override { return key_; }
  bool can_sign(crypto::HashAlgorithm) const noexcept override { return false; }
  void sign(const crypto::Digest&, Completion<Bytes> done) override { done(fail(Errc::unsupported, "never")); }

 private:
  crypto::PublicKey key_;
};

// Even under the same public key: what counts is who holds it.
TEST_P(Tpm2Attest, RefusesAKeyOfAnotherOwner) {
  const auto foreign = std::make_shared<ForeignKey>(device->tls_key()->public_key());
  for (const std::shared_ptr<TlsKey>& key : {std::shared_ptr<TlsKey>(foreign), std::shared_ptr<TlsKey>()}) {
    const auto refused = test::attest(*device, handshake_facts(), key, kChannel);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::external_key);
  }
  EXPECT_TRUE(test::attest(*device, handshake_facts(), device->tls_key(), kChannel));
}

TEST_P(Tpm2Attest, RefusesATranscriptOfAnotherHashThanTheSuite) {
  HandshakeFacts facts = handshake_facts();
  facts.cipher_suite = kAes256GcmSha384;
  const auto refused = test::attest(*device, facts, device->tls_key(), kChannel);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::invalid_value);
}

INSTANTIATE_TEST_SUITE_P(Tpms, Tpm2Attest,
                         ::testing::Values(std::tuple(TpmKind::libtpms, crypto::KeyType::ec_p256),
                                           std::tuple(TpmKind::libtpms, crypto::KeyType::ec_p384),
                                           std::tuple(TpmKind::libtpms, crypto::KeyType::rsa),
                                           std::tuple(TpmKind::swtpm, crypto::KeyType::ec_p256)),
                         [](const auto& parameter) {
                           const bool libtpms = std::get<0>(parameter.param) == TpmKind::libtpms;
                           std::string name = libtpms ? "libtpms_" : "swtpm_";
                           for (const char character : crypto::name(std::get<1>(parameter.param))) {
                             if (std::isalnum(static_cast<unsigned char>(character)) != 0) name.push_back(character);
                           }
                           return name;
                         });

}  // namespace
}  // namespace credence::rot::tpm2
