#include "verifier/store/postgres/pool.h"

#include <format>

namespace credence::verifier::postgres {

Pool::Pool(const std::string& options, unsigned size, RemoteServer remote, std::chrono::milliseconds patience)
    : patience_(patience) {
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
}

}  // namespace credence::verifier::postgres
