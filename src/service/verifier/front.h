// What stands in front of every operation: how often, who, whether it may, whether the clock is right, and the audit
// log.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "base/clock.h"
#include "base/log.h"
#include "service/access/access.h"
#include "service/access/rate_limit.h"
#include "service/audit/log.h"
#include "service/http/router.h"
#include "service/verifier/operation.h"

namespace credence::service {

// Requests of one client address (Request::client) and of one principal. Loopback addresses are not limited: that is
// a proxy that knows its clients, or the machine's own programs. `refusal_lines` bounds what a flood of requests that
// are refused writes into the audit log.
struct RequestRates {
  access::Rate client{.per_second = 500, .burst = 2'000};
  access::Rate principal{.per_second = 500, .burst = 2'000};
  access::Rate refusal_lines{.per_second = 50, .burst = 500};
};

// The line of the audit log about this request, as it begins.
[[nodiscard]] audit::Entry audit_entry(const OperationRow& row, const http::Request& request);

// Thread-safe.
class Front : public std::enable_shared_from_this<Front> {
 public:
  struct Parts {
    std::shared_ptr<const access::Access> access{};
    RequestRates rates{};
    std::shared_ptr<audit::Log> audit{};  // null: none is kept
    std::shared_ptr<const Clock> clock = system_clock();
    Log* log = &no_log();
  };
  explicit Front(Parts parts);

  // The guard and the handler of a row. They keep this object.
  [[nodiscard]] http::Guard guard(const OperationRow& row);
  [[nodiscard]] http::Slow slow();
  [[nodiscard]] http::Handler audited(const OperationRow& row, http::Handler handler);

 private:
  [[nodiscard]] std::optional<access::Refusal> refuse(const OperationRow& row, http::Request& request);
  [[nodiscard]] std::optional<http::Response> refuse_without_clock(const OperationRow& row,
                                                                   const http::Request& request);
  [[nodiscard]] http::Response perform(const OperationRow& row, const http::Handler& handler, http::Request& request);
  void record_refusal(const OperationRow& row, const http::Request& request, const access::Refusal& refusal);

  Parts parts_;
  access::RateLimit clients_;
  access::RateLimit principals_;
  access::RateLimit refusal_lines_;
  std::atomic<std::uint64_t> unrecorded_ = 0;
};

}  // namespace credence::service
