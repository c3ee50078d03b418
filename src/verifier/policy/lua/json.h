// Between JSON and the values of Lua. Both only within State::protect().
//
// Internal to the folder: it shows Lua.
#pragma once

#include "verifier/policy/lua/state.h"
#include "wire/json/json.h"

namespace credence::verifier::lua {

// Leaves the value on the stack. Arrays count from 1; a member that is null is absent, an item that is null is false; a
// number above 2^63 becomes a float.
void push(lua_State* state, const json::Value& value);
void push(lua_State* state, const json::Object& object);
void push(lua_State* state, const json::Array& array);

// The value at `index`. A table is an array when its keys are 1 to n, else an object, whose keys are texts. Raises an
// error of Lua for what JSON cannot say, for more than a result should carry (16 KiB of text, 1000 values, 8 levels)
// and for text that is no UTF-8.
[[nodiscard]] json::Value to_json(lua_State* state, int index);

}  // namespace credence::verifier::lua
