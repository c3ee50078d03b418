#include "service/metrics/process_metrics.h"

#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

namespace credence::service {
namespace {

// Processor time is a counter, and Prometheus wants it as one: what was added since the last time is added.
class ProcessMetrics {
 public:
  explicit ProcessMetrics(Metrics& metrics)
      : resident_(metrics.gauge("process_resident_memory_bytes", "Resident memory.")),
        virtual_(metrics.gauge("process_virtual_memory_bytes", "Virtual memory.")),
        descriptors_(metrics.gauge("process_open_fds", "Open file descriptors.")),
        most_descriptors_(metrics.gauge("process_max_fds", "File descriptors that may be open.")),
        threads_(metrics.gauge("process_threads", "Threads.")),
        seconds_(metrics.counter("process_cpu_seconds_total", "User and system time.")) {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    metrics.gauge("process_start_time_seconds", "When the process began, since the epoch.")
        .set(std::chrono::duration<double>(now).count());
  }

  void update() {
    std::ifstream memory("/proc/self/statm");
    double pages = 0, resident = 0;
    memory >> pages >> resident;
    const auto page = static_cast<double>(::sysconf(_SC_PAGESIZE));
    virtual_.set(pages * page);
    resident_.set(resident * page);
    descriptors_.set(entries("/proc/self/fd"));
    threads_.set(entries("/proc/self/task"));
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) most_descriptors_.set(static_cast<double>(limit.rlim_cur));
    rusage usage{};
    if (::getrusage(RUSAGE_SELF, &usage) != 0) return;
    const double used = seconds(usage.ru_utime) + seconds(usage.ru_stime);
    if (used > counted_) seconds_.add(used - counted_);
    counted_ = used;
  }

 private:
  static double seconds(const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  }
  static double entries(const char* folder) {
    std::error_code error;
    double count = 0;
    for (std::filesystem::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) ++count;
    return count;
  }

  const Gauge resident_, virtual_, descriptors_, most_descriptors_, threads_;
  const Counter seconds_;
  double counted_ = 0;
};

}  // namespace

void add_process_metrics(const std::shared_ptr<Metrics>& metrics) {
  metrics->before_exposition([process = std::make_shared<ProcessMetrics>(*metrics)] { process->update(); });
}

}  // namespace credence::service
