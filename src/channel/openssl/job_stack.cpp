#include "channel/openssl/job_stack.h"

#include <openssl/async.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>

namespace credence::channel {
namespace {

constexpr std::size_t kStackOctets = 256 * 1024;

std::size_t page_octets() noexcept { return static_cast<std::size_t>(sysconf(_SC_PAGESIZE)); }

void* allocate_stack(std::size_t* size) noexcept {
  const std::size_t guard = page_octets();
  void* base = mmap(nullptr, guard + kStackOctets, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
  if (base == MAP_FAILED) return nullptr;
  if (mprotect(base, guard, PROT_NONE) != 0) {
    munmap(base, guard + kStackOctets);
    return nullptr;
  }
  *size = kStackOctets;
  return static_cast<std::byte*>(base) + guard;
}

void free_stack(void* stack) noexcept {
  if (stack == nullptr) return;
  const std::size_t guard = page_octets();
  munmap(static_cast<std::byte*>(stack) - guard, guard + kStackOctets);
}

}  // namespace

Result<void> use_guarded_job_stacks() {
  static const bool installed = ASYNC_set_mem_functions(allocate_stack, free_stack) == 1;
  if (installed) return {};
  return fail(Errc::configuration,
              "this process started OpenSSL async jobs before the first attach(), so their stacks can no longer be "
              "guarded: attach first");
}

}  // namespace credence::channel
