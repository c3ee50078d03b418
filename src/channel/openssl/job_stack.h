// Stacks of OpenSSL's async jobs.
#pragma once

#include "base/result.h"

namespace credence::channel {

// OpenSSL gives a job 32 KiB from malloc() without a guard page, and an appraisal in this process runs on it: an
// overflow would silently overwrite the heap. Once per process: 256 KiB, committed as they are used, with a guard page
// below. Errc::configuration when the process has already started a job.
[[nodiscard]] Result<void> use_guarded_job_stacks();

}  // namespace credence::channel
