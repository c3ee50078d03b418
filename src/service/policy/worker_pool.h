// A few threads for work that waits for others, so that those that serve requests do not.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace credence::service {

// Thread-safe. Threads are started when there is work for the first time.
class WorkerPool {
 public:
  // Called exactly once: on a thread of the pool with false, or with true when the pool ends before its turn. What it
  // throws is nobody's: it tells those who wait for it itself, or by going.
  using Work = std::move_only_function<void(bool cancelled)>;

  // For one piece of work after the other, as long as any copy lives.
  using Place = std::shared_ptr<const void>;

  WorkerPool(std::size_t threads, std::size_t places) : threads_(threads), places_(places) {}
  ~WorkerPool() { end(); }
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // Null when all places are taken. Whoever has one is never turned away: asked for first, it costs nothing to hear
  // that there is none.
  [[nodiscard]] Place reserve();
  // The place is kept until the work has run. Where no thread can be made it runs at once, on this one. Throws when
  // there is no memory for it; then it has not run and will not.
  void start(Place place, Work work);
  // Work that waits is cancelled, what is running is waited for, and from here on nothing waits. What tasks hold may
  // hold the pool: whoever owns it ends it. May be called by work of its own, which then ends last.
  void end() noexcept;

 private:
  struct Task {
    Place place;
    Work work;
  };
  struct Queue {
    [[nodiscard]] std::optional<Task> take();

    std::mutex mutex;
    std::condition_variable changed;
    std::deque<Task> waiting;
    bool ended = false;
    std::atomic<std::size_t> taken = 0;  // places; no mutex, they are given back anywhere
  };
  [[nodiscard]] bool make_threads();
  static void perform(Task& task, bool cancelled) noexcept;
  static void run(const std::shared_ptr<Queue>& queue);

  const std::size_t threads_;
  const std::size_t places_;
  const std::shared_ptr<Queue> queue_ = std::make_shared<Queue>();
  std::vector<std::thread> running_;  // with queue_->mutex
};

}  // namespace credence::service
