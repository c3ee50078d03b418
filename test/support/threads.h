// Threads of this process, for tests of objects that may be dropped on a thread of their own: such a thread cannot be
// joined, and LeakSanitizer counts what it still holds when the process ends before it.
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <iterator>
#include <thread>

namespace credence::test {

[[nodiscard]] inline std::size_t thread_count() {
  std::thread([] {}).join();  // ThreadSanitizer starts a thread of its own beside the first of the program
  const std::filesystem::directory_iterator tasks("/proc/self/task");
  return static_cast<std::size_t>(std::distance(begin(tasks), end(tasks)));
}

// Waits until no more than `count` are left; false when that takes too long.
[[nodiscard]] inline bool threads_fall_to(std::size_t count) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (thread_count() > count) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

}  // namespace credence::test
