#include "cli/demo/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <format>
#include <thread>
#include <utility>

namespace credence::cli {
namespace {

using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

constexpr milliseconds kGrace{2'000};
constexpr milliseconds kLookAgain{5};
constexpr std::size_t kMostPending = 1 << 20;

milliseconds left_until(SteadyClock::time_point deadline) {
  return std::max(milliseconds(0), std::chrono::duration_cast<milliseconds>(deadline - SteadyClock::now()));
}

// The signal mask that block_stop_signals set must not reach the child: it has to hear SIGTERM.
Result<pid_t> spawn(std::vector<std::string> arguments, int output, const std::string& log_file) {
  arguments.insert(arguments.begin(), "credence");
  std::vector<char*> argv;
  for (auto& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&attributes);
  posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  pid_t pid = -1;
  const int error = posix_spawn(&pid, "/proc/self/exe", &actions, &attributes, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (error != 0) return fail(Errc::io, std::format("cannot start a process: {}", std::strerror(error)));
  return pid;
}

}  // namespace

Result<ChildProcess> ChildProcess::start(const std::vector<std::string>& arguments, const std::string& log_file) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return fail(Errc::io, "cannot make a pipe");
  const auto pid = spawn(arguments, ends[1], log_file);
  close(ends[1]);
  if (!pid) {
    close(ends[0]);
    return std::unexpected(pid.error());
  }
  return ChildProcess(*pid, ends[0]);
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      output_(std::exchange(other.output_, -1)),
      pending_(std::move(other.pending_)) {}

ChildProcess& ChildProcess::operator=(ChildProcess&& other) noexcept {
  if (this != &other) {
    end();
    pid_ = std::exchange(other.pid_, -1);
    output_ = std::exchange(other.output_, -1);
    pending_ = std::move(other.pending_);
  }
  return *this;
}

ChildProcess::~ChildProcess() { end(); }

void ChildProcess::end() noexcept {
  if (output_ >= 0) close(std::exchange(output_, -1));
  if (pid_ < 0) return;
  kill(pid_, SIGTERM);
  const auto deadline = SteadyClock::now() + kGrace;
  while (SteadyClock::now() < deadline) {
    if (reap()) return;
    std::this_thread::sleep_for(kLookAgain);
  }
  kill(pid_, SIGKILL);
  waitpid(std::exchange(pid_, -1), nullptr, 0);
}

std::optional<int> ChildProcess::reap() noexcept {
  int status = 0;
  if (waitpid(pid_, &status, WNOHANG) != pid_) return std::nullopt;
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

Result<std::string> ChildProcess::next_line(milliseconds patience) {
  const auto deadline = SteadyClock::now() + patience;
  while (true) {
    if (const auto end = pending_.find('\n'); end != std::string::npos) {
      std::string line = pending_.substr(0, end);
      pending_.erase(0, end + 1);
      return line;
    }
    pollfd ready{.fd = output_, .events = POLLIN, .revents = 0};
    const int polled = poll(&ready, 1, static_cast<int>(left_until(deadline).count()));
    if (polled < 0 && errno == EINTR) continue;
    if (polled <= 0) return fail(Errc::timeout, std::format("a process of the demo said nothing for {}", patience));
    std::array<char, 4096> buffer;
    const ssize_t size = read(output_, buffer.data(), buffer.size());
    if (size <= 0 || pending_.size() > kMostPending) return fail(Errc::io, "a process of the demo ended early");
    pending_.append(buffer.data(), static_cast<std::size_t>(size));
  }
}

Result<json::Object> ChildProcess::next_event(milliseconds patience) {
  TRY(const std::string line, next_line(patience));
  TRY(const json::Value value, json::parse(line));
  TRY(const json::Object* object, json::as_object(value, "event"));
  return *object;
}

Result<json::Object> ChildProcess::await_event(std::string_view name, milliseconds patience) {
  const auto deadline = SteadyClock::now() + patience;
  while (true) {
    TRY(json::Object event, next_event(left_until(deadline)));
    const auto* given = event.if_contains("event");
    if (given != nullptr && given->is_string() && std::string_view(given->as_string()) == name) return event;
  }
}

Result<int> ChildProcess::wait(milliseconds patience) {
  const auto deadline = SteadyClock::now() + patience;
  while (SteadyClock::now() < deadline) {
    if (const auto status = reap()) return *status;
    std::this_thread::sleep_for(kLookAgain);
  }
  return fail(Errc::timeout, std::format("a process of the demo did not end within {}", patience));
}

}  // namespace credence::cli
