// The one thread that talks to a TPM, behind a bounded queue.
//
// Each request is answered exactly once: with the operation's result; with Errc::busy at once when the queue is full;
// with Errc::timeout when its time is up, even while the TPM still works on it; with Errc::unavailable when the device
// closes first. A second thread watches the clock, because a TPM command cannot be interrupted.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>
#include <utility>

#include "rot/attester.h"
#include "rot/tpm2/tpm.h"

namespace credence::rot::tpm2 {

// A request that waits for its answer.
class Request {
 public:
  virtual ~Request() = default;
  virtual void run(Tpm& tpm) = 0;
  virtual void refuse(Error error) = 0;
  [[nodiscard]] bool is_answered() const noexcept { return answered_.load(std::memory_order_acquire); }

  std::chrono::steady_clock::time_point deadline{};

 protected:
  // True for the first who wants to answer.
  [[nodiscard]] bool claim() noexcept { return !answered_.exchange(true, std::memory_order_acq_rel); }

 private:
  std::atomic<bool> answered_ = false;
};

template <typename T>
class TypedRequest final : public Request {
 public:
  using Operation = std::move_only_function<Result<T>(Tpm&)>;
  TypedRequest(Operation operation, Completion<T> done) : operation_(std::move(operation)), done_(std::move(done)) {}

  void run(Tpm& tpm) override { answer(operation_(tpm)); }
  void refuse(Error error) override { answer(std::unexpected(std::move(error))); }

 private:
  void answer(Result<T> result) {
    if (!claim()) return;
    done_(std::move(result));
    done_ = nullptr;  // what it holds may hold the device
  }

  Operation operation_;
  Completion<T> done_;
};

class Worker {
 public:
  Worker(std::unique_ptr<Tpm> tpm, std::size_t queue_length, std::chrono::milliseconds timeout);
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  // Answers what waits and lets a running command end. From one of its own threads, which happens when a completion
  // held the last reference, it does not wait.
  ~Worker();

  template <typename T>
  void submit(typename TypedRequest<T>::Operation operation, Completion<T> done) {
    enqueue(std::make_shared<TypedRequest<T>>(std::move(operation), std::move(done)));
  }

 private:
  struct State;
  void enqueue(std::shared_ptr<Request> request);

  std::shared_ptr<State> state_;
  std::thread commands_;
  std::thread deadlines_;
};

}  // namespace credence::rot::tpm2
