#include "service/verifier/memory_sessions.h"

#include <gtest/gtest.h>

#include <set>

#include "crypto/random.h"
#include "support/refusal.h"
#include "support/set_clocks.h"

namespace credence::service {
namespace {

class SessionsTest : public testing::Test {
 protected:
  [[nodiscard]] MemorySessions make(SessionLimits limits = {}) const {
    return {limits, clock, crypto::system_random()};
  }
  [[nodiscard]] static Nonce nonce() { return Nonce(Bytes(32, 0x5a)); }
  static void spend(Sessions& sessions, std::string_view id, Bytes evidence, std::string result) {
    Session claimed = sessions.claim(id, "a/b", std::move(evidence)).value();
    ASSERT_TRUE(sessions.finish(claimed, std::move(result)));
  }

  std::shared_ptr<FixedClock> clock = std::make_shared<FixedClock>(Timestamp(std::chrono::seconds(1'000)));
};

TEST_F(SessionsTest, LeadFromWaitingToComplete) {
  MemorySessions sessions = make();
  const Session opened = sessions.open(nonce(), true, {}, {}).value();
  EXPECT_EQ(opened.status, SessionStatus::waiting);
  EXPECT_EQ(opened.expiry - opened.created, std::chrono::milliseconds(150'000));
  EXPECT_EQ(sessions.question(opened.id).value().nonce, nonce());
  Session claimed = sessions.claim(opened.id, "a/b", Bytes{1, 2}).value();
  EXPECT_EQ(claimed.status, SessionStatus::processing);
  EXPECT_EQ(*sessions.find(opened.id).value().evidence, (Bytes{1, 2}));
  ASSERT_TRUE(sessions.finish(claimed, "token"));
  EXPECT_EQ(claimed.status, SessionStatus::complete);
  EXPECT_EQ(claimed.result, "token");
  EXPECT_EQ(sessions.find(opened.id).value().status, SessionStatus::complete);
  EXPECT_EQ(sessions.find(opened.id).value().result, "token");
  EXPECT_TRUE(sessions.remove(opened.id));
  EXPECT_EQ(sessions.find(opened.id).error().code, Errc::not_found);
}

// Veraison takes evidence again and again for one nonce.
TEST_F(SessionsTest, TakeEvidenceOnce) {
  MemorySessions sessions = make();
  const std::string id = sessions.open(nonce(), true, {}, {}).value().id;
  Session claimed = sessions.claim(id, "a/b", Bytes{1}).value();
  EXPECT_EQ(sessions.claim(id, "a/b", Bytes{1}).error().code, Errc::conflict);
  ASSERT_TRUE(sessions.finish(claimed, std::nullopt));
  EXPECT_EQ(sessions.find(id).value().status, SessionStatus::failed);
  EXPECT_EQ(sessions.claim(id, "a/b", Bytes{1}).error().code, Errc::conflict);
}

TEST_F(SessionsTest, KeepTheOutcomeTheyHave) {
  MemorySessions sessions = make();
  const std::string id = sessions.open(nonce(), true, {}, {}).value().id;
  Session claimed = sessions.claim(id, "a/b", Bytes{1}).value();
  Session copy = claimed;
  ASSERT_TRUE(sessions.finish(claimed, "token"));
  test::expect_refused(sessions.finish(copy, "another"), Errc::conflict,
                       "this session has an outcome already, which stays");
  EXPECT_EQ(copy.status, SessionStatus::processing);
  EXPECT_EQ(sessions.find(id).value().result, "token");
}

// Attack A5: a random source that repeats itself lets a recorded answer be shown again.
TEST_F(SessionsTest, RefuseANonceOfTheVerifiersOwnThatCameBefore) {
  MemorySessions sessions = make();
  const std::string first = sessions.open(nonce(), true, {}, {}).value().id;
  ASSERT_TRUE(sessions.remove(first));
  const auto again = sessions.open(nonce(), true, {}, {});
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Errc::internal);
  EXPECT_EQ(again.error().why, "the random generator repeats itself: this nonce was made before");
  EXPECT_TRUE(sessions.open(Nonce(Bytes(32, 0x5b)), true, {}, {}));
  // A client that repeats its own nonce may retry: its result says so (VerificationApi).
  EXPECT_TRUE(sessions.open(nonce(), false, {}, {}));
}

TEST(RecentNonces, RememberTheLastOnes) {
  RecentNonces issued(2);
  EXPECT_TRUE(issued.add(Bytes{1}));
  EXPECT_TRUE(issued.add(Bytes{2}));
  EXPECT_FALSE(issued.add(Bytes{1}));
  EXPECT_TRUE(issued.add(Bytes{3}));  // 1 is forgotten
  EXPECT_TRUE(issued.add(Bytes{1}));
  EXPECT_FALSE(issued.add(Bytes{3}));
}

TEST_F(SessionsTest, HaveIdsThatNobodyGuesses) {
  MemorySessions sessions = make();
  std::set<std::string> ids;
  for (int i = 0; i < 100; ++i) ids.insert(sessions.open(nonce(), false, {}, {}).value().id);
  EXPECT_EQ(ids.size(), 100U);
  EXPECT_EQ(ids.begin()->size(), 32U);
  EXPECT_EQ(sessions.find("00000000000000000000000000000000").error().code, Errc::not_found);
  EXPECT_EQ(sessions.find("0000000000000000000000000000000").error().code, Errc::malformed);
  EXPECT_EQ(sessions.find("0000000000000000000000000000000G").error().code, Errc::malformed);
  EXPECT_EQ(sessions.remove("../../etc").error().code, Errc::malformed);
}

TEST_F(SessionsTest, ExpireToTheMillisecond) {
  MemorySessions sessions = make();
  const std::string id = sessions.open(nonce(), false, {}, {}).value().id;
  clock->advance(std::chrono::milliseconds(149'999));
  EXPECT_TRUE(sessions.find(id));
  clock->advance(std::chrono::milliseconds(1));
  EXPECT_EQ(sessions.claim(id, "a/b", Bytes{1}).error().code, Errc::not_found);
}

// Its nonce would be good for a day, and those that were opened after it could not be dropped before it.
TEST_F(SessionsTest, EndWithAClockThatWasAhead) {
  MemorySessions sessions = make();
  clock->advance(std::chrono::hours(24));
  const std::string ahead = sessions.open(nonce(), false, {}, {}).value().id;
  EXPECT_TRUE(sessions.find(ahead));
  clock->advance(-std::chrono::hours(24));
  const std::string right = sessions.open(nonce(), false, {}, {}).value().id;
  EXPECT_EQ(sessions.find(ahead).error().code, Errc::not_found);
  EXPECT_TRUE(sessions.find(right));
  clock->advance(std::chrono::milliseconds(150'000));
  EXPECT_EQ(sessions.count(), 0U);
}

// While evidence is refused for the clock (A22), its session is not lost.
TEST_F(SessionsTest, StayWhileTheClockIsNotBelieved) {
  test::SetClocks clocks(clock->now() + std::chrono::hours(24));
  MemorySessions sessions({}, clocks.guarded(), crypto::system_random());
  const std::string id = sessions.open(nonce(), false, {}, {}).value().id;
  clocks.step(-std::chrono::hours(1));
  EXPECT_TRUE(sessions.find(id));
  EXPECT_EQ(sessions.count(), 1U);
  clocks.step(std::chrono::hours(1));
  EXPECT_TRUE(sessions.claim(id, "a/b", Bytes{1}));
  clocks.pass(std::chrono::milliseconds(150'000));
  EXPECT_EQ(sessions.find(id).error().code, Errc::not_found);
}

TEST_F(SessionsTest, AreBoundedInNumber) {
  MemorySessions sessions = make({.sessions = 2});
  const std::string first = sessions.open(nonce(), false, {}, {}).value().id;
  const std::string second = sessions.open(nonce(), false, {}, {}).value().id;
  EXPECT_EQ(sessions.open(nonce(), false, {}, {}).error().code, Errc::busy);
  // A finished one makes room, a waiting one does not.
  spend(sessions, second, Bytes{1}, "token");
  ASSERT_TRUE(sessions.open(nonce(), false, {}, {}));
  EXPECT_EQ(sessions.find(second).error().code, Errc::not_found);
  EXPECT_TRUE(sessions.find(first));
  // So does time.
  clock->advance(std::chrono::milliseconds(150'000));
  EXPECT_TRUE(sessions.open(nonce(), false, {}, {}));
}

// Who opens sessions and never uses them is refused; nobody else is.
TEST_F(SessionsTest, AreBoundedForEachClient) {
  MemorySessions sessions = make({.sessions = 10, .of_one_client = 2});
  const std::string first = sessions.open(nonce(), false, "192.0.2.1", {}).value().id;
  const std::string second = sessions.open(nonce(), false, "192.0.2.1", {}).value().id;
  const auto refused = sessions.open(nonce(), false, "192.0.2.1", {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::busy);
  EXPECT_NE(refused.error().why.find("2 sessions of this client are open"), std::string::npos);
  EXPECT_TRUE(sessions.open(nonce(), false, "192.0.2.2", {}));
  // Its own finished one makes room, and so does one that it removes.
  spend(sessions, second, Bytes{1}, "token");
  const std::string third = sessions.open(nonce(), false, "192.0.2.1", {}).value().id;
  EXPECT_EQ(sessions.find(second).error().code, Errc::not_found);
  EXPECT_EQ(sessions.open(nonce(), false, "192.0.2.1", {}).error().code, Errc::busy);
  ASSERT_TRUE(sessions.remove(third));
  EXPECT_TRUE(sessions.open(nonce(), false, "192.0.2.1", {}));
  EXPECT_TRUE(sessions.find(first));
  clock->advance(std::chrono::milliseconds(150'000));
  EXPECT_TRUE(sessions.open(nonce(), false, "192.0.2.1", {}));
}

// While the table grows, and whatever goes from the middle of it.
TEST_F(SessionsTest, GoInTheOrderInWhichTheyFinished) {
  constexpr std::size_t kMost = 500;
  MemorySessions sessions = make({.sessions = kMost});
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < kMost; ++i) {
    ids.push_back(sessions.open(nonce(), false, i % 2 == 0 ? "192.0.2.1" : "192.0.2.2", {}).value().id);
    spend(sessions, ids.back(), Bytes{1}, "token");
  }
  ASSERT_TRUE(sessions.remove(ids[1]));
  ASSERT_TRUE(sessions.remove(ids[250]));
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(sessions.open(nonce(), false, "192.0.2.3", {}));
  EXPECT_EQ(sessions.count(), kMost);
  for (const std::size_t gone : {0, 1, 2, 250}) EXPECT_EQ(sessions.find(ids[gone]).error().code, Errc::not_found);
  for (const std::size_t kept : {3, 4, 249, 251, 499}) EXPECT_EQ(sessions.find(ids[kept]).value().result, "token");
  clock->advance(std::chrono::milliseconds(150'000));
  EXPECT_EQ(sessions.count(), 0U);
}

TEST_F(SessionsTest, AreBoundedInMemory) {
  MemorySessions sessions = make({.kept_octets = 100});
  std::vector<std::string> ids;
  for (int i = 0; i < 3; ++i) {
    ids.push_back(sessions.open(nonce(), false, {}, {}).value().id);
    spend(sessions, ids.back(), Bytes(40), std::string(20, 't'));
  }
  EXPECT_EQ(sessions.find(ids[0]).error().code, Errc::not_found);
  EXPECT_EQ(sessions.find(ids[1]).error().code, Errc::not_found);
  EXPECT_TRUE(sessions.find(ids[2]));
}

}  // namespace
}  // namespace credence::service
