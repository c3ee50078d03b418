// A process of this very program, for the demo: its standard output is read as JSON lines, and it ends with its owner.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "wire/json/json.h"

namespace credence::cli {

class ChildProcess {
 public:
  // Runs /proc/self/exe with these arguments; standard error goes to `log_file`.
  [[nodiscard]] static Result<ChildProcess> start(const std::vector<std::string>& arguments,
                                                  const std::string& log_file);
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&& other) noexcept;
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  ~ChildProcess();  // SIGTERM, then SIGKILL when it takes over two seconds

  // The next line of its standard output as an object; Errc::timeout, or Errc::io when the process ended.
  [[nodiscard]] Result<json::Object> next_event(std::chrono::milliseconds patience);
  // The next event whose member "event" has this name; others before it are passed over.
  [[nodiscard]] Result<json::Object> await_event(std::string_view name, std::chrono::milliseconds patience);
  // Waits for its end; the exit status.
  [[nodiscard]] Result<int> wait(std::chrono::milliseconds patience);

  [[nodiscard]] pid_t pid() const noexcept { return pid_; }

 private:
  ChildProcess(pid_t pid, int output) : pid_(pid), output_(output) {}
  [[nodiscard]] Result<std::string> next_line(std::chrono::milliseconds patience);
  [[nodiscard]] std::optional<int> reap() noexcept;
  void end() noexcept;

  pid_t pid_ = -1;
  int output_ = -1;
  std::string pending_;
};

}  // namespace credence::cli
