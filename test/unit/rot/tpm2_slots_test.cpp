// A key that was loaded and then fails is neither kept nor pointed to.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <tss2/tss2_tctildr.h>

#include <format>

#include "support/tcti_proxy.h"
#include "support/tpm2_device.h"

namespace credence::rot::tpm2 {
namespace {

constexpr TPM2_RC kContextGap = TPM2_RC_CONTEXT_GAP;  // 0x901

class Tpm2SlotsWithoutContexts : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!test::Swtpm::available()) GTEST_SKIP() << "swtpm is not installed";
    tpm.emplace(test::TpmKind::swtpm);
    ASSERT_EQ(Tss2_TctiLdr_Initialize(tpm->swtpm().tcti().c_str(), &real), TSS2_RC_SUCCESS);
    tcti.emplace(real, TPM2_CC_ContextSave);
    tpm->options.transport = tcti->get();
  }
  ~Tpm2SlotsWithoutContexts() override { Tss2_TctiLdr_Finalize(&real); }

  static void expect_refused(const Error& error) {
    EXPECT_EQ(error.code, Errc::device_failure);
    EXPECT_THAT(error.why, ::testing::HasSubstr("TPM2_ContextSave failed"));
  }

  TSS2_TCTI_CONTEXT* real = nullptr;
  std::optional<test::TpmUnderTest> tpm;
  std::optional<test::RefusingTcti> tcti;
};

// Without a pointer to the key that failed: closing the device flushes what is loaded.
TEST_F(Tpm2SlotsWithoutContexts, RefusesToOpen) {
  tcti->code = kContextGap;
  const auto refused = tpm->open();
  ASSERT_FALSE(refused);
  expect_refused(refused.error());
  tcti->code.reset();
  const auto device = tpm->open();
  ASSERT_TRUE(device) << device.error().text();
}

// More often than there are slots: none may stay taken.
TEST_F(Tpm2SlotsWithoutContexts, GivesTheSlotOfAFailedKeyBack) {
  const auto device = tpm->open();
  ASSERT_TRUE(device) << device.error().text();
  tcti->code = kContextGap;
  for (int i = 0; i < 5; ++i) {
    const auto refused = (*device)->named_tls_key(std::format("key-{}", i));
    ASSERT_FALSE(refused);
    expect_refused(refused.error());
  }
  tcti->code.reset();
  const auto key = (*device)->named_tls_key("key-0");
  ASSERT_TRUE(key) << key.error().text();
  const auto message = *crypto::digest(crypto::HashAlgorithm::sha256, as_bytes("message"));
  for (const auto& one : {*key, (*device)->tls_key()}) {
    const auto signature = test::sign(*one, message);
    EXPECT_TRUE(signature) << signature.error().text();
  }
}

}  // namespace
}  // namespace credence::rot::tpm2
