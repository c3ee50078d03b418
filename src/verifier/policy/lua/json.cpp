#include "verifier/policy/lua/json.h"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>

#include "verifier/policy/language.h"
#include "wire/utf8.h"

namespace credence::verifier::lua {
namespace {

constexpr int kMostLevels = 8;
constexpr int kStackForOne = 4;  // slots of the stack that one level needs

// What a policy adds to a result is signed and sent: it must not be able to make it huge.
struct Allowance {
  std::size_t octets = kMostAddedClaims;
  std::size_t values = 1'000;
};

json::Value convert(lua_State* state, int index, int level, Allowance& allowance);

std::string_view text_from(lua_State* state, int index, Allowance& allowance) {
  std::size_t size = 0;
  const char* const octets = lua_tolstring(state, index, &size);
  const std::string_view text(octets, size);
  if (size > allowance.octets) luaL_error(state, "a result takes at most 16 KiB of text");
  if (!is_utf8(text)) luaL_error(state, "a text of a result is no UTF-8");
  allowance.octets -= size;
  return text;
}

json::Value number_from(lua_State* state, int index) {
  if (lua_isinteger(state, index) != 0) return lua_tointeger(state, index);
  const double number = lua_tonumber(state, index);
  if (!std::isfinite(number)) luaL_error(state, "a number of a result is not finite");
  return number;
}

json::Array array_from(lua_State* state, int index, lua_Unsigned size, int level, Allowance& allowance) {
  json::Array array;
  for (lua_Unsigned i = 1; i <= size; ++i) {
    lua_rawgeti(state, index, static_cast<lua_Integer>(i));
    array.push_back(convert(state, lua_gettop(state), level, allowance));
    lua_pop(state, 1);
  }
  return array;
}

json::Object object_from(lua_State* state, int index, int level, Allowance& allowance) {
  json::Object object;
  lua_pushnil(state);
  while (lua_next(state, index) != 0) {
    if (lua_type(state, -2) != LUA_TSTRING)
      luaL_error(state, "a table of a result has keys that are neither texts nor 1 to n");
    const std::string_view key = text_from(state, -2, allowance);
    object[key] = convert(state, lua_gettop(state), level, allowance);
    lua_pop(state, 1);
  }
  return object;
}

json::Value table_from(lua_State* state, int index, int level, Allowance& allowance) {
  if (level == kMostLevels) luaL_error(state, "a table of a result is nested more than %d times", kMostLevels);
  luaL_checkstack(state, kStackForOne, "a result is nested too deeply");
  const lua_Unsigned size = lua_rawlen(state, index);
  if (size == 0) return object_from(state, index, level + 1, allowance);
  lua_Unsigned entries = 0;
  for (lua_pushnil(state); lua_next(state, index) != 0; lua_pop(state, 1)) ++entries;
  if (entries != size) return object_from(state, index, level + 1, allowance);
  return array_from(state, index, size, level + 1, allowance);
}

json::Value convert(lua_State* state, int index, int level, Allowance& allowance) {
  if (allowance.values == 0) luaL_error(state, "a result takes at most 1000 values");
  --allowance.values;
  switch (lua_type(state, index)) {
    case LUA_TBOOLEAN:
      return lua_toboolean(state, index) != 0;
    case LUA_TNUMBER:
      return number_from(state, index);
    case LUA_TSTRING:
      return json::Value(text_from(state, index, allowance));
    case LUA_TTABLE:
      return table_from(state, index, level, allowance);
    default:
      luaL_error(state, "a result cannot hold a %s", luaL_typename(state, index));
      return {};
  }
}

void push_text(lua_State* state, std::string_view text) { lua_pushlstring(state, text.data(), text.size()); }

int size_hint(std::size_t size) { return static_cast<int>(std::min<std::size_t>(size, 1 << 16)); }

}  // namespace

void push(lua_State* state, const json::Value& value) {
  luaL_checkstack(state, kStackForOne, "the input is nested too deeply");
  if (value.is_object()) return push(state, value.get_object());
  if (value.is_array()) return push(state, value.get_array());
  if (value.is_string()) return push_text(state, value.get_string());
  if (value.is_bool()) return lua_pushboolean(state, value.get_bool() ? 1 : 0);
  if (value.is_int64()) return lua_pushinteger(state, value.get_int64());
  if (value.is_double()) return lua_pushnumber(state, value.get_double());
  if (!value.is_uint64()) return lua_pushboolean(state, 0);  // null
  if (std::in_range<lua_Integer>(value.get_uint64())) {
    lua_pushinteger(state, static_cast<lua_Integer>(value.get_uint64()));
  } else {
    lua_pushnumber(state, static_cast<lua_Number>(value.get_uint64()));
  }
}

void push(lua_State* state, const json::Object& object) {
  lua_createtable(state, 0, size_hint(object.size()));
  for (const auto& [key, value] : object) {
    if (value.is_null()) continue;
    push_text(state, key);
    push(state, value);
    lua_rawset(state, -3);
  }
}

void push(lua_State* state, const json::Array& array) {
  lua_createtable(state, size_hint(array.size()), 0);
  lua_Integer next = 0;
  for (const json::Value& value : array) {
    push(state, value);
    lua_rawseti(state, -2, ++next);
  }
}

json::Value to_json(lua_State* state, int index) {
  Allowance allowance;
  return convert(state, lua_absindex(state, index), 0, allowance);
}

}  // namespace credence::verifier::lua
