// A few connections for many threads.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "verifier/store/postgres/connection.h"

namespace credence::verifier::postgres {

// Thread-safe. At most `size` connections are open, each from when it is first needed; a broken one is made again when
// it is needed next, and one that was not used for `idle` is closed when another one was. Whoever finds all in use
// waits for `patience`: a database that holds them up must not take every thread with it for longer.
class Pool {
 public:
  Pool(const std::string& options, unsigned size, RemoteServer remote,
       std::chrono::milliseconds patience = std::chrono::seconds(5),
       std::chrono::milliseconds idle = std::chrono::seconds(60));

  // Runs `use` on a connection that is free, as Connection::run() does.
  template <typename Use>
  [[nodiscard]] auto run(Use use) -> decltype(std::declval<Connection&>().run(std::move(use))) {
    TRY(const Lease connection, take());
    return connection->run(std::move(use));
  }

 private:
  struct GiveBack {
    Pool* pool;
    void operator()(Connection* connection) const noexcept { pool->give_back(connection); }
  };
  using Lease = std::unique_ptr<Connection, GiveBack>;

  [[nodiscard]] Result<Lease> take();
  void give_back(Connection* connection) noexcept;
  // A free one that has been idle for long, which is then not free; null when there is none.
  [[nodiscard]] Connection* take_idle() noexcept;

  const std::chrono::milliseconds patience_, idle_;
  std::deque<Connection> connections_;
  std::mutex mutex_;
  std::condition_variable some_free_;
  std::vector<Connection*> free_;  // there is room for all; the last is used next
};

}  // namespace credence::verifier::postgres
