// Evidence is decoded once for an appraisal, whoever looks at it afterwards: the scheme, a policy, a trace. (Veraison
// decodes it for each of the calls to its plugin, and passes claims on as JSON.)
#include <gtest/gtest.h>

#include <cstddef>
#include <functional>
#include <string>

#include "evidence/tpm/check.h"
#include "fixture.h"
#include "under_policy.h"

#ifdef __SANITIZE_ADDRESS__
// Of the sanitizers' allocator_interface.h, which GCC does not install.
extern "C" int __sanitizer_install_malloc_and_free_hooks(void (*)(const volatile void*, std::size_t),
                                                         void (*)(const volatile void*));
#endif

namespace credence::verifier {
namespace {

#ifdef __SANITIZE_ADDRESS__

// Decoding copies the log that comes along, so that each time is one allocation of at least its size.
constexpr std::size_t kLog = 512 << 10;

thread_local std::size_t large_allocations = 0;

void note_allocation(const volatile void*, std::size_t size) {
  if (size >= kLog) ++large_allocations;
}
void note_release(const volatile void*) {}

std::size_t large_allocations_of(const std::function<void()>& work) {
  static const int installed = __sanitizer_install_malloc_and_free_hooks(note_allocation, note_release);
  EXPECT_NE(installed, 0) << "the sanitizer takes no more hooks";
  large_allocations = 0;
  work();
  return large_allocations;
}

TEST(DecodeOnce, WhoeverLooksAtTheEvidence) {
  const test::EvidenceMaker maker;
  AppraisalRequest request = test::channel_request(maker);
  evidence::tpm::Bundle bundle = maker.bundle();
  bundle.ext->log = Bytes(kLog);
  request.evidence = evidence::tpm::encode_bundle(bundle);

  const std::size_t once =
      large_allocations_of([&] { EXPECT_TRUE(evidence::tpm::decode_statements(request.evidence)); });
  ASSERT_GT(once, 0U);

  const auto store = test::store_for(maker);
  const Engine alone = test::engine_over(store);
  const auto of_appraisal = [&](const Engine& engine) {
    return large_allocations_of([&] {
      const rats::Ear ear = engine.appraise(request).value();
      EXPECT_TRUE(ear.is_affirming()) << testing::PrintToString(ear.problems());
    });
  };
  EXPECT_EQ(of_appraisal(alone), once);
  request.trace = true;
  EXPECT_EQ(of_appraisal(alone), once);
  EXPECT_EQ(of_appraisal(test::engine_under("added_claims.kat = evidence.kat", "PARSEC_TPM", store)), once);
}

#else

TEST(DecodeOnce, WhoeverLooksAtTheEvidence) {
  GTEST_SKIP() << "allocations are counted in builds with AddressSanitizer only";
}

#endif

}  // namespace
}  // namespace credence::verifier
