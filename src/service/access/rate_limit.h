// How often somebody may do something: a token bucket for each name, in a table of bounded size.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/clock.h"

namespace credence::service::access {

struct Rate {
  double per_second = 0;  // 0: no limit
  double burst = 0;       // at once, after a pause
};

// Thread-safe. When the table is full, whoever was seen longest ago is forgotten, and begins anew.
class RateLimit {
 public:
  static constexpr std::size_t kMostNames = 65'536;
  RateLimit(Rate rate, std::shared_ptr<const Clock> clock, std::size_t most_names = kMostNames)
      : rate_(rate), clock_(std::move(clock)), most_names_(most_names) {}

  // Counts one; if that is one too many, the time to wait.
  [[nodiscard]] std::optional<Seconds> take(std::string_view who);
  // The time to wait before one would not be too many, without counting it.
  [[nodiscard]] std::optional<Seconds> wait(std::string_view who);

 private:
  struct Bucket {
    std::string name;
    double tokens = 0;
    Timestamp filled{};
  };
  using Buckets = std::list<Bucket>;
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>()(text); }
  };

  [[nodiscard]] Bucket& filled(std::string_view who);
  [[nodiscard]] Seconds until_next(const Bucket& bucket) const noexcept;

  const Rate rate_;
  const std::shared_ptr<const Clock> clock_;
  const std::size_t most_names_;
  std::mutex mutex_;
  Buckets buckets_;  // most recently seen first
  std::unordered_map<std::string_view, Buckets::iterator, TextHash, std::equal_to<>> by_name_;  // names in buckets_
};

}  // namespace credence::service::access
