// A policy as the engine runs it, whatever language its rules are written in.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "rats/ear/ear.h"
#include "wire/json/json.h"

namespace credence::verifier {

// What a policy sees of one submodule, under Veraison's names (docs/policies.md). Made for one run: what is a function
// is called when the policy asks for it, because it is not free.
struct PolicyInput {
  std::string_view scheme;
  std::string_view submodule;
  std::function<Result<json::Object>()> evidence;  // all of it, and what the result says of this submodule
  std::function<json::Object()> result;
  std::function<Result<json::Array>()> endorsements;
  std::function<json::Object()> session;
  std::function<json::Object()> names;  // name of a peer -> instances in hexadecimal

  // All of it, for an engine outside this process.
  [[nodiscard]] Result<json::Object> to_json() const;
};

template <typename T>
struct PolicySetting {
  T value{};
  int line = 0;  // of the rules, where known
};
// What it wants to be so. Nothing, and zero, leaves things as they are.
struct PolicyOutput {
  std::optional<PolicySetting<rats::Tier>> status;
  std::array<std::optional<PolicySetting<std::int8_t>>, rats::kTrustClaims> claims;
  json::Object added_claims;
};

// Thread-safe, immutable.
class PolicyProgram {
 public:
  virtual ~PolicyProgram() = default;
  // An Error means that the policy failed: whatever the reason, the appraisal is a refusal.
  [[nodiscard]] virtual Result<PolicyOutput> run(const PolicyInput& input) const = 0;
};

// Thread-safe.
class PolicyLanguage {
 public:
  virtual ~PolicyLanguage() = default;
  [[nodiscard]] virtual std::string_view type() const = 0;        // "lua", "opa": as Veraison's JSON names it
  [[nodiscard]] virtual std::string_view media_type() const = 0;  // of rules
  // Whether run() waits for another process: not on a thread that serves requests.
  [[nodiscard]] virtual bool is_remote() const noexcept { return false; }
  // Of rules that were checked before; waits for nothing. `id` is that of the version.
  [[nodiscard]] virtual Result<std::shared_ptr<const PolicyProgram>> load(const std::string& id,
                                                                          std::string_view rules) const = 0;
  // Whether the rules can be run at all. Errc::invalid_value, with the line, when not; Errc::unavailable or timeout
  // when that could not be found out.
  [[nodiscard]] virtual Result<void> check(const std::string& id, std::string_view rules) const = 0;
  // What check() and run() left elsewhere may go.
  virtual void forget(const std::string& /*id*/) const {}
};

inline constexpr std::size_t kMaxRules = 64 << 10;         // octets
inline constexpr std::size_t kMostAddedClaims = 16 << 10;  // octets of their text

}  // namespace credence::verifier
