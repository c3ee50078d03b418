#include "service/policy/worker_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <new>
#include <thread>

#include "service/policy/peer_names.h"
#include "support/refusal.h"

namespace credence::service {
namespace {

TEST(WorkerPool, RunsWorkElsewhere) {
  WorkerPool pool(2, 4);
  std::promise<std::thread::id> ran;
  pool.start(pool.reserve(), [&](bool cancelled) {
    EXPECT_FALSE(cancelled);
    ran.set_value(std::this_thread::get_id());
  });
  EXPECT_NE(ran.get_future().get(), std::this_thread::get_id());
}

TEST(WorkerPool, HasAsManyPlacesAsItWasGiven) {
  WorkerPool pool(1, 2);
  WorkerPool::Place first = pool.reserve(), second = pool.reserve();
  ASSERT_TRUE(first && second);
  EXPECT_EQ(pool.reserve(), nullptr);
  const WorkerPool::Place copy = first;
  first.reset();
  EXPECT_EQ(pool.reserve(), nullptr);  // a copy keeps it
  second.reset();
  EXPECT_NE(pool.reserve(), nullptr);
}

TEST(WorkerPool, KeepsThePlaceUntilTheWorkHasRun) {
  WorkerPool pool(1, 1);
  std::promise<void> running, go;
  pool.start(pool.reserve(), [&](bool) {
    running.set_value();
    go.get_future().wait();
  });
  running.get_future().wait();
  EXPECT_EQ(pool.reserve(), nullptr);
  go.set_value();
  WorkerPool::Place free;
  for (int i = 0; i < 5'000 && !free; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    free = pool.reserve();
  }
  EXPECT_NE(free, nullptr);
}

// Whoever has a place is never turned away: with it, one appraisal asks for one piece of work after the other.
TEST(WorkerPool, TakesMoreWorkWithOnePlace) {
  std::atomic<int> ran = 0;
  std::promise<void> last;
  WorkerPool pool(1, 1);
  const WorkerPool::Place place = pool.reserve();
  for (int i = 0; i < 3; ++i)
    pool.start(place, [&](bool cancelled) {
      EXPECT_FALSE(cancelled);
      if (++ran == 3) last.set_value();
    });
  last.get_future().wait();
  EXPECT_EQ(ran, 3);
}

TEST(WorkerPool, CancelsWhatWaitsWhenItEnds) {
  std::promise<void> go;
  std::atomic<int> cancelled_work = 0;
  {
    WorkerPool pool(1, 3);
    std::promise<void> running;
    pool.start(pool.reserve(), [&](bool) {
      running.set_value();
      go.get_future().wait();
    });
    running.get_future().wait();
    for (int i = 0; i < 2; ++i)
      pool.start(pool.reserve(), [&](bool cancelled) {
        cancelled_work += cancelled ? 1 : 0;
        if (cancelled_work == 2) go.set_value();  // only then may the first end
      });
  }
  EXPECT_EQ(cancelled_work, 2);
}

// What it waits for is told by what it holds: that goes with it.
TEST(WorkerPool, OutlivesWorkThatThrows) {
  const auto told = std::make_shared<int>(0);
  WorkerPool pool(1, 2);
  pool.start(pool.reserve(), [told](bool) { throw std::bad_alloc(); });
  std::promise<bool> next;
  pool.start(pool.reserve(), [&next](bool cancelled) { next.set_value(cancelled); });
  EXPECT_FALSE(next.get_future().get());
  EXPECT_EQ(told.use_count(), 1);
}

TEST(WorkerPool, MayBeEndedByItsOwnWork) {
  auto pool = std::make_shared<WorkerPool>(1, 1);
  std::promise<void> dropped;
  WorkerPool& reference = *pool;
  reference.start(reference.reserve(), [owner = pool, &dropped](bool) mutable {
    while (owner.use_count() > 1) std::this_thread::yield();
    owner.reset();
    dropped.set_value();
  });
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
