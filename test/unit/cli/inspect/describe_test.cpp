#include "cli/inspect/describe.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "base/clock.h"
#include "crypto/certificate.h"
#include "crypto/key.h"
#include "support/refusal.h"

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
}

TEST(DescribeAttest, ShowsTheFirmwareVersionAsAppraiseDoes) {
  evidence::tpm::Attest attest;
  attest.firmware_version = 0x2024012500120000;
  const json::Object facts = describe_attest(attest);
  EXPECT_EQ(json::to_text(*facts.if_contains("firmwareVersion")), "2315977366801874944");
}

}  // namespace
}  // namespace credence::cli
