#include "cli/inspect/describe.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/text.h"
#include "crypto/certificate.h"
#include "crypto/key.h"
#include "evidence/tpm/kind.h"
#include "support/cca_device.h"
#include "support/dice_device.h"
#include "support/enacttrust_node.h"
#include "support/refusal.h"
#include "support/snp_machine.h"

namespace credence::cli {
namespace {

std::string format_of(ByteView content) {
  const auto facts = describe(content);
  return facts ? std::string(json::required_text(*facts, "format").value()) : facts.error().text();
}

TEST(Describe, TakesKeysAndCertificatesInPemAndDer) {
  const auto key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value();
  const Timestamp now = system_clock()->now();
  const auto certificate =
      crypto::self_sign(
          key, {.common_name = "device", .dns_names = {}, .not_before = now, .not_after = now + std::chrono::hours(1)})
          .value();
  EXPECT_EQ(format_of(as_bytes(certificate.pem())), "X.509 certificate");
  EXPECT_EQ(format_of(certificate.der()), "X.509 certificate");
  EXPECT_EQ(describe(certificate.der()).value(), describe(as_bytes(certificate.pem())).value());
  EXPECT_EQ(format_of(as_bytes(key.public_key().pem())), "public key");
  EXPECT_EQ(format_of(key.public_key().spki()), "public key");
}

TEST(Describe, SaysOfUnknownTextThatItIsNothingThatIsKnown) {
  for (const std::string_view text : {R"({"a": 1})", "[1, 2]", "hello", "{"})
    test::expect_refused(describe(as_bytes(text)), Errc::unsupported, "it is none of these");
  EXPECT_EQ(format_of(as_bytes(R"(["text/plain", "aGk"])")), "CMW");
  for (const evidence::Kind* kind : evidence::kinds())
    test::expect_refused(describe(as_bytes("hello")), Errc::unsupported, kind->name);
}

TEST(Describe, ShowsSevSnpEvidenceInEachOfItsForms) {
  const test::SnpMachine machine;
  const Bytes report = machine.report(Bytes(64, 1));
  EXPECT_EQ(format_of(report), "SEV-SNP attestation report");
  EXPECT_EQ(format_of(machine.evidence(Bytes(64, 1))), "SEV-SNP evidence (report and certificates)");
  const std::string json = json::to_text(json::Object{
      {"outblob", to_base64url(report)}, {"auxblob", to_base64url(machine.table())}, {"provider", "sev_guest"}});
  const json::Object facts = describe(as_bytes(json)).value();
  EXPECT_EQ(facts.at("report").as_object().at("vmpl").to_number<int>(), 0);
  EXPECT_EQ(facts.at("certificates").as_object().at("VCEK").as_object().at("product").as_string(), "Milan");
  EXPECT_TRUE(facts.at("certificates").as_object().contains("ARK"));
}

TEST(Describe, ShowsDiceChainsInBothForms) {
  const test::DiceDevice device;
  const Bytes nonce(32, 1);
  const std::string format = "DICE evidence (certificate chain); no signature was checked";
  EXPECT_EQ(format_of(test::DiceDevice::pem(device.bare())), format);
  EXPECT_EQ(format_of(device.signed_nonce(nonce, device.bare())), format);
  const json::Object facts = describe(test::DiceDevice::pem(device.with_fresh_leaf(nonce))).value();
  EXPECT_EQ(facts.at("TcbFreshness of the leaf").as_string(), to_hex(nonce));
  EXPECT_EQ(facts.at("certificates").as_array().size(), 3U);
  // By these a layer is named where bundles are made.
  const json::Array& layers = facts.at("measurements").at("layers").as_array();
  ASSERT_EQ(layers.size(), 1U);
  EXPECT_EQ(layers[0].at("vendor").as_string(), device.vendor);
}

TEST(Describe, ShowsEvidenceOfTpms) {
  const test::EvidenceMaker maker;
  const json::Object bundle = describe(maker.make()).value();
  EXPECT_EQ(bundle.at("format").as_string(), "TPM evidence (kat and pat)");
  EXPECT_EQ(bundle.at("kat").at("certInfo").at("extraData").as_string(), to_hex(maker.extra_data));
  EXPECT_EQ(bundle.at("pat").at("sig").at("scheme").as_string(), "ECDSA");

  const test::EnacttrustNode node;
  const json::Object token = describe(node.token(Bytes(32, 1))).value();
  EXPECT_EQ(token.at("format").as_string(), "EnactTrust evidence (node and quote)");
  EXPECT_EQ(token.at("node").as_string(), node.node.text());
  EXPECT_EQ(token.at("quote").at("type").as_string(), "quote");
  EXPECT_EQ(describe(node.quote(Bytes(32, 1))).value().at("format").as_string(), "TPM structure");
}

TEST(DescribeAttest, ShowsTheFirmwareVersionAsAppraiseDoes) {
  evidence::tpm::Attest attest;
  attest.firmware_version = 0x2024012500120000;
  const json::Object facts = evidence::tpm::describe(attest);
  EXPECT_EQ(json::to_text(*facts.if_contains("firmwareVersion")), "2315977366801874944");
}

TEST(Describe, ShowsTokensOfPsaAndCca) {
  const Bytes nonce(32, 0x99);
  const auto psa = describe(test::PsaDevice().token(nonce)).value();
  EXPECT_EQ(psa.at("format").as_string(), "PSA token; its signature was not checked");
  EXPECT_EQ(psa.at("security lifecycle").as_string(), "secured");
  EXPECT_EQ(psa.at("nonce").as_string(), to_hex(nonce));
  EXPECT_EQ(psa.at("claims").at("psa-client-id").as_int64(), -7);

  test::CcaDevice device;
  const auto cca = describe(device.token(nonce)).value();
  EXPECT_EQ(cca.at("format").as_string(), "CCA token; its signatures were not checked");
  EXPECT_EQ(cca.at("realm").at("initial measurement").as_string(), to_hex(device.initial_measurement));
  EXPECT_EQ(cca.at("platform").at("instance").as_string(), to_hex(device.instance));
  device.cmw = true;
  EXPECT_EQ(describe(device.token(nonce)).value().at("format"), cca.at("format"));

  const auto bundle = describe(device.bundle(nonce, device.realm_key.public_key())).value();
  EXPECT_EQ(bundle.at("format").as_string(), "CCA evidence of a key (kat and pat); its signatures were not checked");
  EXPECT_EQ(bundle.at("kat").at("attested key").as_string(), to_hex(device.realm_key.public_key().spki()));
  EXPECT_TRUE(bundle.at("pat").as_object().contains("realm"));
}

}  // namespace
}  // namespace credence::cli
