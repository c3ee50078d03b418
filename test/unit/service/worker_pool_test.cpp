#include "service/policy/worker_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <thread>

#include "service/policy/peer_names.h"
#include "support/refusal.h"

namespace credence::service {
namespace {

TEST(WorkerPool, RunsWorkElsewhere) {
  WorkerPool pool(2, 4);
  std::promise<std::thread::id> ran;
  WorkerPool::Work work = [&](bool cancelled) {
    EXPECT_FALSE(cancelled);
    ran.set_value(std::this_thread::get_id());
  };
  ASSERT_TRUE(pool.start(work));
  EXPECT_NE(ran.get_future().get(), std::this_thread::get_id());
}

TEST(WorkerPool, TakesNoMoreThanFits) {
  std::promise<void> go;
  const std::shared_future<void> gone = go.get_future().share();
  std::atomic<int> cancelled_work = 0;
  {
    WorkerPool pool(1, 1);
    std::promise<void> running;
    WorkerPool::Work first = [&](bool) {
      running.set_value();
      gone.wait();
    };
    ASSERT_TRUE(pool.start(first));
    running.get_future().wait();
    const auto count = [&](bool cancelled) { cancelled_work += cancelled ? 1 : 0; };
    WorkerPool::Work second = count, third = count;
    EXPECT_TRUE(pool.start(second));
    EXPECT_FALSE(pool.start(third));
    third(true);  // still the caller's
    go.set_value();
  }
  EXPECT_GE(cancelled_work, 1);
}

TEST(WorkerPool, MayBeEndedByItsOwnWork) {
  auto pool = std::make_shared<WorkerPool>(1, 1);
  std::promise<void> dropped;
  WorkerPool& reference = *pool;
  WorkerPool::Work work = [owner = pool, &dropped](bool) mutable {
    while (owner.use_count() > 1) std::this_thread::yield();
    owner.reset();
    dropped.set_value();
  };
  ASSERT_TRUE(reference.start(work));
  pool.reset();
  dropped.get_future().wait();
}

TEST(PeerNames, CollectInstances) {
  const std::vector<std::string> entries = {"web.example=0A0b,0c", "db.example=01", "web.example=0d"};
  EXPECT_EQ(peer_names(entries).value(),
            (json::Object{{"web.example", json::Array{"0a0b", "0c", "0d"}}, {"db.example", json::Array{"01"}}}));
  EXPECT_TRUE(peer_names({})->empty());
}

TEST(PeerNames, NameWhatIsWrong) {
  const auto refuse = [](const std::string& entry, std::string_view part) {
    test::expect_refused(peer_names(std::vector{entry}), Errc::configuration, part);
  };
  refuse("web.example", "expected NAME=INSTANCE");
  refuse("=01", "expected NAME=INSTANCE");
  refuse("web.example=", "web.example: expected an instance in hexadecimal, got \"\"");
  refuse("web.example=01,xy", "got \"xy\"");
}

}  // namespace
}  // namespace credence::service
