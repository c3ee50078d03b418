// Which PCRs a device quotes: never a selection that every relying party refuses.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/tpm2_device.h"

namespace credence::rot::tpm2 {
namespace {

using crypto::KeyType;

struct Selection {
  std::string name;
  KeyType attestation_key{};
  evidence::tpm::PcrSelection pcrs;
  std::string why;  // of the refusal; empty when it is accepted
};
void PrintTo(const Selection& selection, std::ostream* out) { *out << selection.name; }

class Tpm2Selection : public ::testing::TestWithParam<Selection> {};

TEST_P(Tpm2Selection, IsQuotedOnlyWhenItCounts) {
  test::TpmUnderTest tpm(test::TpmKind::libtpms);
  tpm.options.attestation_key = GetParam().attestation_key;
  tpm.options.pcrs = GetParam().pcrs;
  const auto device = tpm.open();
  if (GetParam().why.empty()) {
    EXPECT_TRUE(device) << device.error().text();
    return;
  }
  ASSERT_FALSE(device);
  EXPECT_EQ(device.error().code, Errc::configuration);
  EXPECT_THAT(device.error().why, ::testing::HasSubstr(GetParam().why));
}

using namespace evidence::tpm;
INSTANTIATE_TEST_SUITE_P(
    Selections, Tpm2Selection,
    ::testing::Values(
        Selection{"P256", KeyType::ec_p256, {kAlgSha256, {0, 1}}, ""},
        Selection{"WithResettable", KeyType::ec_p256, {kAlgSha256, {0, 16, 23}}, ""},
        Selection{"P384", KeyType::ec_p384, {kAlgSha384, {0, 1}}, ""},
        Selection{"Rsa", KeyType::rsa, {kAlgSha256, {7}}, ""},
        Selection{"Empty", KeyType::ec_p256, {kAlgSha256, {}}, "a quote needs PCRs"},
        Selection{"TooHigh", KeyType::ec_p256, {kAlgSha256, {24}}, "PCRs from 0 to 23"},
        Selection{"OnlyResettable", KeyType::ec_p256, {kAlgSha256, {16, 23}}, "sha256:16,23 has no PCR that counts"},
        Selection{"Sha1", KeyType::ec_p256, {kAlgSha1, {0}}, "a bank of SHA-256 or better"},
        Selection{"P256OverSha384", KeyType::ec_p256, {kAlgSha384, {0}}, "expected a selection from that bank"},
        Selection{"P384OverSha256", KeyType::ec_p384, {kAlgSha256, {0}}, "got sha256:0"},
        Selection{"RsaOverSha512", KeyType::rsa, {kAlgSha512, {0}}, "expected a selection from that bank"}),
    [](const auto& parameter) { return parameter.param.name; });

}  // namespace
}  // namespace credence::rot::tpm2
