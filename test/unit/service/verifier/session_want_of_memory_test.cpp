// Sessions that lack memory: each step is done or not, and what is claimed can be ended without any.
#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "crypto/random.h"
#include "service/verifier/memory_sessions.h"
#include "service/verifier/sealed_sessions.h"
#include "shared_ledger.h"
#include "support/want_of_memory.h"

namespace credence::service {
namespace {

// Longer than what a string keeps in itself.
constexpr std::string_view kAddress = "2001:db8:0123:4567::/64", kType = "application/vnd.example.evidence";

std::shared_ptr<const Clock> clock_of_sessions() {
  return std::make_shared<FixedClock>(Timestamp(std::chrono::seconds(10'000)));
}

// One client may have one session: what is counted and not there would be the last.
MemorySessions sessions_of_memory() { return {{.of_one_client = 1}, clock_of_sessions(), crypto::system_random()}; }

SealedSessions sealed_sessions(const std::shared_ptr<test::SharedLedger>& ledger) {
  return SealedSessions(SealedSessions::Parts{.keys = SessionKeys::from_text(std::string(64, '7'), "default").value(),
                                              .ledger = ledger,
                                              .clock = clock_of_sessions(),
                                              .random = crypto::system_random(),
                                              .forget_after = std::chrono::milliseconds(0)});
}

Result<Session> open_one(Sessions& sessions, std::uint8_t octet) {
  return sessions.open(Nonce(Bytes(32, octet)), true, kAddress, {.audience = std::string(64, 'a')});
}

test::InWant<Result<Session>> claim_in_want(Sessions& sessions, const std::string& id, std::size_t number) {
  return test::in_want(number, [&, type = std::string(kType), evidence = Bytes(100, 7)]() mutable {
    return sessions.claim(id, std::move(type), std::move(evidence));
  });
}

test::InWant<Result<void>> finish_in_want(Sessions& sessions, Session& claimed, std::optional<std::string> result,
                                          std::size_t number) {
  return test::in_want(number, [&]() mutable { return sessions.finish(claimed, std::move(result)); });
}

// Without a result it takes none at all.
void expect_end_without_memory(Sessions& sessions, Session& claimed) {
  const auto ended = finish_in_want(sessions, claimed, std::nullopt, 0);
  ASSERT_TRUE(ended.answer);
  EXPECT_TRUE(*ended.answer);
  EXPECT_FALSE(ended.has_failed);
  EXPECT_EQ(claimed.status, SessionStatus::failed);
}

TEST(MemorySessionsInWantOfMemory, OpenWhollyOrNotAtAll) {
  const std::size_t failures = test::each_allocation([](std::size_t number) {
    MemorySessions sessions = sessions_of_memory();
    const auto opened = test::in_want(number, [&] { return open_one(sessions, 1); });
    EXPECT_EQ(sessions.count(), opened.answer ? 1U : 0U);
    if (opened.answer) {
      EXPECT_TRUE(*opened.answer);
    } else {
      EXPECT_TRUE(open_one(sessions, 2));
      EXPECT_FALSE(open_one(sessions, 3));
    }
    return opened.has_failed;
  });
  EXPECT_GT(failures, 5U);
}

TEST(MemorySessionsInWantOfMemory, ClaimWhollyOrNotAtAll) {
  const std::size_t failures = test::each_allocation([](std::size_t number) {
    MemorySessions sessions = sessions_of_memory();
    const std::string id = open_one(sessions, 1).value().id;
    auto claimed = claim_in_want(sessions, id, number);
    if (!claimed.answer) {
      const Session left = sessions.find(id).value();
      EXPECT_EQ(left.status, SessionStatus::waiting);
      EXPECT_EQ(left.evidence, nullptr);
      EXPECT_EQ(left.evidence_type, "");
      claimed.answer = sessions.claim(id, std::string(kType), Bytes(100, 7));
    }
    EXPECT_EQ(claimed.answer->value().evidence_type, kType);
    EXPECT_EQ(*claimed.answer->value().evidence, Bytes(100, 7));
    EXPECT_EQ(sessions.find(id)->status, SessionStatus::processing);
    EXPECT_TRUE(sessions.finish(claimed.answer->value(), "token"));
    EXPECT_EQ(sessions.find(id)->result, "token");
    return claimed.has_failed;
  });
  EXPECT_GT(failures, 3U);
}

TEST(MemorySessionsInWantOfMemory, FinishWhollyOrNotAtAll) {
  const std::string token(200, 't');
  const std::size_t failures = test::each_allocation([&](std::size_t number) {
    MemorySessions sessions = sessions_of_memory();
    const std::string id = open_one(sessions, 1).value().id;
    Session claimed = sessions.claim(id, std::string(kType), Bytes(100, 7)).value();
    const auto finished = finish_in_want(sessions, claimed, token, number);
    const Session left = sessions.find(id).value();
    EXPECT_EQ(left.status, claimed.status);
    if (finished.answer) {
      EXPECT_TRUE(*finished.answer);
      EXPECT_EQ(claimed.status, SessionStatus::complete);
      EXPECT_EQ(left.result, token);
      EXPECT_EQ(claimed.result, token);
    } else {
      EXPECT_EQ(claimed.status, SessionStatus::processing);
      EXPECT_EQ(left.result, "");
      expect_end_without_memory(sessions, claimed);
      EXPECT_EQ(sessions.find(id)->status, SessionStatus::failed);
    }
    // It has ended: its client may have another one in its place.
    EXPECT_TRUE(open_one(sessions, 2));
    EXPECT_EQ(sessions.count(), 1U);
    return finished.has_failed;
  });
  EXPECT_GT(failures, 0U);
}

TEST(SealedSessionsInWantOfMemory, ClaimWhollyOrNotAtAll) {
  const auto ledger = std::make_shared<test::SharedLedger>();
  SealedSessions sessions = sealed_sessions(ledger);
  std::uint8_t octet = 0;
  const std::size_t failures = test::each_allocation([&](std::size_t number) {
    const std::string id = sessions.open(Nonce(Bytes(32, ++octet)), false, kAddress, {}).value().id;
    auto claimed = claim_in_want(sessions, id, number);
    if (!claimed.answer) {
      EXPECT_EQ(sessions.count(), 0U);
      EXPECT_EQ(sessions.find(id)->status, SessionStatus::waiting);
      claimed.answer = sessions.claim(id, std::string(kType), Bytes(100, 7));
    }
    EXPECT_EQ(claimed.answer->value().evidence_type, kType);
    EXPECT_EQ(sessions.count(), 1U);
    expect_end_without_memory(sessions, claimed.answer->value());
    EXPECT_EQ(sessions.count(), 0U);
    return claimed.has_failed;
  });
  EXPECT_GT(failures, 5U);
}

TEST(SealedSessionsInWantOfMemory, LeaveNothingClaimedWhenTheyFinish) {
  const std::string token(200, 't');
  const auto ledger = std::make_shared<test::SharedLedger>();
  SealedSessions sessions = sealed_sessions(ledger);
  std::uint8_t octet = 0;
  const std::size_t failures = test::each_allocation([&](std::size_t number) {
    const std::string id = sessions.open(Nonce(Bytes(32, ++octet)), false, kAddress, {}).value().id;
    Session claimed = sessions.claim(id, std::string(kType), Bytes(100, 7)).value();
    const auto finished = finish_in_want(sessions, claimed, token, number);
    EXPECT_EQ(sessions.count(), 0U);
    if (finished.answer) {
      EXPECT_TRUE(*finished.answer);
      EXPECT_EQ(claimed.status, SessionStatus::complete);
    } else {
      EXPECT_EQ(claimed.status, SessionStatus::failed);
      EXPECT_EQ(claimed.result, "");
    }
    // Unless it was recorded, it is as if it had not been used.
    if (sessions.find(id)->status != SessionStatus::complete) {
      Session again = sessions.claim(id, std::string(kType), Bytes(100, 7)).value();
      EXPECT_TRUE(sessions.finish(again, token));
    }
    EXPECT_EQ(sessions.find(id)->result, token);
    return finished.has_failed;
  });
  EXPECT_GT(failures, 3U);
}

}  // namespace
}  // namespace credence::service
