#include "rot/software/attester.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "crypto/certificate.h"
#include "evidence/media_types.h"
#include "evidence/test_root.h"
#include "evidence/tpm/check.h"
#include "rot/software/test_root_key.h"

namespace credence::rot::software {
namespace {

namespace tpm = evidence::tpm;
using crypto::HashAlgorithm;

constexpr std::uint16_t kAes128GcmSha256 = 0x1301;
constexpr std::uint16_t kAes256GcmSha384 = 0x1302;

std::shared_ptr<SoftwareAttester> open(Options options = {}) {
  options.allow_insecure_test_root = true;
  return SoftwareAttester::open(std::move(options)).value();
}

crypto::Digest transcript(HashAlgorithm hash) {
  return crypto::digest(hash, as_bytes("ClientHello, ServerHello")).value();
}

Facts handshake(HashAlgorithm hash) {
  return HandshakeFacts{.cipher_suite = hash == HashAlgorithm::sha384 ? kAes256GcmSha384 : kAes128GcmSha256,
                        .transcript = {transcript(hash)},
                        .role = evidence::Role::client};
}

Result<Evidence> attest(SoftwareAttester& attester, const Facts& facts, const std::shared_ptr<TlsKey>& key,
                        std::vector<std::string> accept = {std::string(evidence::kSoftwareTest)}) {
  Result<Evidence> made = fail(Errc::internal, "the completion was not called");
  attester.attest(facts, key, std::move(accept), [&](Result<Evidence> result) { made = std::move(result); });
  return made;
}

tpm::Statements statements(SoftwareAttester& attester, const Facts& facts) {
  return tpm::decode_statements(attest(attester, facts, attester.tls_key()).value().value).value();
}

// protocol.md section 3, from the primitives and not from evidence/binding.
Bytes binder_by_hand(HashAlgorithm hash, ByteView spki) {
  const Bytes zeros(crypto::digest_size(hash), 0);
  const auto base = crypto::hkdf_expand_label(hash, zeros, "attestation base", transcript(hash).view()).value();
  const auto key = crypto::digest(hash, spki).value();
  return to_bytes(crypto::hkdf_expand_label(hash, base.view(), "attestation", key.view()).value().view());
}

TEST(SoftwareAttester, OpensOnlyWhenTheTestRootIsAllowedByName) {
  const auto refused = SoftwareAttester::open({});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::test_root_refused);
  EXPECT_THAT(refused.error().why, testing::HasSubstr("allow_insecure_test_root"));
  EXPECT_TRUE(SoftwareAttester::open({.allow_insecure_test_root = true}));
}

TEST(TestRoot, PublishedKeyAndCertificateBelongToTheConstant) {
  const auto key = crypto::PrivateKey::from_pem(as_bytes(kPublishedTestRootKey)).value();
  EXPECT_TRUE(equal(key.public_key().spki(), evidence::kTestRootSpki));
  EXPECT_TRUE(equal(crypto::Certificate::from_pem(kTestRootCertificate).value().spki(), evidence::kTestRootSpki));
}

class Suites : public testing::TestWithParam<HashAlgorithm> {};

TEST_P(Suites, HandshakeEvidencePassesEveryCheckThatNeedsNoPolicy) {
  const auto attester = open();
  const ByteView spki = attester->tls_key()->public_key().spki();
  const tpm::Statements made = statements(*attester, handshake(GetParam()));

  EXPECT_EQ(made.certify.extra_data, binder_by_hand(GetParam(), spki));
  EXPECT_EQ(made.quote.extra_data, binder_by_hand(GetParam(), spki));
  EXPECT_TRUE(equal(made.tls_key.spki, spki));
  EXPECT_TRUE(tpm::check_statements(made, binder_by_hand(GetParam(), spki), Errc::binder_mismatch));

  const tpm::KeyFacts& facts = attester->channel_key().facts();
  const tpm::Public area = tpm::decode_public(facts.public_area).value();
  EXPECT_TRUE(tpm::check_signatures(made, area.key().value()));
  EXPECT_TRUE(tpm::check_attestation_key(area));
  EXPECT_TRUE(tpm::check_signer(made, {area, facts.name, facts.qualified_name}));
  EXPECT_EQ(made.bundle.kat.kid, to_bytes(facts.kid.view()));
}

TEST_P(Suites, SignaturesOfAnotherAttesterAreRefused) {
  const auto attester = open();
  const auto other = open();
  const tpm::Statements made = statements(*attester, handshake(GetParam()));
  const auto refused = tpm::check_signatures(made, other->channel_key().public_key());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::bad_signature);
}

INSTANTIATE_TEST_SUITE_P(Hashes, Suites, testing::Values(HashAlgorithm::sha256, HashAlgorithm::sha384),
                         [](const auto& tested) {
                           return tested.param == HashAlgorithm::sha256 ? "Sha256" : "Sha384";
                         });

TEST(SoftwareAttester, SessionEvidenceQuotesTheSessionBinder) {
  const auto attester = open();
  const Bytes exported(32, 0x5a);
  const tpm::Statements made = statements(
      *attester, SessionFacts{.cipher_suite = kAes256GcmSha384, .exported = exported, .role = evidence::Role::server});
  const auto binder =
      crypto::digest(HashAlgorithm::sha384, {attester->tls_key()->public_key().spki(), exported}).value();
  EXPECT_EQ(made.certify.extra_data, to_bytes(binder.view()));
}

TEST(SoftwareAttester, AChallengeIsHashedAndSignedByTheChallengeKey) {
  const auto attester = open();
  const Nonce nonce(Bytes(32, 0x17));
  const tpm::Statements made = statements(*attester, ChallengeFacts{nonce});
  EXPECT_EQ(made.quote.extra_data, to_bytes(evidence::challenge_digest(nonce).value().view()));
  EXPECT_TRUE(tpm::check_signatures(made, attester->challenge_key().public_key()));
  EXPECT_FALSE(tpm::check_signatures(made, attester->channel_key().public_key()));
  EXPECT_EQ(made.bundle.kat.kid, to_bytes(attester->challenge_key().facts().kid.view()));
}

TEST(SoftwareAttester, KeysOfOthersAreRefused) {
  const auto attester = open();
  const auto other = open();
  for (const std::shared_ptr<TlsKey>& key : {other->tls_key(), std::shared_ptr<TlsKey>()}) {
    const auto refused = attest(*attester, handshake(HashAlgorithm::sha256), key);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::external_key);
  }
  EXPECT_TRUE(attest(*attester, handshake(HashAlgorithm::sha256), attester->tls_key()));
}

TEST(SoftwareAttester, MakesOnlyWhatTheRelyingPartyTakes) {
  const auto attester = open();
  const auto refused =
      attest(*attester, handshake(HashAlgorithm::sha256), attester->tls_key(), {std::string(evidence::kParsecTpm)});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::no_common_scheme);
  const auto made = attest(*attester, handshake(HashAlgorithm::sha256), attester->tls_key(),
                           {std::string(evidence::kParsecTpm), "Application/VND.credence.software-test+cbor"});
  ASSERT_TRUE(made);
  EXPECT_EQ(made->media_type, evidence::kSoftwareTest);
}

TEST(SoftwareAttester, TheTranscriptMustBeOverTheHashOfTheSuite) {
  const auto attester = open();
  const HandshakeFacts mixed{.cipher_suite = kAes256GcmSha384,
                             .transcript = {transcript(HashAlgorithm::sha256)},
                             .role = evidence::Role::client};
  const auto refused = attest(*attester, mixed, attester->tls_key());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::invalid_value);
}

TEST(SoftwareAttester, QuotesTheGivenPcrs) {
  const tpm::PcrValues pcrs = {{tpm::kAlgSha256, {{0, Bytes(32, 1)}, {7, Bytes(32, 2)}, {23, Bytes(32, 3)}}}};
  const auto attester = open({.pcrs = pcrs, .reset_count = 7, .restart_count = 9});
  const tpm::Statements made = statements(*attester, handshake(HashAlgorithm::sha256));
  EXPECT_THAT(made.quoted().selections,
              testing::ElementsAre(tpm::PcrSelection{.hash = tpm::kAlgSha256, .pcrs = {0, 7, 23}}));
  const auto digest = tpm::composite_digest(HashAlgorithm::sha256, made.quoted().selections, pcrs).value();
  EXPECT_EQ(made.quoted().digest, to_bytes(digest.view()));
  EXPECT_EQ(made.bundle.ext->pcrs, pcrs);
  EXPECT_EQ(made.quote.clock.reset_count, 7U);
  EXPECT_EQ(made.quote.clock.restart_count, 9U);
}

TEST(SoftwareAttester, RefusesAPcrThatNoTpmHas) {
  const auto refused =
      SoftwareAttester::open({.allow_insecure_test_root = true, .pcrs = {{tpm::kAlgSha256, {{24, Bytes(32, 0)}}}}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::configuration);
}

TEST(SoftwareAttester, TheClockOfTheQuotesRuns) {
  const auto clock = std::make_shared<FixedClock>(Timestamp(std::chrono::seconds(1'800'000'000)));
  const auto attester = open({.clock = clock});
  EXPECT_EQ(statements(*attester, handshake(HashAlgorithm::sha256)).certify.clock.clock, 0U);
  clock->advance(std::chrono::milliseconds(1500));
  EXPECT_EQ(statements(*attester, handshake(HashAlgorithm::sha256)).certify.clock.clock, 1500U);
}

TEST(SoftwareAttester, TheAttestationKeyIsChainedToTheTestRoot) {
  const auto attester = open();
  const tpm::Extension ext = *statements(*attester, handshake(HashAlgorithm::sha256)).bundle.ext;
  ASSERT_EQ(ext.chain.size(), 2U);
  const auto leaf = crypto::Certificate::from_der(ext.chain[0]).value();
  const std::vector root = {crypto::Certificate::from_der(ext.chain[1]).value()};
  EXPECT_TRUE(equal(root[0].spki(), evidence::kTestRootSpki));
  EXPECT_TRUE(equal(leaf.spki(), attester->channel_key().public_key().spki()));
  EXPECT_TRUE(crypto::verify_chain(leaf, {}, root, leaf.not_before() + std::chrono::hours(1)));
  EXPECT_EQ(ext.attestation_key, attester->channel_key().facts().public_area);
  EXPECT_EQ(attester->channel_key().facts().maker, "Credence test root");
}

TEST(SoftwareTlsKey, SignsOverTheHashOfItsSchemeOnly) {
  for (const auto& [type, hash, other] :
       {std::tuple(crypto::KeyType::ec_p256, HashAlgorithm::sha256, HashAlgorithm::sha384),
        std::tuple(crypto::KeyType::ec_p384, HashAlgorithm::sha384, HashAlgorithm::sha256)}) {
    const auto attester = open({.tls_key_type = type});
    const auto key = attester->tls_key();
    EXPECT_TRUE(key->can_sign(hash));
    EXPECT_FALSE(key->can_sign(other));
    key->sign(transcript(hash), [&](Result<Bytes> signature) {
      const std::size_t field = crypto::digest_size(hash);
      const Bytes r_and_s = crypto::ecdsa_from_der(signature.value(), field).value();
      const ByteView both(r_and_s);
      EXPECT_TRUE(key->public_key().verify_ecdsa(transcript(hash), both.first(field), both.last(field)));
    });
    key->sign(transcript(other), [](Result<Bytes> signature) {
      ASSERT_FALSE(signature);
      EXPECT_EQ(signature.error().code, Errc::unsupported_algorithm);
    });
    EXPECT_TRUE(tpm::check_statements(statements(*attester, handshake(HashAlgorithm::sha256)),
                                      binder_by_hand(HashAlgorithm::sha256, key->public_key().spki()),
                                      Errc::binder_mismatch));
  }
}

TEST(SoftwareAttester, TakesALeakedKeyForTheAttackTests) {
  const auto leaked = crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value();
  EXPECT_EQ(open({.tls_key = leaked})->tls_key()->public_key(), leaked.public_key());
}

}  // namespace
}  // namespace credence::rot::software
