// Asks what is not known, once for all who want it at the same time, and keeps the answers.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "client/coserv.h"
#include "edge/answers.h"
#include "edge/cache.h"

namespace credence::edge {

// Thread-safe.
class Fetcher : public std::enable_shared_from_this<Fetcher> {
 public:
  struct Parts {
    std::weak_ptr<client::CoservClient> client{};  // its end is the end of what is under way
    std::string service{};                         // its URL
    client::CoservTrust trust{};
    std::chrono::seconds max_age{3'600};  // answers are not used for longer after they were made, whatever they say
    // A service that says it serves no documents by id has no deny list to give, and none is needed.
    bool allow_insecure_no_deny_list = false;
    std::shared_ptr<const Clock> clock{};
    std::shared_ptr<Cache> cache{};
  };
  explicit Fetcher(Parts parts) : parts_(std::move(parts)) {}

  using Done = std::move_only_function<void(const Result<Kept>&)>;
  // `done` is called exactly once, on the client's I/O thread or before this returns.
  void fetch(const rats::CoservQuery& query, Done done);

 private:
  [[nodiscard]] Result<Kept> keep(const rats::CoservQuery& query, Result<client::CoservAnswer> answer) const;
  [[nodiscard]] bool is_dispensable(const rats::CoservQuery& query, const Error& refusal) const;
  [[nodiscard]] Result<client::CoservAnswer> nothing_for(const rats::CoservQuery& query) const;
  [[nodiscard]] Error explain(const rats::CoservQuery& query, Error error) const;

  const Parts parts_;
  std::mutex mutex_;
  std::unordered_map<std::string, std::vector<Done>> waiting_;  // by the octets of the query
};

}  // namespace credence::edge
