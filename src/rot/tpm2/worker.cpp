#include "rot/tpm2/worker.h"

#include <condition_variable>
#include <deque>
#include <format>
#include <mutex>
#include <vector>

namespace credence::rot::tpm2 {

// Shared by the threads and the Worker, and alive until the last of them has let go.
struct Worker::State {
  State(std::unique_ptr<Tpm> with, std::size_t length, std::chrono::milliseconds limit)
      : tpm(std::move(with)), queue_length(length), timeout(limit) {}

  void run_commands();
  void watch_deadlines();
  [[nodiscard]] std::vector<std::shared_ptr<Request>> take_expired(std::chrono::steady_clock::time_point now);
  [[nodiscard]] std::chrono::steady_clock::time_point next_deadline() const;

  std::unique_ptr<Tpm> tpm;
  const std::size_t queue_length;
  const std::chrono::milliseconds timeout;

  std::mutex mutex;
  std::condition_variable work;                // wakes commands_
  std::condition_variable deadline;            // wakes deadlines_
  std::deque<std::shared_ptr<Request>> queue;  // the same timeout for all: the first one expires first
  std::shared_ptr<Request> running;
  bool watching = false;  // deadlines_ will wake by itself
  bool closing = false;
};

// A request is let go without the lock: it may hold the last reference to the device, whose end takes the lock.
void Worker::State::run_commands() {
  std::unique_lock lock(mutex);
  while (true) {
    work.wait(lock, [&] { return closing || !queue.empty(); });
    if (closing) break;
    running = std::move(queue.front());
    queue.pop_front();
    std::shared_ptr<Request> request = running;
    lock.unlock();
    if (!request->is_answered()) request->run(*tpm);
    lock.lock();
    running.reset();
    lock.unlock();
    request.reset();
    lock.lock();
  }
  lock.unlock();
  tpm.reset();  // on this thread: no other one ever talks to the TPM
}

std::chrono::steady_clock::time_point Worker::State::next_deadline() const {
  if (running && !running->is_answered()) return running->deadline;
  return queue.front()->deadline;
}

std::vector<std::shared_ptr<Request>> Worker::State::take_expired(std::chrono::steady_clock::time_point now) {
  std::vector<std::shared_ptr<Request>> expired;
  if (running && !running->is_answered() && running->deadline <= now) expired.push_back(running);
  while (!queue.empty() && queue.front()->deadline <= now) {
    expired.push_back(std::move(queue.front()));
    queue.pop_front();
  }
  return expired;
}

void Worker::State::watch_deadlines() {
  std::unique_lock lock(mutex);
  while (!closing) {
    auto expired = take_expired(std::chrono::steady_clock::now());
    if (!expired.empty()) {
      lock.unlock();
      for (const auto& request : expired) {
        request->refuse({.code = Errc::timeout,
                         .why = std::format("the TPM did not answer within {}: it is busy or hangs", timeout)});
      }
      expired.clear();
      lock.lock();
      continue;
    }
    watching = (running && !running->is_answered()) || !queue.empty();
    if (watching) {
      deadline.wait_until(lock, next_deadline());
    } else {
      deadline.wait(lock);
    }
  }
}

Worker::Worker(std::unique_ptr<Tpm> tpm, std::size_t queue_length, std::chrono::milliseconds timeout)
    : state_(std::make_shared<State>(std::move(tpm), queue_length, timeout)),
      commands_([state = state_] { state->run_commands(); }),
      deadlines_([state = state_] { state->watch_deadlines(); }) {}

void Worker::enqueue(std::shared_ptr<Request> request) {
  // Once it is queued, the request's completion may let go of the last reference to this Worker.
  const std::shared_ptr<State> state = state_;
  bool queued = false;
  bool wake_watcher = false;
  {
    const std::lock_guard lock(state->mutex);
    if (state->queue.size() < state->queue_length) {
      request->deadline = std::chrono::steady_clock::now() + state->timeout;
      state->queue.push_back(request);
      queued = true;
      wake_watcher = !std::exchange(state->watching, true);
    }
  }
  if (!queued) {
    return request->refuse(
        {.code = Errc::busy,
         .why = std::format("{} requests wait for the TPM already: try again later", state->queue_length)});
  }
  state->work.notify_one();
  if (wake_watcher) state->deadline.notify_one();
}

Worker::~Worker() {
  std::deque<std::shared_ptr<Request>> waiting;
  {
    const std::lock_guard lock(state_->mutex);
    state_->closing = true;
    waiting.swap(state_->queue);
  }
  state_->work.notify_one();
  state_->deadline.notify_one();
  for (const auto& request : waiting) {
    request->refuse({.code = Errc::unavailable, .why = "the TPM is being closed"});
  }
  for (std::thread* thread : {&commands_, &deadlines_}) {
    if (thread->get_id() == std::this_thread::get_id()) {
      thread->detach();
    } else {
      thread->join();
    }
  }
}

}  // namespace credence::rot::tpm2
