// Who counts what the server does (service/metrics). Called on the hot path, from several threads.
#pragma once

#include <chrono>
#include <memory>

#include "service/http/router.h"

namespace credence::service::http {

// A request that was answered.
struct Served {
  Method method{};
  const Route* route = nullptr;  // null: no route takes it
  unsigned status = 0;
  std::chrono::nanoseconds time{};  // from its header to its answer, the body included
};

// Thread-safe; must not block.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void served(const Served& request) noexcept = 0;
  virtual void connection_opened() noexcept = 0;
  virtual void connection_closed() noexcept = 0;
  virtual void connection_refused() noexcept = 0;  // too many are open
  virtual void handshake_failed() noexcept = 0;
};

// Counts nothing.
[[nodiscard]] std::shared_ptr<Observer> no_observer();

}  // namespace credence::service::http
