// An appraisal with its trace, and how a trace names what was provisioned.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "crypto/certificate.h"
#include "crypto/hash.h"
#include "fixture.h"
#include "support/trace_steps.h"

namespace credence::test {

[[nodiscard]] inline rats::Ear appraise_traced(std::shared_ptr<const verifier::Store> store,
                                               verifier::AppraisalRequest request, Timestamp now = kNow,
                                               verifier::Policy policy = {}) {
  request.trace = true;
  return engine_over(std::move(store), std::move(policy), now).appraise(request).value();
}

// Of evidence for a verifier's own session.
[[nodiscard]] inline rats::Ear appraise_traced(std::shared_ptr<const verifier::Store> store,
                                               std::string_view media_type, Bytes evidence, const Bytes& nonce,
                                               Timestamp now = kNow) {
  return appraise_traced(
      std::move(store),
      {.media_type = std::string(media_type), .evidence = std::move(evidence), .challenge = Nonce(nonce)}, now);
}

[[nodiscard]] inline std::string sha256_of(ByteView octets) {
  return to_hex(crypto::digest(crypto::HashAlgorithm::sha256, octets).value().view());
}

// The store's id of what was provisioned with this id.
[[nodiscard]] inline std::string submission_of(std::string_view id) { return sha256_of(as_bytes(id)); }

// One root of this name, in the CoRIM with this id, from which a good chain hangs.
inline void expect_root_named(const rats::Ear& ear, std::string_view scheme, const std::string& name,
                              const crypto::Certificate& root, std::string_view corim) {
  ASSERT_TRUE(ear.is_affirming()) << testing::PrintToString(ear.problems());
  const TraceSteps steps = steps_beginning(ear, "signed under");
  ASSERT_EQ(steps.size(), 1U);
  EXPECT_THAT(steps[0].subject, testing::AllOf(testing::StartsWith("signed under root "), testing::HasSubstr(name)));
  EXPECT_EQ(steps[0].submodule, scheme);
  EXPECT_TRUE(steps[0].claim.empty());
  EXPECT_EQ(steps[0].expected, "sha-256 " + sha256_of(root.der()));
  EXPECT_EQ(steps[0].actual, "the chain holds");
  EXPECT_EQ(steps[0].source, corim);
  EXPECT_EQ(steps[0].submission, submission_of(corim));
  EXPECT_TRUE(steps[0].agrees);
}

// A chain that hangs from the root in both of these CoRIMs, by an intermediate that only `path` has.
inline void expect_intermediate_named(const rats::Ear& ear, const std::string& name, std::string_view corim,
                                      std::string_view path) {
  ASSERT_TRUE(ear.is_affirming()) << testing::PrintToString(ear.problems());
  const TraceSteps roots = steps_beginning(ear, "signed under root");
  ASSERT_EQ(roots.size(), 1U);
  EXPECT_EQ(roots[0].source, std::string(corim) + ", " + std::string(path));
  const TraceSteps intermediates = steps_beginning(ear, "signed under intermediate");
  ASSERT_EQ(intermediates.size(), 1U);
  EXPECT_THAT(intermediates[0].subject, testing::HasSubstr(name));
  EXPECT_EQ(intermediates[0].source, path);
  EXPECT_TRUE(intermediates[0].agrees);
}

inline void expect_root_expired(const rats::Ear& ear, std::string_view corim) {
  const TraceSteps steps = steps_beginning(ear, "signed under");
  ASSERT_EQ(steps.size(), 1U);
  EXPECT_THAT(steps[0].actual, testing::StartsWith("its endorsement expired at "));
  EXPECT_EQ(steps[0].source, corim);
  EXPECT_FALSE(steps[0].agrees);
}

inline void expect_root_missing(const rats::Ear& ear, std::string_view subject) {
  const TraceSteps steps = steps_beginning(ear, subject);
  ASSERT_EQ(steps.size(), 1U);
  EXPECT_TRUE(steps[0].expected.empty());
  EXPECT_FALSE(steps[0].agrees);
}

// A refusal that names four sets of reference values, the nearest first: "build N" of a CoRIM with that id, which
// expects `expected_of(N)`.
template <typename ExpectedOf>
void expect_builds_named(const TraceSteps& steps, const std::array<int, 4>& builds, const ExpectedOf& expected_of,
                         std::string_view actual) {
  ASSERT_EQ(steps.size(), builds.size());
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const std::string build = "build " + std::to_string(builds[i]);
    EXPECT_THAT(steps[i].expected, testing::HasSubstr(expected_of(builds[i])));
    EXPECT_EQ(steps[i].actual, actual);
    EXPECT_EQ(steps[i].source, build);
    EXPECT_EQ(steps[i].submission, submission_of(build));
    EXPECT_FALSE(steps[i].agrees);
  }
}

}  // namespace credence::test
