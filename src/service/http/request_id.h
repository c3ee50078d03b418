// The name of a request: in its answer (X-Request-Id), in problem details and in every log line that it causes, so that
// a client's complaint leads to the lines about it.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "service/http/message.h"

namespace credence::service::http {

inline constexpr std::string_view kRequestIdHeader = "X-Request-Id";

// Makes names that differ: within this process by a number, between processes by `prefix`. They are no secret and
// nothing is looked up by them. Thread-safe.
class RequestIds {
 public:
  explicit RequestIds(std::string prefix) : prefix_(std::move(prefix)) {}
  RequestIds(RequestIds&& other) noexcept : prefix_(other.prefix_), next_(other.next_.load()) {}

  // The client's own name for it when that has 1 to 64 letters, digits, "-", "_" and "." (it goes into logs and
  // headers, and is a URI reference as it stands), else a new one.
  [[nodiscard]] std::string id_of(const Request& request);
  [[nodiscard]] std::string make();

 private:
  const std::string prefix_;
  std::atomic<std::uint64_t> next_{1};
};

// While it lives, this thread works for the request: handlers run on one thread and return, so what they log meanwhile
// is about it. `id` must outlive it.
class RequestScope {
 public:
  explicit RequestScope(std::string_view id) noexcept;
  ~RequestScope();
  RequestScope(const RequestScope&) = delete;
  RequestScope& operator=(const RequestScope&) = delete;

  // Of the request that this thread works for; empty when for none.
  [[nodiscard]] static std::string_view current() noexcept;
};

}  // namespace credence::service::http
