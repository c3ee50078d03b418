// Digests of Arm's tokens against reference values.
#include "verifier/scheme/arm_platform/digest.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <ostream>
#include <string>
#include <vector>

#include "base/text.h"
#include "rats/corim/match/match.h"

namespace credence::verifier::arm {
namespace {

struct Named {
  std::string spelling;
  std::size_t octets = 0;
  std::string means;
};
void PrintTo(const Named& named, std::ostream* out) { *out << named.spelling << " of " << named.octets; }

class ArmDigestName : public testing::TestWithParam<Named> {};
INSTANTIATE_TEST_SUITE_P(Spellings, ArmDigestName,
                         testing::Values(
                             // As it should be, and as TF-M writes it.
                             Named{"sha-256", 32, "sha-256"}, Named{"sha-384", 48, "sha-384"},
                             Named{"sha-512", 64, "sha-512"}, Named{"SHA-256", 32, "sha-256"},
                             Named{"SHA256", 32, "sha-256"}, Named{"sha512", 64, "sha-512"},
                             Named{"TF-M_SHA256MemPreXIP", 32, "sha-256"},
                             // Not named: by the length.
                             Named{"", 32, "sha-256"}, Named{"", 48, "sha-384"}, Named{"", 64, "sha-512"},
                             // Named, and of another length: Veraison's realm.
                             Named{"sha-256", 64, "sha-512"},
                             // Another one of the same length is never taken for one that is known.
                             Named{"sha3-256", 32, "sha3-256"}, Named{"blake2s-256", 32, "blake2s-256"},
                             Named{"sha-512/256", 32, "sha-512/256"}, Named{"sha256d", 32, "sha256d"},
                             Named{"sha_256", 32, "sha_256"}, Named{"TF-M_SHA256", 32, "TF-M_SHA256"},
                             Named{"sh", 32, "sh"}));

TEST_P(ArmDigestName, IsReadAs) {
  const Bytes value(GetParam().octets, 0x11);
  const StatedDigest digest = digest_of(GetParam().spelling, value);
  EXPECT_EQ(digest.algorithm, GetParam().means);
  EXPECT_EQ(text_of(digest), GetParam().means + " " + to_hex(value));
  EXPECT_EQ(digest.hash, crypto::hash_from_name(GetParam().means));
}

TEST(ArmDigest, IsByTheAlgorithmOfTheComponentElseOfThePlatform) {
  evidence::psa::Claims claims;
  evidence::psa::SoftwareComponent component;
  component.value = Bytes(32, 0x11);
  EXPECT_EQ(digest_of(component, claims).algorithm, "sha-256");
  claims.hash_algorithm = "sha3-256";
  EXPECT_EQ(digest_of(component, claims).algorithm, "sha3-256");
  component.description = "";
  EXPECT_EQ(digest_of(component, claims).algorithm, "sha3-256");
  component.description = "blake2s-256";
  EXPECT_EQ(digest_of(component, claims).algorithm, "blake2s-256");
}

std::vector<rats::CorimDigest> pool() {
  const Bytes one(32, 0x11), other(32, 0x22), longer(48, 0x33);
  return {{.algorithm = std::int64_t{1}, .value = one},         {.algorithm = std::string("sha-256"), .value = one},
          {.algorithm = std::int64_t{1}, .value = other},       {.algorithm = std::int64_t{7}, .value = longer},
          {.algorithm = std::string("sha3-256"), .value = one}, {.algorithm = std::int64_t{10}, .value = one}};
}

// draft-ietf-rats-corim section 9.4.6.3, where the state has one digest.
TEST(ArmDigest, MatchesByTheRuleOfCorim) {
  const Bytes one(32, 0x11), other(32, 0x22), longer(48, 0x33);
  std::vector<StatedDigest> states;
  for (const std::string_view algorithm : {"sha-256", "sha3-256", ""})
    for (const Bytes* value : {&one, &other, &longer}) states.push_back(digest_of(algorithm, *value));
  std::size_t met = 0, refused = 0;
  const auto all = pool();
  for (unsigned chosen = 0; chosen < 1U << all.size(); ++chosen) {
    std::vector<rats::CorimDigest> condition;
    for (std::size_t i = 0; i < all.size(); ++i)
      if ((chosen >> i & 1) != 0) condition.push_back(all[i]);
    for (const StatedDigest& state : states) {
      const bool expected = rats::match::digests(condition, std::vector{corim_digest(state)});
      EXPECT_EQ(matches(approve(condition), state), expected) << text_of(approve(condition)) << ": " << text_of(state);
      ++(expected ? met : refused);
    }
  }
  EXPECT_GT(met, 20U);
  EXPECT_GT(refused, 20U);
}

}  // namespace
}  // namespace credence::verifier::arm
