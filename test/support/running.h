// A server that runs on a thread for as long as the object lives.
#pragma once

#include <memory>
#include <thread>
#include <utility>

namespace credence::test {

template <typename Server>
class Running {
 public:
  explicit Running(std::unique_ptr<Server> server) : server_(std::move(server)), thread_([this] { server_->run(); }) {}
  ~Running() { stop(); }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

  void stop() {
    if (!thread_.joinable()) return;
    server_->stop();
    thread_.join();
  }
  [[nodiscard]] Server& operator*() const noexcept { return *server_; }
  [[nodiscard]] Server* operator->() const noexcept { return server_.get(); }

 private:
  std::unique_ptr<Server> server_;
  std::thread thread_;
};

}  // namespace credence::test
