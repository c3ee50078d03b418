// What the verifier gives up once it is started: it needs no other program, no other process and no new privilege.
// Whoever takes it over through a request has no more (docs/decisions/sandbox.md).
#pragma once

#include <cstdint>

#include "base/log.h"
#include "base/result.h"

namespace credence::service {

// No core dumps, no reading of this process by others of the same user, and nothing that it creates is for anybody
// else. At the very start, before a key is read.
[[nodiscard]] Result<void> protect_memory();

// A seccomp filter over all threads, for good: system calls that are not listed fail with EPERM, those that start
// programs, look into other processes or load code into the kernel end the process. Once everything is open.
[[nodiscard]] Result<void> filter_system_calls();

// The filter, and a warning instead of it in builds with sanitizers, which do all of that themselves.
[[nodiscard]] Result<void> confine(Log& log);

}  // namespace credence::service
