#include "service/http/turns.h"

#include <gtest/gtest.h>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <stdexcept>
#include <thread>
#include <vector>

namespace credence::service::http {
namespace {

using namespace std::chrono_literals;

class TurnsTest : public testing::Test {
 protected:
  void wait(Turns& turns, int number) {
    turns.async_wait(io.get_executor(),
                     boost::asio::bind_executor(io.get_executor(), [this, number] { begun.push_back(number); }));
  }
  std::vector<int> poll() {
    io.restart();
    io.poll();
    return begun;
  }

  boost::asio::io_context io;
  std::vector<int> begun;
};

TEST_F(TurnsTest, AreTakenInTheirOrderByAsManyAsThereAreThreads) {
  Turns turns({}, 2, no_log());
  for (int number = 0; number < 4; ++number) wait(turns, number);
  EXPECT_EQ(poll(), (std::vector{0, 1}));
  turns.end(1ms);
  EXPECT_EQ(poll(), (std::vector{0, 1, 2}));
  turns.end(1ms);
  turns.end(1ms);
  EXPECT_EQ(poll(), (std::vector{0, 1, 2, 3}));
}

// Whoever is refused asks again: answering that must not come between those who were let in.
TEST_F(TurnsTest, AreTakenOneAfterTheOther) {
  Turns turns({}, 1, no_log());
  for (int number = 0; number < 3; ++number) {
    turns.async_wait(io.get_executor(), boost::asio::bind_executor(io.get_executor(), [this, &turns, number] {
                       const Turn turn(turns);
                       begun.push_back(number);
                       boost::asio::post(io, [this] { begun.push_back(-1); });
                     }));
  }
  EXPECT_EQ(poll(), (std::vector{0, 1, 2, -1, -1, -1}));
}

// Nor does work keep the thread from reading, and refusing in time.
TEST_F(TurnsTest, LetOthersInBetweenAfterAWhile) {
  Turns turns({}, 1, no_log());
  for (int number = 0; number < 3; ++number) {
    turns.async_wait(io.get_executor(), boost::asio::bind_executor(io.get_executor(), [this, &turns, number] {
                       const Turn turn(turns);
                       begun.push_back(number);
                       boost::asio::post(io, [this] { begun.push_back(-1); });
                       std::this_thread::sleep_for(6ms);
                     }));
  }
  EXPECT_EQ(poll(), (std::vector{0, -1, 1, -1, 2, -1}));
}

TEST_F(TurnsTest, AdmitAsLongAsNobodyWaitsTooLong) {
  Turns turns({.longest = 0us, .few = 0}, 1, no_log());
  EXPECT_TRUE(turns.admits());
  wait(turns, 0);
  EXPECT_FALSE(turns.admits());
  turns.end(1ms);
  EXPECT_TRUE(turns.admits());
}

// A thread that a failed request keeps would be one less for ever.
TEST_F(TurnsTest, EndWithAnExceptionToo) {
  Turns turns({}, 1, no_log());
  wait(turns, 0);
  wait(turns, 1);
  EXPECT_THROW(
      {
        const Turn turn(turns);
        throw std::runtime_error("a bug");
      },
      std::runtime_error);
  EXPECT_EQ(poll(), (std::vector{0, 1}));
}

TEST_F(TurnsTest, AreForgottenWhenTheServerEnds) {
  Turns turns({}, 1, no_log());
  wait(turns, 0);
  wait(turns, 1);
  turns.clear();
  turns.end(1ms);
  EXPECT_EQ(poll(), (std::vector{0}));
}

}  // namespace
}  // namespace credence::service::http
