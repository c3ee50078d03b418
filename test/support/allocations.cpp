#include "support/allocations.h"

#include <cstdlib>
#include <new>
#include <utility>
#include <vector>

namespace {

constexpr std::size_t kLargest = 1 << 17;  // and all above

thread_local std::size_t* counts = nullptr;
thread_local std::size_t until_failure = 0;  // 0: none fails
thread_local bool has_failed = false;

// Not inlined: GCC takes free() of what operator new gave for a mistake.
[[gnu::noinline]] void* allocate(std::size_t size) noexcept {
  if (counts != nullptr) ++counts[std::min(size, kLargest)];
  if (until_failure != 0 && --until_failure == 0) {
    has_failed = true;
    return nullptr;
  }
  return std::malloc(std::max<std::size_t>(size, 1));
}
[[gnu::noinline]] void release(void* memory) noexcept { std::free(memory); }

}  // namespace

// All that may meet each other: memory of a sanitizer's operator new must not reach this operator delete.
void* operator new(std::size_t size) {
  void* const memory = allocate(size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return allocate(size); }
void* operator new[](std::size_t size) { return operator new(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return allocate(size); }
void operator delete(void* memory) noexcept { release(memory); }
void operator delete(void* memory, std::size_t) noexcept { release(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { release(memory); }
void operator delete[](void* memory) noexcept { release(memory); }
void operator delete[](void* memory, std::size_t) noexcept { release(memory); }
void operator delete[](void* memory, const std::nothrow_t&) noexcept { release(memory); }

namespace credence::test {

Allocations allocations_of(const std::function<void()>& work) {
  std::vector<std::size_t> by_size(kLargest + 1);
  counts = by_size.data();
  work();
  counts = nullptr;
  Allocations made;
  for (std::size_t size = 0; size < by_size.size(); ++size)
    if (by_size[size] != 0) made[size] = by_size[size];
  return made;
}

void fail_allocation(std::size_t number) noexcept {
  until_failure = number + 1;
  has_failed = false;
}

bool allow_allocations() noexcept {
  until_failure = 0;
  return std::exchange(has_failed, false);
}

}  // namespace credence::test
