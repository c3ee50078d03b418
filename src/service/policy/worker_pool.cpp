#include "service/policy/worker_pool.h"

#include <exception>
#include <utility>

namespace credence::service {

void WorkerPool::end() noexcept {
  std::vector<std::thread> ending;
  {
    const std::lock_guard lock(queue_->mutex);
    queue_->ended = true;
    ending.swap(running_);
    queue_->changed.notify_all();
  }
  while (std::optional<Task> cancelled = queue_->take()) perform(*cancelled, true);
  for (std::thread& thread : ending) {
    if (thread.get_id() == std::this_thread::get_id()) {
      thread.detach();  // it holds the queue itself
    } else {
      thread.join();
    }
  }
}

WorkerPool::Place WorkerPool::reserve() {
  std::size_t taken = queue_->taken;
  do {
    if (taken >= places_) return nullptr;
  } while (!queue_->taken.compare_exchange_weak(taken, taken + 1));
  return {static_cast<const void*>(queue_.get()), [queue = queue_](const void*) { --queue->taken; }};
}

void WorkerPool::start(Place place, Work work) {
  Task task{.place = std::move(place), .work = std::move(work)};  // goes after the lock: it may hold anything
  bool ended = false;
  {
    const std::lock_guard lock(queue_->mutex);
    ended = queue_->ended;
    if (!ended && make_threads()) {
      queue_->waiting.push_back(std::move(task));
      queue_->changed.notify_one();
      return;
    }
  }
  task.work(ended);
}

// True when there is one at least: the system may have no more of them, or no memory for it.
bool WorkerPool::make_threads() {
  try {
    while (running_.size() < threads_) running_.emplace_back([queue = queue_] { run(queue); });
  } catch (const std::exception&) {
    return !running_.empty();
  }
  return true;
}

std::optional<WorkerPool::Task> WorkerPool::Queue::take() {
  const std::lock_guard lock(mutex);
  if (waiting.empty()) return std::nullopt;
  std::optional<Task> first(std::move(waiting.front()));
  waiting.pop_front();
  return first;
}

// An exception ends this piece of work, which says so to those who wait for it, and not the thread: others need it.
void WorkerPool::perform(Task& task, bool cancelled) noexcept {
  try {
    task.work(cancelled);
  } catch (const std::exception&) {
    return;
  }
}

void WorkerPool::run(const std::shared_ptr<Queue>& queue) {
  std::unique_lock lock(queue->mutex);
  while (true) {
    queue->changed.wait(lock, [&] { return queue->ended || !queue->waiting.empty(); });
    if (queue->ended) return;
    Task task = std::move(queue->waiting.front());
    queue->waiting.pop_front();
    lock.unlock();
    perform(task, false);
    task = {};  // what it holds may be the last that holds the pool
    lock.lock();
  }
}

}  // namespace credence::service
