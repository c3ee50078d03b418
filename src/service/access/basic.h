// HTTP Basic (RFC 7617) with bcrypt hashes: Veraison's "basic" backend.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/secret.h"
#include "service/access/config.h"
#include "service/access/method.h"
#include "service/access/rate_limit.h"

namespace credence::service::access {

// A password that was good is known for a while by a keyed digest, so that a client pays for bcrypt once; one that was
// not is paid for each time, and from an address with too many of them none is looked at.
class BasicUsers final : public Method {
 public:
  struct Parts {
    std::vector<UserConfig> users{};
    std::shared_ptr<RateLimit> failures{};  // by http::Request::client; who fails counts in Access
    std::shared_ptr<const Clock> clock{};
    std::chrono::seconds memory{300};
    std::size_t most_remembered = 1'024;
  };
  [[nodiscard]] static Result<std::unique_ptr<BasicUsers>> make(Parts parts, const Random& random);

  [[nodiscard]] Result<std::optional<Principal>> identify(const http::Request& request) const override;
  [[nodiscard]] std::string challenge() const override { return "Basic realm=\"credence\", charset=\"UTF-8\""; }
  [[nodiscard]] bool is_slow(const http::Request& request) const override;

 private:
  BasicUsers(Parts parts, SecretBytes key) : parts_(std::move(parts)), key_(std::move(key)) {}
  [[nodiscard]] Result<std::string> digest_of(ByteView credential) const;
  [[nodiscard]] std::optional<Principal> remembered(const std::string& digest) const;
  [[nodiscard]] const UserConfig* check(std::string_view name, std::string_view password) const;
  void remember(std::string digest, const UserConfig& user) const;

  struct Known {
    const UserConfig* user = nullptr;
    Timestamp until{};
  };
  const Parts parts_;
  const SecretBytes key_;  // of this process: the digests are of no use elsewhere
  mutable std::mutex mutex_;
  mutable std::unordered_map<std::string, Known> known_;
};

}  // namespace credence::service::access
