// One way in which a caller says who it is.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "service/access/principal.h"
#include "service/http/message.h"

namespace credence::service::access {

// Thread-safe.
class Method {
 public:
  virtual ~Method() = default;

  // Nothing when the request carries no credential of this kind. Errc::unauthorized for one that is not good; the text
  // goes to the caller and to the log, so it repeats nothing of the credential. Other codes: nothing could be decided.
  [[nodiscard]] virtual Result<std::optional<Principal>> identify(const http::Request& request) const = 0;

  // Whether identify() takes longer than a thread that serves requests should be held up: a password to be hashed, keys
  // to be fetched.
  [[nodiscard]] virtual bool is_slow(const http::Request& request) const;

  // For WWW-Authenticate (RFC 9110 section 11.6.1); empty when this method is not one of HTTP.
  [[nodiscard]] virtual std::string challenge() const = 0;
};

inline bool Method::is_slow(const http::Request& /*request*/) const { return false; }

}  // namespace credence::service::access
