#include "verifier/policy/lua/library.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <span>
#include <string>

namespace credence::verifier::lua {
namespace {

struct Function {
  std::string_view name;
  lua_CFunction function;
};

constexpr lua_Integer kMostRepeated = 64 << 10;  // octets that string.rep makes

std::string_view text_at(lua_State* state, int argument) {
  std::size_t size = 0;
  luaL_checktype(state, argument, LUA_TSTRING);
  const char* const octets = lua_tolstring(state, argument, &size);
  return {octets, size};
}

void push_text(lua_State* state, std::string_view text) { lua_pushlstring(state, text.data(), text.size()); }

// --- of the language itself ---

int next_pair(lua_State* state) {
  luaL_checktype(state, 1, LUA_TTABLE);
  lua_settop(state, 2);
  if (lua_next(state, 1) != 0) return 2;
  lua_pushnil(state);
  return 1;
}

int pairs(lua_State* state) {
  luaL_checktype(state, 1, LUA_TTABLE);
  lua_pushcfunction(state, next_pair);
  lua_pushvalue(state, 1);
  lua_pushnil(state);
  return 3;
}

int next_item(lua_State* state) {
  luaL_checktype(state, 1, LUA_TTABLE);
  const lua_Integer next = luaL_checkinteger(state, 2) + 1;
  lua_pushinteger(state, next);
  return lua_rawgeti(state, 1, next) == LUA_TNIL ? 1 : 2;
}

int ipairs(lua_State* state) {
  luaL_checktype(state, 1, LUA_TTABLE);
  lua_pushcfunction(state, next_item);
  lua_pushvalue(state, 1);
  lua_pushinteger(state, 0);
  return 3;
}

int type(lua_State* state) {
  luaL_checkany(state, 1);
  lua_pushstring(state, luaL_typename(state, 1));
  return 1;
}

// Never an address: it would tell a reader of results where this process has its memory.
int to_string(lua_State* state) {
  luaL_checkany(state, 1);
  switch (lua_type(state, 1)) {
    case LUA_TNIL:
      lua_pushliteral(state, "nil");
      return 1;
    case LUA_TBOOLEAN:
      lua_pushstring(state, lua_toboolean(state, 1) != 0 ? "true" : "false");
      return 1;
    case LUA_TNUMBER:
      lua_pushvalue(state, 1);
      lua_tolstring(state, -1, nullptr);
      return 1;
    case LUA_TSTRING:
      lua_pushvalue(state, 1);
      return 1;
    default:
      lua_pushstring(state, luaL_typename(state, 1));
      return 1;
  }
}

int to_number(lua_State* state) {
  luaL_checkany(state, 1);
  if (lua_type(state, 1) == LUA_TNUMBER) {
    lua_pushvalue(state, 1);
    return 1;
  }
  if (lua_type(state, 1) != LUA_TSTRING) return luaL_error(state, "tonumber: expected a text or a number");
  if (lua_stringtonumber(state, text_at(state, 1).data()) != text_at(state, 1).size() + 1) lua_pushnil(state);
  return 1;
}

int raise(lua_State* state) {
  const std::string_view text = text_at(state, 1);
  luaL_where(state, 1);
  push_text(state, text);
  lua_concat(state, 2);
  return lua_error(state);
}

int assert_true(lua_State* state) {
  luaL_checkany(state, 1);
  if (lua_toboolean(state, 1) != 0) return lua_gettop(state);
  return luaL_error(state, "%s", lua_type(state, 2) == LUA_TSTRING ? text_at(state, 2).data() : "assertion failed");
}

// --- texts ---

// A position of Lua, 1 or -1 at the ends, in a text of `size`; 0 and what lies outside is cut.
lua_Integer position(lua_Integer at, std::size_t size) {
  const auto length = static_cast<lua_Integer>(size);
  if (at >= 0) return at;
  return at < -length ? 0 : length + at + 1;
}

std::string_view part_of(lua_State* state, lua_Integer default_last) {
  const std::string_view text = text_at(state, 1);
  const lua_Integer first = std::max<lua_Integer>(position(luaL_optinteger(state, 2, 1), text.size()), 1);
  const lua_Integer last = std::min<lua_Integer>(position(luaL_optinteger(state, 3, default_last), text.size()),
                                                 static_cast<lua_Integer>(text.size()));
  if (first > last) return {};
  return text.substr(static_cast<std::size_t>(first - 1), static_cast<std::size_t>(last - first + 1));
}

int string_sub(lua_State* state) {
  luaL_checkinteger(state, 2);
  push_text(state, part_of(state, -1));
  return 1;
}

int string_len(lua_State* state) {
  lua_pushinteger(state, static_cast<lua_Integer>(text_at(state, 1).size()));
  return 1;
}

int string_byte(lua_State* state) {
  const std::string_view text = text_at(state, 1);
  const lua_Integer at = position(luaL_optinteger(state, 2, 1), text.size());
  if (at < 1 || at > static_cast<lua_Integer>(text.size())) return 0;
  lua_pushinteger(state, static_cast<std::uint8_t>(text[static_cast<std::size_t>(at - 1)]));
  return 1;
}

template <char kFirst, char kLast, int kShift>
int shifted(lua_State* state) {
  std::string text(text_at(state, 1));
  for (char& letter : text)
    if (letter >= kFirst && letter <= kLast) letter = static_cast<char>(letter + kShift);
  push_text(state, text);
  return 1;
}

int string_rep(lua_State* state) {
  const std::string_view text = text_at(state, 1);
  const lua_Integer times = std::max<lua_Integer>(luaL_checkinteger(state, 2), 0);
  if (!text.empty() && times > kMostRepeated / static_cast<lua_Integer>(text.size()))
    return luaL_error(state, "string.rep makes at most 64 KiB");
  std::string made;
  for (lua_Integer i = 0; i < times && !text.empty(); ++i) made += text;
  push_text(state, made);
  return 1;
}

int string_contains(lua_State* state) {
  const std::string_view text = text_at(state, 1), part = text_at(state, 2);
  // memmem() is linear; std::string_view::find() is not.
  lua_pushboolean(state, part.empty() || ::memmem(text.data(), text.size(), part.data(), part.size()) != nullptr);
  return 1;
}

int string_starts_with(lua_State* state) {
  lua_pushboolean(state, text_at(state, 1).starts_with(text_at(state, 2)) ? 1 : 0);
  return 1;
}

int string_ends_with(lua_State* state) {
  lua_pushboolean(state, text_at(state, 1).ends_with(text_at(state, 2)) ? 1 : 0);
  return 1;
}

int string_split(lua_State* state) {
  std::string_view text = text_at(state, 1);
  const std::string_view separator = text_at(state, 2);
  if (separator.size() != 1) return luaL_error(state, "string.split takes a separator of one octet");
  lua_newtable(state);
  for (lua_Integer i = 1;; ++i) {
    const std::size_t end = text.find(separator.front());
    push_text(state, text.substr(0, end));
    lua_rawseti(state, -2, i);
    if (end == std::string_view::npos) return 1;
    text.remove_prefix(end + 1);
  }
}

// --- tables and numbers ---

int table_insert(lua_State* state) {
  luaL_checktype(state, 1, LUA_TTABLE);
  luaL_checkany(state, 2);
  if (lua_gettop(state) != 2) return luaL_error(state, "table.insert takes a table and a value, and appends");
  lua_rawseti(state, 1, static_cast<lua_Integer>(lua_rawlen(state, 1)) + 1);
  return 0;
}

int table_concat(lua_State* state) {
  luaL_checktype(state, 1, LUA_TTABLE);
  const std::string_view separator = lua_isnoneornil(state, 2) ? std::string_view() : text_at(state, 2);
  std::string made;
  for (lua_Integer i = 1; i <= static_cast<lua_Integer>(lua_rawlen(state, 1)); ++i) {
    if (lua_rawgeti(state, 1, i) != LUA_TSTRING) return luaL_error(state, "table.concat takes a table of texts");
    if (i > 1) made += separator;
    made += text_at(state, -1);
    if (made.size() > kMostRepeated) return luaL_error(state, "table.concat makes at most 64 KiB");
    lua_pop(state, 1);
  }
  push_text(state, made);
  return 1;
}

template <int kComparison>
int extreme(lua_State* state) {
  luaL_checknumber(state, 1);
  int found = 1;
  for (int i = 2; i <= lua_gettop(state); ++i) {
    luaL_checknumber(state, i);
    const bool better =
        kComparison < 0 ? lua_compare(state, i, found, LUA_OPLT) != 0 : lua_compare(state, found, i, LUA_OPLT) != 0;
    if (better) found = i;
  }
  lua_pushvalue(state, found);
  return 1;
}

int math_floor(lua_State* state) {
  if (lua_isinteger(state, 1) != 0) {
    lua_pushvalue(state, 1);
    return 1;
  }
  const lua_Number floor = std::floor(luaL_checknumber(state, 1));
  lua_Integer whole = 0;
  if (lua_numbertointeger(floor, &whole)) {
    lua_pushinteger(state, whole);
  } else {
    lua_pushnumber(state, floor);
  }
  return 1;
}

// --- Veraison's ---

// "3.10.1" as its numbers. Raises an error for anything else: a version that cannot be read must not compare as old or
// as new.
std::array<std::int64_t, 8> version_at(lua_State* state, int argument, std::size_t& size) {
  const std::string_view text = text_at(state, argument);
  std::array<std::int64_t, 8> parts{};
  const char* next = text.data();
  const char* const end = next + text.size();
  for (size = 0; size < parts.size(); ++size, ++next) {
    const auto [after, error] = std::from_chars(next, end, parts[size]);
    if (error != std::errc{} || *next == '-') break;
    next = after;
    if (next == end) return ++size, parts;
    if (*next != '.') break;
  }
  luaL_error(state, "semver_cmp: expected numbers with dots between them, got \"%s\"", text.substr(0, 40).data());
  return parts;
}

// Number by number; of two that are equal so far, the longer one is greater.
int semver_compare(lua_State* state) {
  std::size_t left_size = 0, right_size = 0;
  const auto left = version_at(state, 1, left_size), right = version_at(state, 2, right_size);
  const auto order = std::lexicographical_compare_three_way(left.begin(), left.begin() + left_size, right.begin(),
                                                            right.begin() + right_size);
  lua_pushinteger(state, order < 0 ? -1 : order > 0 ? 1 : 0);
  return 1;
}

constexpr std::array kLanguage = {
    Function{"assert", assert_true}, Function{"error", raise},        Function{"ipairs", ipairs},
    Function{"next", next_pair},     Function{"pairs", pairs},        Function{"semver_cmp", semver_compare},
    Function{"tonumber", to_number}, Function{"tostring", to_string}, Function{"type", type},
};
constexpr std::array kString = {
    Function{"byte", string_byte},
    Function{"contains", string_contains},
    Function{"ends_with", string_ends_with},
    Function{"len", string_len},
    Function{"lower", shifted<'A', 'Z', 32>},
    Function{"rep", string_rep},
    Function{"split", string_split},
    Function{"starts_with", string_starts_with},
    Function{"sub", string_sub},
    Function{"upper", shifted<'a', 'z', -32>},
};
constexpr std::array kTable = {Function{"concat", table_concat}, Function{"insert", table_insert}};
constexpr std::array kMath = {Function{"floor", math_floor}, Function{"max", extreme<1>}, Function{"min", extreme<-1>}};

void push_functions(lua_State* state, std::span<const Function> functions) {
  lua_createtable(state, 0, static_cast<int>(functions.size()));
  for (const Function& function : functions) {
    push_text(state, function.name);
    lua_pushcfunction(state, function.function);
    lua_rawset(state, -3);
  }
}

// A text's method is looked up here, so that a policy that uses none pays for none.
int method_of_text(lua_State* state) {
  const std::string_view name = text_at(state, 2);
  const auto* const found = std::ranges::find(kString, name, &Function::name);
  if (found == kString.end()) return luaL_error(state, "a text has no method \"%s\"", name.data());
  lua_pushcfunction(state, found->function);
  return 1;
}

}  // namespace

bool push_from_library(lua_State* state, std::string_view name) {
  if (const auto* const found = std::ranges::find(kLanguage, name, &Function::name); found != kLanguage.end()) {
    lua_pushcfunction(state, found->function);
    return true;
  }
  if (name == "string") return push_functions(state, kString), true;
  if (name == "table") return push_functions(state, kTable), true;
  if (name == "math") return push_functions(state, kMath), true;
  return false;
}

void give_methods_to_texts(lua_State* state) {
  lua_pushliteral(state, "");
  lua_createtable(state, 0, 1);
  lua_pushliteral(state, "__index");
  lua_pushcfunction(state, method_of_text);
  lua_rawset(state, -3);
  lua_setmetatable(state, -2);
  lua_pop(state, 1);
}

}  // namespace credence::verifier::lua
