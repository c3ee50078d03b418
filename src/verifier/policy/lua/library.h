// The functions that a policy may call. A subset of Lua's own, under their names where they mean the same: nothing that
// reads or writes anything outside, compiles, catches errors, or takes time that is not in proportion to the memory it
// reads (no patterns, no formats, no sorting).
//
// Internal to the folder: it shows Lua.
#pragma once

#include <string_view>

#include "verifier/policy/lua/state.h"

namespace credence::verifier::lua {

// Leaves the function or the table of that name on the stack: "ipairs", "string", "semver_cmp", ... False, and nothing
// on the stack, when there is none.
[[nodiscard]] bool push_from_library(lua_State* state, std::string_view name);

// Lets texts have the functions of `string` as methods.
void give_methods_to_texts(lua_State* state);

}  // namespace credence::verifier::lua
