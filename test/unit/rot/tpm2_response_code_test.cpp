// What a TPM's answer means to us.
#include "rot/tpm2/response_code.h"

#include <gtest/gtest.h>
#include <tss2/tss2_tpm2_types.h>

#include <ostream>

namespace credence::rot::tpm2 {
namespace {

struct Case {
  const char* name;
  TSS2_RC code;
  Errc expected;
};
void PrintTo(const Case& of, std::ostream* out) { *out << of.name; }

class Tpm2ResponseCode : public ::testing::TestWithParam<Case> {};

TEST_P(Tpm2ResponseCode, HasAMeaning) {
  const auto result = check(GetParam().code, "TPM2_Sign");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, GetParam().expected) << result.error().text();
  EXPECT_TRUE(result.error().why.starts_with("TPM2_Sign failed: "));
}

INSTANTIATE_TEST_SUITE_P(
    Codes, Tpm2ResponseCode,
    ::testing::Values(Case{"lockout", TPM2_RC_LOCKOUT, Errc::device_locked},
                      Case{"lockout_by_the_resource_manager", TSS2_RESMGR_TPM_RC_LAYER | TPM2_RC_LOCKOUT,
                           Errc::device_locked},
                      Case{"authorization_of_session_1", TPM2_RC_AUTH_FAIL + TPM2_RC_S + TPM2_RC_1, Errc::unauthorized},
                      Case{"policy_of_session_1", TPM2_RC_POLICY_FAIL + TPM2_RC_S + TPM2_RC_1, Errc::pcr_mismatch},
                      Case{"connection", TSS2_TCTI_RC_IO_ERROR, Errc::device_missing},
                      Case{"anything_else", TPM2_RC_VALUE + TPM2_RC_P + TPM2_RC_2, Errc::device_failure}),
    [](const auto& parameter) { return parameter.param.name; });

TEST(Tpm2ResponseCodes, OnlySuccessIsSuccess) { EXPECT_TRUE(check(TSS2_RC_SUCCESS, "TPM2_Sign")); }

TEST(Tpm2ResponseCodes, TellResetAndFullSlots) {
  EXPECT_TRUE(is_reset(TPM2_RC_HANDLE + TPM2_RC_H + TPM2_RC_1));
  EXPECT_TRUE(is_reset(TPM2_RC_REFERENCE_H1));
  EXPECT_TRUE(is_reset(TPM2_RC_INITIALIZE));
  EXPECT_FALSE(is_reset(TPM2_RC_LOCKOUT));
  EXPECT_TRUE(is_out_of_slots(TPM2_RC_OBJECT_MEMORY));
  EXPECT_FALSE(is_out_of_slots(TSS2_TCTI_RC_IO_ERROR));
}

}  // namespace
}  // namespace credence::rot::tpm2
