// The process itself, under the names that every Prometheus client library uses (process_*).
#pragma once

#include <memory>

#include "service/metrics/registry.h"

namespace credence::service {

// Resident and virtual memory, processor time, descriptors, threads and the time of the start, read from /proc/self at
// each exposition.
void add_process_metrics(const std::shared_ptr<Metrics>& metrics);

}  // namespace credence::service
