// Whether a caller may do what it asks for: who it is by any of the configured methods, and which roles that gives.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/log.h"
#include "service/access/method.h"
#include "service/access/principal.h"
#include "service/access/rate_limit.h"
#include "service/http/message.h"

namespace credence::service::access {

// Who may do something: whoever has one of the roles, or everybody.
struct Permission {
  Roles roles{};
  bool everybody = false;
};
inline constexpr Permission kEverybody{.roles = {}, .everybody = true};

// Why somebody was not let in, for the log, and the answer that says so.
struct Refusal {
  http::Response response;
  std::string who;  // empty: nobody knows
  std::string reason;
};

// Thread-safe and immutable.
class Access {
 public:
  struct Parts {
    std::vector<std::shared_ptr<const Method>> methods{};
    // Of callers without a credential: verification is open, as Veraison's is, unless this is empty.
    Roles anonymous{Role::relying_party};
    // Programs on this machine that connect directly may do everything, without a credential. Only for a listener that
    // nobody else can reach, and only while no method is configured.
    bool open_to_local_callers = false;
    // Of credentials that are not good, by http::Request::client. Null: not counted.
    std::shared_ptr<RateLimit> failures{};
  };
  explicit Access(Parts parts) : parts_(std::move(parts)) {}

  // The caller, if it has the permission; otherwise the answer: 401 with a challenge of each method (RFC 9110 section
  // 15.5.2), or 403.
  [[nodiscard]] std::expected<Principal, Refusal> admit(const http::Request& request,
                                                        const Permission& permission) const;
  // Whether admit() would hold up a thread that serves requests.
  [[nodiscard]] bool is_slow(const http::Request& request) const;

 private:
  [[nodiscard]] Result<std::optional<Principal>> identify(const http::Request& request) const;
  [[nodiscard]] std::expected<Principal, Refusal> admit_anonymous(const http::Request& request,
                                                                  const Permission& permission) const;
  [[nodiscard]] bool is_permitted(Roles roles, const Permission& permission) const noexcept;
  [[nodiscard]] Refusal unauthorized(std::string_view reason) const;
  [[nodiscard]] Refusal not_good(const http::Request& request, std::string_view reason) const;

  Parts parts_;
};

}  // namespace credence::service::access
