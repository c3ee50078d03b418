// Gives policies to a verifier (Veraison's management API).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "client/http.h"
#include "wire/json/json.h"

namespace credence::client {

struct Management {
  std::string url;  // of the verifier: "https://verifier.example:8443"
  HttpOptions http{};
  std::optional<SecretBytes> token{};  // sent as "Authorization: Bearer"
};

struct NewPolicy {
  std::string scheme;
  std::string name;        // empty: the verifier's default
  std::string media_type;  // of the rules
  std::string rules;
  bool grant_raise = false;
};

// The version as the verifier stored it, not active: its UUID is the member "uuid". Errc::invalid_value with the reason
// for rules that the verifier refuses; unauthorized, unavailable, timeout, ...
[[nodiscard]] Result<json::Object> create_policy(const Management& where, const NewPolicy& policy);
[[nodiscard]] Result<void> activate_policy(const Management& where, std::string_view scheme, std::string_view id);
// Errc::invalid_value with the verifier's words for the active one.
[[nodiscard]] Result<void> remove_policy(const Management& where, std::string_view scheme, std::string_view id);
[[nodiscard]] Result<void> deactivate_policies(const Management& where, std::string_view scheme);
// Oldest first.
[[nodiscard]] Result<std::vector<json::Object>> list_policies(const Management& where, std::string_view scheme);

}  // namespace credence::client
