// Policies in Lua 5.4, in a sandbox (docs/policies.md).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/clock.h"
#include "verifier/policy/language.h"

namespace credence::verifier {

inline constexpr std::string_view kLuaRules = "application/vnd.credence.policy.lua";

// What a policy may use up. Compiling rules is limited in the same way.
struct LuaLimits {
  std::size_t memory = 8 << 20;           // octets in use at once
  std::size_t allocated = 64 << 20;       // octets in all, freed or not: copying takes time that no instruction counts
  std::int64_t instructions = 1'000'000;  // of the virtual machine: some ten milliseconds
  std::chrono::milliseconds time{1'000};  // by the clock
};

// Rules are compiled once. Every run has a state of its own: nothing that a policy saw in one appraisal is there in the
// next, and nobody waits for anybody.
[[nodiscard]] std::shared_ptr<const PolicyLanguage> lua_language(std::shared_ptr<const Clock> clock,
                                                                 const LuaLimits& limits = {});

}  // namespace credence::verifier
