// TCP sockets for `serve` and `connect`.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>

#include "base/result.h"
#include "service/listen_address.h"

namespace credence::cli {

// Closes the descriptor it owns.
class Descriptor {
 public:
  explicit Descriptor(int value = -1) noexcept : value_(value) {}
  Descriptor(Descriptor&& other) noexcept : value_(std::exchange(other.value_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor();
  [[nodiscard]] int get() const noexcept { return value_; }
  [[nodiscard]] int release() noexcept { return std::exchange(value_, -1); }

 private:
  int value_;
};

struct Listener {
  Descriptor socket;
  std::string address;  // "127.0.0.1:4433", with the port that was taken
};
[[nodiscard]] Result<Listener> listen_on(const service::HostPort& where);

struct Accepted {
  Descriptor socket;
  std::string peer;
};
// Non-blocking; a descriptor of -1 when nobody waits.
[[nodiscard]] Accepted accept_from(const Listener& listener);

// The first address of the host that answers; Errc::unavailable.
[[nodiscard]] Result<Descriptor> connect_to(const service::HostPort& where, std::chrono::milliseconds patience);

}  // namespace credence::cli
