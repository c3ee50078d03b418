#include "service/service_manager.h"

#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <format>
#include <system_error>
#include <utility>

namespace credence::service {
namespace {

std::string_view environment(const char* name) {
  const char* const value = std::getenv(name);
  return value != nullptr ? value : "";
}

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

std::optional<std::chrono::microseconds> watchdog_period() {
  const std::string_view process = environment("WATCHDOG_PID");
  if (!process.empty() && number(process) != static_cast<std::uint64_t>(::getpid())) return std::nullopt;
  const auto period = number(environment("WATCHDOG_USEC"));
  if (!period || *period == 0) return std::nullopt;
  return std::chrono::microseconds(*period);
}

Result<int> connect_to(std::string_view name) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if ((name.front() != '/' && name.front() != '@') || name.size() >= sizeof(address.sun_path))
    return fail(Errc::configuration, std::format("NOTIFY_SOCKET: expected a path or @NAME, got \"{}\"", name));
  std::ranges::copy(name, address.sun_path);
  if (name.front() == '@') address.sun_path[0] = '\0';  // the abstract namespace: unix(7)
  const int made = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
  if (made < 0 || ::connect(made, reinterpret_cast<const sockaddr*>(&address), length) != 0) {
    const std::string why = std::error_code(errno, std::generic_category()).message();
    if (made >= 0) ::close(made);
    return fail(Errc::configuration, std::format("NOTIFY_SOCKET: cannot reach {}: {}", name, why));
  }
  return made;
}

}  // namespace

Result<ServiceManager> ServiceManager::from_environment() {
  ServiceManager manager;
  const std::string_view name = environment("NOTIFY_SOCKET");
  if (name.empty()) return manager;
  TRY(manager.socket_, connect_to(name));
  manager.watchdog_ = watchdog_period();
  return manager;
}

ServiceManager::ServiceManager(ServiceManager&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)), watchdog_(other.watchdog_) {}

ServiceManager::~ServiceManager() {
  if (socket_ >= 0) ::close(socket_);
}

void ServiceManager::ready() const { send("READY=1"); }

void ServiceManager::reloading() const {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  const auto microseconds = static_cast<std::int64_t>(now.tv_sec) * 1'000'000 + now.tv_nsec / 1'000;
  send(std::format("RELOADING=1\nMONOTONIC_USEC={}", microseconds));
}

void ServiceManager::stopping() const { send("STOPPING=1"); }

void ServiceManager::alive() const {
  if (watchdog_) send("WATCHDOG=1");
}

// Nobody to be told that the manager is gone: it would be gone itself.
void ServiceManager::send(std::string_view message) const {
  if (socket_ < 0) return;
  static_cast<void>(::send(socket_, message.data(), message.size(), MSG_NOSIGNAL));
}

}  // namespace credence::service
