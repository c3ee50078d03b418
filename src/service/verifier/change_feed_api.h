// GET /change-feed/v1/changes: polled, waited for, or as server-sent events (docs/verifier-api.md).
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>

#include "service/verifier/change_feed.h"
#include "service/verifier/routes.h"

namespace credence::service {

// Thread-safe.
class ChangeFeedApi {
 public:
  ChangeFeedApi(std::shared_ptr<ChangeFeed> feed, std::size_t most_streams)
      : feed_(std::move(feed)), streams_(std::make_shared<Streams>(most_streams)) {}

  // The routes keep what they need alive.
  void add_routes(Routes& routes) const;
  [[nodiscard]] http::Response changes(const http::Request& request) const;

 private:
  // Followers hold connections: they must leave some for those who want a verdict.
  struct Streams {
    explicit Streams(std::size_t limit) : most(limit) {}
    const std::size_t most;
    std::atomic<std::size_t> open = 0;
  };
  class Place;
  class EventStream;
  class LongPoll;
  [[nodiscard]] Result<Place> take_place() const;

  std::shared_ptr<ChangeFeed> feed_;
  std::shared_ptr<Streams> streams_;
};

}  // namespace credence::service
