// Calls in which one allocation fails, and another one each time. For programs that are linked with allocations.cpp.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <new>
#include <optional>
#include <type_traits>

#include "support/allocations.h"

namespace credence::test {

template <typename Answer>
struct InWant {
  std::optional<Answer> answer;  // nothing: it threw std::bad_alloc
  bool has_failed = false;       // some allocation of this thread
};

template <typename Call>
[[nodiscard]] InWant<std::invoke_result_t<Call>> in_want(std::size_t number, Call call) {
  InWant<std::invoke_result_t<Call>> ended;
  fail_allocation(number);
  try {
    ended.answer.emplace(call());
  } catch (const std::bad_alloc&) {
    ended.answer.reset();
  }
  ended.has_failed = allow_allocations();
  return ended;
}

// Tries each allocation, until the first run in which none has failed. How many have.
template <typename Attempt>
[[nodiscard]] std::size_t each_allocation(Attempt attempt) {
  constexpr std::size_t kMostFailures = 10'000;
  for (std::size_t number = 0; number < kMostFailures; ++number) {
    const testing::ScopedTrace trace(__FILE__, __LINE__, number);
    if (!attempt(number)) return number;
    if (testing::Test::HasFatalFailure()) return number;
  }
  ADD_FAILURE() << "there is no end to it";
  return kMostFailures;
}

}  // namespace credence::test
