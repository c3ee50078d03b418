#include "service/http/observer.h"

namespace credence::service::http {

std::shared_ptr<Observer> no_observer() {
  class Blind final : public Observer {
    void served(const Served&) noexcept override {}
    void connection_opened() noexcept override {}
    void connection_closed() noexcept override {}
    void connection_refused() noexcept override {}
    void handshake_failed() noexcept override {}
  };
  return std::make_shared<Blind>();
}

}  // namespace credence::service::http
