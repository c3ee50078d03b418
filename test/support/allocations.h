// What is allocated while something runs, by this thread. How often a thing was made is seen in it, without a hook in
// what makes it: each time takes memory of the same sizes. And what becomes of it when one of them fails. For programs
// that are linked with allocations.cpp.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <limits>
#include <map>

namespace credence::test {

using Allocations = std::map<std::size_t, std::size_t>;  // how many of each size

[[nodiscard]] Allocations allocations_of(const std::function<void()>& work);

// How often what takes `once` can have been done within `all`, at most. At least as often as it was done: what else was
// done there took memory too.
[[nodiscard]] inline std::size_t most_times(const Allocations& once, const Allocations& all) {
  std::size_t most = std::numeric_limits<std::size_t>::max();
  for (const auto& [size, number] : once) {
    const auto found = all.find(size);
    most = std::min(most, found == all.end() ? 0 : found->second / number);
  }
  return most;
}

// Of this thread's allocations the one with this number, counted from 0 from now on, fails, and no other.
void fail_allocation(std::size_t number) noexcept;
// None fails any more. Whether one has.
bool allow_allocations() noexcept;

}  // namespace credence::test
