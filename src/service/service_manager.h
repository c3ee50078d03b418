// What systemd is told (sd_notify(3)): that the service is ready, reloads, stops, and lives. A datagram to a socket
// whose name is in the environment; without one, nothing happens.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace credence::service {

// Thread-safe. The socket is opened once, so that a sandbox need not allow more than sending.
class ServiceManager {
 public:
  // From NOTIFY_SOCKET, and WATCHDOG_USEC when it is meant for this process. Errc::configuration when the socket is
  // named and cannot be used.
  [[nodiscard]] static Result<ServiceManager> from_environment();

  ServiceManager(ServiceManager&& other) noexcept;
  ServiceManager& operator=(ServiceManager&&) = delete;
  ~ServiceManager();

  void ready() const;      // also after a reload
  void reloading() const;  // Type=notify-reload wants the time
  void stopping() const;
  // Within the period of the unit's WatchdogSec, or the manager restarts the service; does nothing without one.
  void alive() const;

  // True when a manager listens.
  [[nodiscard]] bool present() const noexcept { return socket_ >= 0; }
  [[nodiscard]] std::optional<std::chrono::microseconds> watchdog() const noexcept { return watchdog_; }

 private:
  ServiceManager() = default;
  void send(std::string_view message) const;

  int socket_ = -1;  // connected
  std::optional<std::chrono::microseconds> watchdog_;
};

}  // namespace credence::service
