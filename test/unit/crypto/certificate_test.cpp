#include "crypto/certificate.h"

#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <chrono>
#include <string>

#include "crypto/openssl/native.h"
#include "support/vectors.h"

namespace credence::crypto {
namespace {

using namespace std::chrono_literals;

constexpr Timestamp kWithin = std::chrono::sys_days(2026y / 6 / 1);

Certificate load(const std::string& name) {
  const auto folder = std::filesystem::path(CREDENCE_SOURCE_DIR) / "test/unit/crypto/data";
  return Certificate::from_pem(test::read_text(folder / (name + ".pem"))).value();
}

struct Chain {
  std::string name;
  std::string leaf;
  std::vector<std::string> intermediates;
  std::vector<std::string> anchors;
  Timestamp at = kWithin;
  std::optional<Errc> refusal = std::nullopt;
  std::string why = "";
};
void PrintTo(const Chain& chain, std::ostream* out) { *out << chain.name; }

class VerifyChain : public testing::TestWithParam<Chain> {};

std::vector<Certificate> load_all(const std::vector<std::string>& names) {
  std::vector<Certificate> certificates;
  for (const std::string& name : names) certificates.push_back(load(name));
  return certificates;
}

TEST_P(VerifyChain, DecidesAsExpected) {
  const Chain& chain = GetParam();
  const auto result = verify_chain(load(chain.leaf), load_all(chain.intermediates), load_all(chain.anchors), chain.at);
  EXPECT_EQ(ERR_peek_error(), 0U);
  if (!chain.refusal) {
    EXPECT_TRUE(result) << result.error().text();
    return;
  }
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, *chain.refusal) << result.error().text();
  EXPECT_NE(result.error().why.find(chain.why), std::string::npos) << result.error().why;
}

const Chain kChains[] = {
    {"Good", "leaf", {"intermediate"}, {"root"}},
    {"OrderAndExtraCertificatesDoNotMatter", "leaf", {"not_ca", "root", "intermediate"}, {"other_root", "root"}},
    {"LeafWithoutKeyUsage", "leaf_without_usage", {"intermediate"}, {"root"}},
    {"IntermediateAsAnchor", "leaf", {}, {"intermediate"}},
    {"LeafItselfAsAnchor", "leaf", {}, {"leaf"}},
    {"NoAnchors", "leaf", {"intermediate"}, {}, kWithin, Errc::configuration, "trust anchor"},
    {"MissingIntermediate", "leaf", {}, {"root"}, kWithin, Errc::untrusted_chain, "unable to get local issuer"},
    {"OtherRootOfTheSameName",
     "leaf",
     {"intermediate"},
     {"other_root"},
     kWithin,
     Errc::untrusted_chain,
     "unable to get local issuer"},
    {"RootOnlyAmongIntermediates", "leaf", {"intermediate", "root"}, {"other_root"}, kWithin, Errc::untrusted_chain},
    {"Expired", "leaf_expired", {"intermediate"}, {"root"}, kWithin, Errc::expired, "expired"},
    {"ExpiredButNotThen", "leaf_expired", {"intermediate"}, {"root"}, std::chrono::sys_days(2026y / 1 / 15)},
    {"NotYetValid", "leaf", {"intermediate"}, {"root"}, std::chrono::sys_days(2025y / 12 / 31), Errc::expired},
    {"LeafForKeyAgreement",
     "leaf_for_key_agreement",
     {"intermediate"},
     {"root"},
     kWithin,
     Errc::untrusted_chain,
     "digitalSignature"},
    {"UnknownCriticalExtension",
     "leaf_critical_unknown",
     {"intermediate"},
     {"root"},
     kWithin,
     Errc::untrusted_chain,
     "critical"},
    {"IssuedByALeaf", "leaf_of_not_ca", {"not_ca"}, {"root"}, kWithin, Errc::untrusted_chain},
    {"IssuedWithoutKeyCertSign", "leaf_of_no_cert_sign", {"no_cert_sign"}, {"root"}, kWithin, Errc::untrusted_chain},
    {"AnchorWithoutKeyCertSign", "leaf_of_no_cert_sign", {}, {"no_cert_sign"}, kWithin, Errc::untrusted_chain},
    {"AnchorIsALeaf", "leaf_of_not_ca", {}, {"not_ca"}, kWithin, Errc::untrusted_chain},
    {"AnchorWithoutBasicConstraints",
     "leaf_of_no_constraints",
     {},
     {"no_constraints"},
     kWithin,
     Errc::untrusted_chain,
     "basicConstraints"},
    {"TooManyIntermediates",
     "leaf",
     std::vector<std::string>(17, "intermediate"),
     {"root"},
     kWithin,
     Errc::too_large,
     "16"}};

INSTANTIATE_TEST_SUITE_P(Certificates, VerifyChain, testing::ValuesIn(kChains),
                         [](const auto& tested) { return tested.param.name; });

TEST(Certificate, DerAndPem) {
  const Certificate leaf = load("leaf");
  const Certificate again = Certificate::from_der(leaf.der()).value();
  EXPECT_EQ(again.pem(), leaf.pem());
  EXPECT_TRUE(equal(again.spki(), leaf.public_key().value().spki()));
  EXPECT_EQ(leaf.subject(), "CN=leaf");
  EXPECT_EQ(leaf.not_before(), Timestamp(std::chrono::sys_days(2026y / 1 / 1)));
  EXPECT_EQ(leaf.not_after(), Timestamp(std::chrono::sys_days(2036y / 1 / 1)));
  EXPECT_TRUE(equal(certificate_from(native(leaf)).value().der(), leaf.der()));
  EXPECT_EQ(certificates_from_pem(leaf.pem() + "\n" + load("root").pem()).value().size(), 2U);
}

TEST(Certificate, RefusesWhatIsNotExactlyOne) {
  const Bytes good = to_bytes(load("leaf").der());
  ASSERT_TRUE(Certificate::from_der(good));
  Bytes trailing = good;
  trailing.push_back(0);
  const auto with_trailing = Certificate::from_der(trailing);
  ASSERT_FALSE(with_trailing);
  EXPECT_EQ(with_trailing.error().code, Errc::trailing_bytes);
  EXPECT_EQ(with_trailing.error().offset, good.size());
  EXPECT_EQ(Certificate::from_der({}).error().code, Errc::malformed);
  EXPECT_EQ(Certificate::from_der(ByteView(good).first(good.size() - 1)).error().code, Errc::malformed);
  EXPECT_EQ(Certificate::from_der(Bytes(70'000, 0x30)).error().code, Errc::too_large);
  // The same certificate with an indefinite outer length: BER, not DER.
  ASSERT_EQ(good[1], 0x82);
  Bytes indefinite{0x30, 0x80};
  append(indefinite, ByteView(good).subspan(4));
  append(indefinite, Bytes{0, 0});
  EXPECT_EQ(Certificate::from_der(indefinite).error().code, Errc::not_deterministic);
  EXPECT_EQ(certificates_from_pem("no certificate here").error().code, Errc::malformed);
  EXPECT_EQ(ERR_peek_error(), 0U);
}

class SelfSign : public testing::TestWithParam<KeyType> {};

TEST_P(SelfSign, MakesALeafThatVerifiesAsItsOwnAnchor) {
  const PrivateKey key = PrivateKey::generate(GetParam()).value();
  const SelfSigned fields{.common_name = "device",
                          .dns_names = {"device.example", "192.0.2.1", "2001:db8::1"},
                          .not_before = kWithin - 1h,
                          .not_after = kWithin + 24h};
  const auto made = self_sign(key, fields);
  ASSERT_TRUE(made) << made.error().text();
  EXPECT_EQ(made->subject(), "CN=device");
  EXPECT_EQ(made->not_before(), fields.not_before);
  EXPECT_EQ(made->not_after(), fields.not_after);
  EXPECT_EQ(made->public_key().value(), key.public_key());
  const Certificate anchors[] = {*made};
  EXPECT_TRUE(verify_chain(*made, {}, anchors, kWithin));
  EXPECT_EQ(verify_chain(*made, {}, anchors, kWithin + 48h).error().code, Errc::expired);
  EXPECT_EQ(X509_verify(native(*made), native(key.public_key())), 1);
  EXPECT_EQ(X509_check_host(native(*made), "device.example", 0, 0, nullptr), 1);
  EXPECT_EQ(X509_check_host(native(*made), "other.example", 0, 0, nullptr), 0);
  EXPECT_EQ(X509_check_ip_asc(native(*made), "192.0.2.1", 0), 1);
  EXPECT_EQ(X509_check_ip_asc(native(*made), "2001:db8::1", 0), 1);
  EXPECT_EQ(X509_check_ca(native(*made)), 0);
}

INSTANTIATE_TEST_SUITE_P(Certificates, SelfSign, testing::Values(KeyType::ec_p256, KeyType::rsa, KeyType::ed25519),
                         [](const auto& tested) {
                           return tested.param == KeyType::ec_p256 ? "P256" : std::string(name(tested.param));
                         });

TEST(SelfSign, RefusesACommonNameThatX509CannotHold) {
  const PrivateKey key = PrivateKey::generate(KeyType::ec_p256).value();
  for (const std::string& name : {std::string(), std::string(65, 'a')}) {
    const auto made =
        self_sign(key, {.common_name = name, .dns_names = {}, .not_before = kWithin, .not_after = kWithin});
    EXPECT_EQ(made.error().code, Errc::invalid_value) << name;
  }
}

}  // namespace
}  // namespace credence::crypto
