// The globals of a policy: what it reads are inputs, what it sets are outputs, and anything else is a mistake.
//
// Internal to the folder: it shows Lua.
#pragma once

#include "verifier/policy/language.h"
#include "verifier/policy/lua/state.h"

namespace credence::verifier::lua {

// One run. Lives as long as the call that it is the `data` of (State::protect).
struct Run {
  const PolicyInput* input = nullptr;
  PolicyOutput output;
  std::optional<Error> failure;  // of an input: no fault of the policy
};

// Leaves the table that is the policy's _ENV on the stack. Inputs come into it as they are asked for.
void push_environment(lua_State* state);

// Takes `added_claims` over into the output; after the policy has run.
void collect_added_claims(lua_State* state, Run& run);

}  // namespace credence::verifier::lua
