#include "verifier/store/postgres/pool.h"

#include <algorithm>
#include <format>

namespace credence::verifier::postgres {

Pool::Pool(const std::string& options, unsigned size, RemoteServer remote, std::chrono::milliseconds patience,
           std::chrono::milliseconds idle)
    : patience_(patience), idle_(idle) {
  free_.reserve(size);
  for (unsigned i = 0; i < size; ++i) free_.push_back(&connections_.emplace_back(options, remote, News::ignored));
}

Result<Pool::Lease> Pool::take() {
  std::unique_lock lock(mutex_);
  if (!some_free_.wait_for(lock, patience_, [this] { return !free_.empty(); }))
    return fail(Errc::busy,
                std::format("PostgreSQL: all {} connections were in use for {} ms: look for what holds the database up",
                            connections_.size(), patience_.count()));
  Connection* const connection = free_.back();  // the one used last: others may go idle
  free_.pop_back();
  return Lease(connection, GiveBack{this});
}

void Pool::give_back(Connection* connection) noexcept {
  {
    const std::lock_guard lock(mutex_);
    free_.push_back(connection);
  }
  some_free_.notify_one();
  // What a peak has opened goes: the server has a limit for all its clients.
  while (Connection* const idle = take_idle()) {
    idle->close();
    {
      const std::lock_guard lock(mutex_);
      free_.insert(free_.begin(), idle);
    }
    some_free_.notify_one();
  }
}

Connection* Pool::take_idle() noexcept {
  const std::lock_guard lock(mutex_);
  const auto found = std::ranges::find_if(free_, [this](const Connection* one) { return one->is_idle(idle_); });
  if (found == free_.end()) return nullptr;
  Connection* const idle = *found;
  free_.erase(found);
  return idle;
}

}  // namespace credence::verifier::postgres
