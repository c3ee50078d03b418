// Inputs for policies that are tested without an engine.
#pragma once

#include <string>
#include <utility>

#include "base/clock.h"
#include "verifier/policy/language.h"
#include "verifier/policy/lua/language.h"

namespace credence::test {

// Moves on with every look: what waits for a time limit need not wait for real.
class RushingClock final : public Clock {
 public:
  [[nodiscard]] Timestamp now() const override { return now_ += std::chrono::milliseconds(1); }

 private:
  mutable Timestamp now_{};
};

struct PolicyScene {
  std::string scheme = "PSA_IOT";
  json::Object evidence;
  json::Array endorsements;
  json::Object result{{"ear.status", "affirming"}};
  json::Object session{{"nonce", "AAECAw=="}, {"instance", "0102"}};
  json::Object names{{"web.example", json::Array{"0102", "0304"}}};
  mutable int asked_for_endorsements = 0;

  [[nodiscard]] verifier::PolicyInput input() const {
    return {.scheme = scheme,
            .submodule = scheme,
            .evidence = [this] { return Result<json::Object>(evidence); },
            .result = [this] { return result; },
            .endorsements =
                [this] {
                  ++asked_for_endorsements;
                  return Result<json::Array>(endorsements);
                },
            .session = [this] { return session; },
            .names = [this] { return names; }};
  }
};

inline Result<verifier::PolicyOutput> run_lua(std::string_view rules, const PolicyScene& scene = {},
                                              const verifier::LuaLimits& limits = {},
                                              std::shared_ptr<const Clock> clock = system_clock()) {
  TRY(const auto program, verifier::lua_language(std::move(clock), limits)->load("id", rules));
  return program->run(scene.input());
}

}  // namespace credence::test
