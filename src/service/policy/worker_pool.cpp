#include "service/policy/worker_pool.h"

#include <utility>

namespace credence::service {

WorkerPool::~WorkerPool() {
  std::deque<Work> cancelled;
  {
    const std::lock_guard lock(queue_->mutex);
    queue_->ended = true;
    cancelled.swap(queue_->waiting);
    queue_->changed.notify_all();
  }
  for (Work& work : cancelled) work(true);
  for (std::thread& thread : running_) {
    if (thread.get_id() == std::this_thread::get_id()) {
      thread.detach();  // it holds the queue itself
    } else {
      thread.join();
    }
  }
}

bool WorkerPool::start(Work& work) {
  const std::lock_guard lock(queue_->mutex);
  if (queue_->ended || queue_->waiting.size() >= most_waiting_) return false;
  queue_->waiting.push_back(std::move(work));
  while (running_.size() < threads_) running_.emplace_back([queue = queue_] { run(queue); });
  queue_->changed.notify_one();
  return true;
}

void WorkerPool::run(const std::shared_ptr<Queue>& queue) {
  std::unique_lock lock(queue->mutex);
  while (true) {
    queue->changed.wait(lock, [&] { return queue->ended || !queue->waiting.empty(); });
    if (queue->ended) return;
    Work work = std::move(queue->waiting.front());
    queue->waiting.pop_front();
    lock.unlock();
    work(false);
    work = nullptr;  // what it holds may be the last that holds the pool
    lock.lock();
  }
}

}  // namespace credence::service
