// A few threads for work that waits for others, so that those that serve requests do not.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace credence::service {

// Thread-safe. Threads are started when there is work for the first time.
class WorkerPool {
 public:
  // Called exactly once: on a thread of the pool with false, or with true when the pool ends before its turn.
  using Work = std::move_only_function<void(bool cancelled)>;

  WorkerPool(std::size_t threads, std::size_t most_waiting) : threads_(threads), most_waiting_(most_waiting) {}
  // Waits for what is running. May be called by work of its own, which then ends last.
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // False, and `work` is not touched, when too much waits already.
  [[nodiscard]] bool start(Work& work);

 private:
  struct Queue {
    std::mutex mutex;
    std::condition_variable changed;
    std::deque<Work> waiting;
    bool ended = false;
  };
  static void run(const std::shared_ptr<Queue>& queue);

  const std::size_t threads_;
  const std::size_t most_waiting_;
  const std::shared_ptr<Queue> queue_ = std::make_shared<Queue>();
  std::vector<std::thread> running_;  // with queue_->mutex
};

}  // namespace credence::service
