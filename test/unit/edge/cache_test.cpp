#include "edge/cache.h"

#include <gtest/gtest.h>

#include "../verifier/fixture.h"

namespace credence::edge {
namespace {

using test::kNow;

Kept kept(std::size_t size, Timestamp until = kNow + Seconds(60)) {
  rats::Coserv message;
  message.query = deny_list_question("tag:github.com/parallaxsecond,2023-03-03:tpm");
  message.results.expires = until;
  return {.answer = Answer::read(message, {}).value(), .received = kNow, .usable_until = until, .size = size};
}

bool holds(const Cache& cache, std::uint8_t query, Timestamp now = kNow) {
  return !cache.find({}, Bytes{query}, now).value().empty();
}

TEST(Cache, FindsWhatIsUsableOnly) {
  Cache cache({.entries = 4, .octets = 100});
  cache.put(Bytes{1}, kept(10), kNow);
  EXPECT_TRUE(holds(cache, 1));
  EXPECT_FALSE(holds(cache, 2));
  EXPECT_TRUE(holds(cache, 1, kNow + Seconds(59)));
  EXPECT_FALSE(holds(cache, 1, kNow + Seconds(60)));
  EXPECT_FALSE(holds(cache, 1, kNow - Seconds(1)));
  EXPECT_EQ(cache.last_known(Bytes{1}), kNow + Seconds(60));
  EXPECT_FALSE(cache.last_known(Bytes{2}));
}

TEST(Cache, ForgetsWhatWasUsedLongestAgo) {
  Cache cache({.entries = 2, .octets = 100});
  cache.put(Bytes{1}, kept(10), kNow);
  cache.put(Bytes{2}, kept(10), kNow);
  EXPECT_TRUE(holds(cache, 1));
  cache.put(Bytes{3}, kept(10), kNow);
  EXPECT_TRUE(holds(cache, 1));
  EXPECT_FALSE(holds(cache, 2));
  EXPECT_EQ(cache.entries(), 2U);
}

TEST(Cache, HoldsSoManyOctetsOnly) {
  Cache cache({.entries = 10, .octets = 100});
  cache.put(Bytes{1}, kept(60), kNow);
  cache.put(Bytes{2}, kept(40), kNow);
  EXPECT_EQ(cache.octets(), 100U);
  cache.put(Bytes{3}, kept(1), kNow);
  EXPECT_FALSE(holds(cache, 1));
  EXPECT_EQ(cache.octets(), 41U);
  cache.put(Bytes{2}, kept(101), kNow);  // takes the place of the other one, and finds none itself
  EXPECT_FALSE(holds(cache, 2));
  EXPECT_EQ(cache.octets(), 1U);
}

TEST(Cache, GivesRoomOfWhatHasExpiredFirst) {
  Cache cache({.entries = 2, .octets = 100});
  cache.put(Bytes{1}, kept(10), kNow);
  cache.put(Bytes{2}, kept(10, kNow + Seconds(1)), kNow);
  EXPECT_TRUE(holds(cache, 2));
  cache.put(Bytes{3}, kept(10), kNow + Seconds(1));
  EXPECT_TRUE(holds(cache, 1));
  EXPECT_TRUE(holds(cache, 3));
}

}  // namespace
}  // namespace credence::edge
