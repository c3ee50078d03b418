#include "service/verifier/sealed_sessions.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "base/text.h"
#include "crypto/random.h"
#include "service/verifier/clock_watch.h"
#include "shared_ledger.h"
#include "support/refusal.h"
#include "support/set_clocks.h"

namespace credence::service {
namespace {

using std::chrono::milliseconds;

class SealedSessionsTest : public testing::Test {
 protected:
  [[nodiscard]] std::unique_ptr<SealedSessions> node(std::string_view keys = std::string(64, '7'),
                                                     std::string_view tenant = "default") const {
    return node_by(clock, keys, tenant);
  }
  [[nodiscard]] std::unique_ptr<SealedSessions> node_by(std::shared_ptr<const Clock> its_clock,
                                                        std::string_view keys = std::string(64, '7'),
                                                        std::string_view tenant = "default") const {
    return std::make_unique<SealedSessions>(SealedSessions::Parts{.keys = SessionKeys::from_text(keys, tenant).value(),
                                                                  .ledger = ledger,
                                                                  .clock = std::move(its_clock),
                                                                  .random = crypto::system_random(),
                                                                  .forget_after = forget_after,
                                                                  .monotonic = [this] { return elapsed; }});
  }
  [[nodiscard]] Session opened(Sessions& node, ResultRequest request = {}) {
    return node.open(Nonce(Bytes(32, ++nonces)), true, "192.0.2.1", std::move(request)).value();
  }
  // Spends one that was just opened. The node forgets what was old when this came before, too.
  std::string spent(Sessions& node) {
    const Session session = opened(node);
    Session claimed = node.claim(session.id, "a/b", Bytes{1}).value();
    EXPECT_TRUE(node.finish(claimed, "token"));
    return session.id;
  }

  milliseconds forget_after{0};  // by the time before
  std::chrono::steady_clock::time_point elapsed{};
  std::uint8_t nonces = 0;  // that were made
  std::shared_ptr<FixedClock> clock = std::make_shared<FixedClock>(Timestamp(std::chrono::seconds(10'000)));
  std::shared_ptr<test::SharedLedger> ledger = std::make_shared<test::SharedLedger>();
};

TEST_F(SealedSessionsTest, AreFinishedByAnotherNodeAndReadByAThird) {
  const auto first = node(), second = node(), third = node();
  ResultRequest request = result_request_from(http::parse_target("/?audience=you&form=reduced&nonceSize=32").value(),
                                              kDefaultResultLifetime)
                              .value();
  const Session session = opened(*first, std::move(request));
  EXPECT_LT(session.id.size(), 200U);
  EXPECT_TRUE(ledger->rows.empty()) << "a session that is opened costs the database nothing";

  const Sessions::Question question = second->question(session.id).value();
  EXPECT_EQ(question.nonce, session.nonce);
  EXPECT_TRUE(question.own_nonce);
  Session claimed = second->claim(session.id, "a/b", Bytes{1}).value();
  EXPECT_EQ(claimed.request.audience, "you");
  EXPECT_TRUE(claimed.request.reduced);
  EXPECT_EQ(claimed.created, session.created);
  EXPECT_EQ(second->find(session.id).value().status, SessionStatus::processing);
  EXPECT_EQ(third->find(session.id).value().status, SessionStatus::waiting);
  ASSERT_TRUE(second->finish(claimed, "token"));
  EXPECT_EQ(claimed.status, SessionStatus::complete);

  const Session read = third->find(session.id).value();
  EXPECT_EQ(read.status, SessionStatus::complete);
  EXPECT_EQ(read.result, "token");
  EXPECT_EQ(read.evidence_type, "a/b");
}

TEST_F(SealedSessionsTest, GiveOneVerdictHoweverManyNodesAppraise) {
  const Session session = opened(*node());
  std::vector<std::unique_ptr<SealedSessions>> nodes;
  for (int i = 0; i < 8; ++i) nodes.push_back(node());
  std::atomic<int> verdicts = 0, conflicts = 0;
  {
    std::vector<std::jthread> threads;
    for (auto& one : nodes)
      threads.emplace_back([&] {
        Session claimed = one->claim(session.id, "a/b", Bytes{1}).value();
        const auto finished = one->finish(claimed, "token");
        if (finished) ++verdicts;
        if (!finished && finished.error().code == Errc::conflict && claimed.result.empty()) ++conflicts;
      });
  }
  EXPECT_EQ(verdicts, 1);
  EXPECT_EQ(conflicts, 7);
}

TEST_F(SealedSessionsTest, AreAppraisedOnceAtATimeByOneNode) {
  const auto one = node();
  const Session session = opened(*one);
  Session claimed = one->claim(session.id, "a/b", Bytes{1}).value();
  EXPECT_EQ(one->claim(session.id, "a/b", Bytes{1}).error().code, Errc::conflict);
  // Nothing was decided: the client may try again, here or elsewhere.
  ASSERT_TRUE(one->finish(claimed, std::nullopt));
  EXPECT_EQ(claimed.status, SessionStatus::failed);
  EXPECT_TRUE(one->claim(session.id, "a/b", Bytes{1}));
}

TEST_F(SealedSessionsTest, GiveNoVerdictWithoutTheDatabase) {
  const auto one = node();
  const Session session = opened(*one);
  Session claimed = one->claim(session.id, "a/b", Bytes{1}).value();
  ledger->away = true;
  EXPECT_EQ(one->finish(claimed, "token").error().code, Errc::unavailable);
  EXPECT_EQ(claimed.result, "");
  EXPECT_EQ(one->find(session.id).error().code, Errc::unavailable);
  ledger->away = false;
  claimed = one->claim(session.id, "a/b", Bytes{1}).value();
  EXPECT_TRUE(one->finish(claimed, "token"));
}

TEST_F(SealedSessionsTest, AreGoneOnceDeletedAndStaySpent) {
  const auto one = node(), other = node();
  const Session used = opened(*one), unused = opened(*one);
  Session claimed = one->claim(used.id, "a/b", Bytes{1}).value();
  ASSERT_TRUE(one->finish(claimed, "token"));
  for (const Session& session : {used, unused}) {
    ASSERT_TRUE(other->remove(session.id));
    EXPECT_EQ(one->find(session.id).error().code, Errc::not_found);
    Session again = one->claim(session.id, "a/b", Bytes{1}).value();
    EXPECT_EQ(one->finish(again, "token").error().code, Errc::conflict);
  }
}

TEST_F(SealedSessionsTest, ExpireEverywhereAndAreForgottenLater) {
  const auto one = node();
  const Session session = opened(*one);
  Session claimed = one->claim(session.id, "a/b", Bytes{1}).value();
  ASSERT_TRUE(one->finish(claimed, "token"));
  clock->advance(milliseconds(149'999));
  EXPECT_TRUE(one->find(session.id));
  clock->advance(milliseconds(1));
  EXPECT_EQ(one->find(session.id).error().code, Errc::not_found);
  EXPECT_EQ(one->claim(session.id, "a/b", Bytes{1}).error().code, Errc::not_found);

  // A node whose clock is behind, or was set back soon after its start, must still find it spent.
  constexpr std::chrono::minutes kKept{17};
  clock->advance(kKept);
  for (int i = 0; i < 2; ++i) spent(*one);
  EXPECT_EQ(ledger->rows.size(), 3U);
  clock->advance(-kKept - milliseconds(1));
  Session again = one->claim(session.id, "a/b", Bytes{1}).value();
  test::expect_refused(one->finish(again, "token"), Errc::conflict, "this session has taken evidence already");
  clock->advance(kKept + milliseconds(2));
  for (int i = 0; i < 2; ++i) spent(*one);
  EXPECT_EQ(ledger->rows.size(), 4U) << "the first is forgotten";
}

// The worst case: a restart just before the time was to be noted again, and a clock that is set back at the last moment
// at which that is believed, to what was noted and then, within what is tolerated, behind it.
TEST_F(SealedSessionsTest, StaySpentWhenTheClockIsSetBackSoonAfterTheStart) {
  constexpr auto kLate = kTimeNotePeriod + std::chrono::seconds(1);  // looked at once a second
  const auto before = node();
  const std::string id = spent(*before);
  const Timestamp expiry = before->find(id).value().expiry;

  test::SetClocks clocks(expiry - milliseconds(1) + kClockTolerance + kLate);
  const auto guarded = clocks.just_begun();
  guarded->not_before(clocks.now() - kLate);
  const auto after = node_by(guarded);
  test::expect_refused(after->question(id), Errc::not_found, "no such session, or it has expired");
  clocks.pass(kClockSettling - milliseconds(1));
  for (int i = 0; i < 2; ++i) spent(*after);
  clocks.step(-kClockSettling + milliseconds(1) - kLate);
  ASSERT_TRUE(guarded->checked_now());
  clocks.step(-kClockTolerance);
  ASSERT_TRUE(guarded->checked_now());
  Session again = after->claim(id, "a/b", Bytes{1}).value();  // it has not expired, by this clock
  test::expect_refused(after->finish(again, "token"), Errc::conflict, "this session has taken evidence already");
  // No clock is believed that is farther behind.
  clocks.step(-milliseconds(1));
  test::expect_refused(guarded->checked_now(), Errc::clock_set_back, "300 s behind what it had told");
}

// By a clock that is hours ahead all of them have expired; it is believed when it is soon set back.
TEST_F(SealedSessionsTest, StaySpentWhenTheClockWasAhead) {
  constexpr std::chrono::hours kAhead{3};
  constexpr auto kBegun = SealedSessions::kForgetAfter - std::chrono::seconds(1);
  // How long ago something was forgotten, or the node began, when the clock jumps.
  for (const milliseconds before : {milliseconds(0), milliseconds(kBegun)}) {
    for (const milliseconds after : {milliseconds(SealedSessions::kForgetAfter), milliseconds(0)}) {
      forget_after = after;
      const auto one = node();
      elapsed += before;
      const std::string id = spent(*one);
      clock->advance(kAhead);
      for (int i = 0; i < 2; ++i, elapsed += std::chrono::seconds(1)) spent(*one);
      clock->advance(-kAhead);
      Session again = one->claim(id, "a/b", Bytes{1}).value();
      const auto finished = one->finish(again, "token");
      if (after > milliseconds(0)) {
        test::expect_refused(finished, Errc::conflict, "this session has taken evidence already");
      } else {
        EXPECT_TRUE(finished) << "what is kept is so for that time alone";
      }
    }
  }
}

// What a clock said that was ahead when the time began that something was forgotten by.
TEST_F(SealedSessionsTest, StaySpentWhenTheClockIsAheadAgain) {
  constexpr std::chrono::hours kAhead{3};
  forget_after = SealedSessions::kForgetAfter;
  clock->advance(kAhead);
  const auto one = node();
  clock->advance(-kAhead);
  const std::string id = spent(*one);
  clock->advance(kAhead);
  elapsed += SealedSessions::kForgetAfter;
  spent(*one);
  clock->advance(-kAhead);
  Session again = one->claim(id, "a/b", Bytes{1}).value();
  test::expect_refused(one->finish(again, "token"), Errc::conflict, "this session has taken evidence already");
}

TEST_F(SealedSessionsTest, AreForgottenByATimeThatWasToldForLong) {
  static_assert(SealedSessions::kForgetAfter >= kClockSettling + kTimeNotePeriod);
  forget_after = SealedSessions::kForgetAfter;
  const auto one = node();
  const auto pass = [this](milliseconds time) {
    elapsed += time;
    clock->advance(time);
  };
  spent(*one);
  pass(std::chrono::minutes(20));
  spent(*one);  // by the time at the start
  pass(SealedSessions::kForgetAfter - milliseconds(1));
  spent(*one);
  EXPECT_EQ(ledger->rows.size(), 3U);
  pass(milliseconds(1));
  spent(*one);  // by the time eleven minutes ago
  EXPECT_EQ(ledger->rows.size(), 3U) << "the first is forgotten";
}

TEST_F(SealedSessionsTest, AreForgottenAfterAClockThatWasFarAheadForAMoment) {
  const auto one = node();
  clock->advance(std::chrono::hours(24));
  spent(*one);
  clock->advance(-std::chrono::hours(24));
  ledger->rows.clear();
  spent(*one);
  clock->advance(std::chrono::minutes(20));
  for (int i = 0; i < 2; ++i) spent(*one);
  EXPECT_EQ(ledger->rows.size(), 2U) << "the one before is forgotten";
}

// Its expiry is days away, and so its nonce would be good for days.
TEST_F(SealedSessionsTest, AreNoneWhenOpenedByAClockThatWasFarAhead) {
  const auto one = node();
  clock->advance(std::chrono::minutes(5));
  const std::string near = opened(*one).id;
  clock->advance(milliseconds(1));
  const std::string far = opened(*one).id;
  clock->advance(-std::chrono::minutes(5) - milliseconds(1));
  EXPECT_TRUE(one->find(near));
  test::expect_refused(one->question(far), Errc::not_found, "no such session, or it has expired");
  test::expect_refused(one->claim(far, "a/b", Bytes{1}), Errc::not_found, "no such session, or it has expired");
}

TEST_F(SealedSessionsTest, HaveIdsThatNobodyMakes) {
  const auto one = node();
  const std::string id = opened(*one).id;
  EXPECT_NE(id, opened(*one).id);
  EXPECT_EQ(one->find("").error().code, Errc::not_found);
  EXPECT_EQ(one->find("not base64!").error().code, Errc::malformed);
  EXPECT_EQ(one->find(std::string(1'028, 'A')).error().code, Errc::malformed);
  EXPECT_EQ(one->find(to_base64url(Bytes(80))).error().code, Errc::not_found);
  Bytes changed = from_base64url(id).value();
  for (std::size_t at = 0; at < changed.size(); ++at) {
    changed[at] ^= 1;
    EXPECT_EQ(one->question(to_base64url(changed)).error().code, Errc::not_found) << at;
    changed[at] ^= 1;
  }
  EXPECT_EQ(node(std::string(64, '8'))->find(id).error().code, Errc::not_found);
  EXPECT_TRUE(node(std::string(64, '8') + "\n" + std::string(64, '7'))->find(id)) << "rotation";
}

TEST_F(SealedSessionsTest, AreOfOneTenant) {
  const std::string keys(64, '7');
  const auto own = node(keys, "acme"), foreign = node(keys, "default");
  const std::string id = opened(*own).id;
  EXPECT_EQ(foreign->find(id).error().code, Errc::not_found);
  EXPECT_EQ(foreign->question(id).error().code, Errc::not_found);
  EXPECT_EQ(foreign->claim(id, "a/b", Bytes{1}).error().code, Errc::not_found);
  EXPECT_EQ(foreign->remove(id).error().code, Errc::not_found);
  EXPECT_TRUE(own->find(id));
}

// Attack A5: a random source that repeats itself lets a recorded answer be shown again.
TEST_F(SealedSessionsTest, RefuseANonceOfTheNodesOwnThatCameBefore) {
  const auto one = node();
  ASSERT_TRUE(one->open(Nonce(Bytes(32, 0x5a)), true, {}, {}));
  const auto again = one->open(Nonce(Bytes(32, 0x5a)), true, {}, {});
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Errc::internal);
  EXPECT_EQ(again.error().why, "the random generator repeats itself: this nonce was made before");
  EXPECT_TRUE(one->open(Nonce(Bytes(32, 0x5a)), false, {}, {}));
}

TEST_F(SealedSessionsTest, CountWhatIsAppraisedHere) {
  const auto one = node();
  const Session session = opened(*one);
  EXPECT_EQ(one->count(), 0U) << "a session that nobody has used is remembered nowhere";
  Session claimed = one->claim(session.id, "a/b", Bytes{1}).value();
  EXPECT_EQ(one->count(), 1U);
  ASSERT_TRUE(one->finish(claimed, "token"));
  EXPECT_EQ(one->count(), 0U);
}

TEST_F(SealedSessionsTest, AreBoundedInLength) {
  const auto one = node();
  ResultRequest request;
  request.asked = {{"x", std::string(512, 'x')}};
  EXPECT_EQ(one->open(Nonce(Bytes(64)), true, {}, request).error().code, Errc::invalid_value);
  request.asked = {{"x", std::string(511, 'x')}};
  EXPECT_LT(one->open(Nonce(Bytes(64)), true, {}, request).value().id.size(), 1'024U);
}

}  // namespace
}  // namespace credence::service
