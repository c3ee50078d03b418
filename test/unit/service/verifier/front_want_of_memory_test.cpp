// A change that lacks memory: what the audit log says has begun has an end.
#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

#include "audit_lines.h"
#include "service/audit/log.h"
#include "service/verifier/front.h"
#include "support/allocations.h"
#include "support/temporary_directory.h"
#include "support/want_of_memory.h"

namespace credence::service {
namespace {

class FrontInWantOfMemory : public testing::Test {
 protected:
  [[nodiscard]] http::Response call(http::Handler handler) const {
    http::Request request;
    request.path_parameters = {"0123"};
    request.body = {1, 2, 3};
    return front->audited(row_of(Operation::delete_corim), std::move(handler))(request);
  }

  const test::TemporaryDirectory directory;
  const std::filesystem::path file = directory.path() / "audit.log";
  std::shared_ptr<Front> front = std::make_shared<Front>(Front::Parts{
      .audit = audit::Log::open(file, std::make_shared<FixedClock>(Timestamp(std::chrono::seconds(1'000)))).value()});
};

TEST_F(FrontInWantOfMemory, EndsWhatItBegan) {
  std::size_t without_answer = 0;
  const std::size_t failures = test::each_allocation([&](std::size_t number) {
    const std::size_t seen = test::audit_lines(file).size();
    bool has_answer = true, has_failed = false;
    try {
      const auto answer = call([&](const http::Request&) {
        test::fail_allocation(number);
        return http::Response{.status = http::kOk, .body = std::string(100, 'x')};
      });
      has_failed = test::allow_allocations();
      EXPECT_EQ(answer.status, http::kOk);
    } catch (const std::bad_alloc&) {
      has_failed = test::allow_allocations();
      has_answer = false;
      ++without_answer;
    }
    const auto lines = test::audit_lines(file, seen);
    if (lines.size() != 2) {
      ADD_FAILURE() << lines.size() << " lines";
      return false;
    }
    EXPECT_EQ(test::text_of(lines.front(), "outcome"), "begun");
    EXPECT_EQ(test::text_of(lines.back(), "outcome"), has_answer ? "done" : "failed");
    EXPECT_EQ(test::text_of(lines.back(), "reason"), has_answer ? "" : "std::bad_alloc");
    return has_failed;
  });
  EXPECT_GT(failures, 1U);
  EXPECT_EQ(without_answer, 1U) << "the handler takes memory once";
}

// Whatever it is that the handler throws, and it goes on to the server.
TEST_F(FrontInWantOfMemory, EndsWhatABugHasEnded) {
  EXPECT_THROW((void)call([](const http::Request&) -> http::Response { throw std::logic_error("a bug of a handler"); }),
               std::logic_error);
  const auto lines = test::audit_lines(file);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(test::text_of(lines.back(), "outcome"), "failed");
  EXPECT_EQ(test::text_of(lines.back(), "reason"), "a bug of a handler");
}

}  // namespace
}  // namespace credence::service
