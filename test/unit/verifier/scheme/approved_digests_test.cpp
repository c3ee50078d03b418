// Digests of reference values: what people are told of them, how values are found, and how many are looked at.
#include "verifier/scheme/approved_digests.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <vector>

#include "base/text.h"
#include "crypto/hash.h"

namespace credence::verifier {
namespace {

rats::CorimDigest sha256(std::uint8_t octet) { return {.algorithm = std::int64_t{1}, .value = Bytes(32, octet)}; }

Bytes value_at(std::size_t i) {
  return to_bytes(crypto::digest(crypto::HashAlgorithm::sha256, Bytes(i, 1)).value().view());
}

TEST(ApprovedDigests, SayWhatIsAmbiguous) {
  const rats::CorimDigest long_one{.algorithm = std::int64_t{7}, .value = Bytes(48, 0x33)};
  EXPECT_EQ(text_of(approve({sha256(1), long_one})),
            "sha-256 " + to_hex(Bytes(32, 1)) + " and sha-384 " + to_hex(long_one.value));
  EXPECT_TRUE(text_of(approve({sha256(1), {.algorithm = std::string("sha-256"), .value = Bytes(32, 1)}}))
                  .ends_with("(one algorithm twice: nothing matches)"));
  EXPECT_TRUE(text_of(approve({{.algorithm = std::int64_t{10}, .value = Bytes(32, 1)}})).starts_with("algorithm 10 "));
  EXPECT_EQ(text_of(approve({})), "");
}

TEST(ApprovedDigests, AreNamedFourAtMost) {
  std::vector<rats::CorimDigest> digests;
  for (std::int64_t algorithm = 100; algorithm < 104; ++algorithm)
    digests.push_back({.algorithm = algorithm, .value = Bytes(1, 1)});
  EXPECT_EQ(text_of(approve(digests)),
            "algorithm 100 01 and algorithm 101 01 and algorithm 102 01 and algorithm 103 01");
  digests.push_back(digests.front());
  digests.resize(100'000, digests.front());
  const ApprovedDigests very_many = approve(digests);
  EXPECT_TRUE(very_many.ambiguous);
  EXPECT_TRUE(text_of(very_many).ends_with("103 01 and 99996 more (one algorithm twice: nothing matches)"));
}

TEST(DigestIndex, FindsByTheOctetsInTheOrderOfPositions) {
  DigestIndex index;
  for (std::size_t i = 0; i < 1'000; ++i)
    index.add(approve({{.algorithm = std::int64_t{1}, .value = value_at(i % 500)}}), i);
  index.sort();
  for (std::size_t i = 0; i < 500; ++i) {
    std::vector<std::size_t> positions;
    for (const DigestIndex::Entry& entry : index.find(value_at(i))) positions.push_back(entry.position);
    EXPECT_EQ(positions, (std::vector{i, i + 500}));
  }
  EXPECT_TRUE(index.find(value_at(500)).empty());
  EXPECT_TRUE(DigestIndex().find(value_at(0)).empty());
}

TEST(DigestIndex, FindsAValueOnceThatStatesADigestOften) {
  DigestIndex index;
  index.add(approve(std::vector<rats::CorimDigest>(10'000, sha256(1))), 0);
  index.add(approve({sha256(1)}), 1);
  index.sort();
  EXPECT_EQ(index.find(Bytes(32, 1)).size(), 2U);
}

// A value for each entry.
struct Values {
  std::vector<std::size_t> list;
  DigestIndex index;

  void add(const Bytes& digest) {
    index.add(approve({{.algorithm = std::int64_t{1}, .value = digest}}), list.size());
    list.push_back(list.size());
  }
};

TEST(DigestCandidates, AreThoseWithTheDigestAndThenTheOthersEachOnce) {
  Values values;
  for (std::size_t i = 0; i < 6; ++i) values.add(Bytes(32, i % 3 == 2 ? 1 : 2));
  values.index.sort();
  Candidates<std::size_t> candidates;
  candidates.add(values.list, values.index, Bytes(32, 1));
  std::vector<std::size_t> order;
  for (const std::size_t* value : candidates.values) order.push_back(*value);
  EXPECT_EQ(order, (std::vector<std::size_t>{2, 5, 0, 1, 3, 4}));
  EXPECT_TRUE(candidates.all);
}

TEST(DigestCandidates, AreBoundedWhereverTheDigestStands) {
  constexpr std::size_t kMost = Candidates<std::size_t>::kMost;
  Values values;
  for (std::size_t i = 0; i < 5 * kMost; ++i) values.add(Bytes(32, 2));
  for (std::size_t i = 0; i < 5 * kMost; ++i) values.add(Bytes(32, 1));
  values.index.sort();
  Candidates<std::size_t> candidates;
  candidates.add(values.list, values.index, Bytes(32, 1));
  ASSERT_EQ(candidates.values.size(), 2 * kMost);
  EXPECT_EQ(*candidates.values.front(), 5 * kMost);
  EXPECT_EQ(*candidates.values.back(), kMost - 1);
  EXPECT_FALSE(candidates.all);
}

}  // namespace
}  // namespace credence::verifier
