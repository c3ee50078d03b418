// The PostgreSQL server of a whole program: starting it takes seconds.
#pragma once

#include <chrono>
#include <optional>
#include <thread>

#include "support/postgres.h"

namespace credence::test {

// Started at its first use; postgres_store_test.cpp stops it.
inline std::optional<Postgres>& server() {
  static std::optional<Postgres> running;
  if (!running) running.emplace();
  return running;
}

// Whether it becomes so in time.
template <typename Condition>
bool eventually(Condition condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return true;
}

}  // namespace credence::test
