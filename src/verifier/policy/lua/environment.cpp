#include "verifier/policy/lua/environment.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "verifier/policy/lua/json.h"
#include "verifier/policy/lua/library.h"
#include "verifier/policy/values.h"

namespace credence::verifier::lua {
namespace {

const char added_claims_key = 0;  // its address names the table in Lua's registry

Run& run_of(lua_State* state) { return *static_cast<Run*>(State::data_of(state)); }

std::string_view name_at(lua_State* state, int argument) {
  if (lua_type(state, argument) != LUA_TSTRING) luaL_error(state, "a global has a name");
  std::size_t size = 0;
  const char* const octets = lua_tolstring(state, argument, &size);
  return {octets, size};
}

std::optional<std::size_t> claim_of(std::string_view name) {
  const auto claims = claim_names();
  const auto found = std::ranges::find(claims, name);
  if (found == claims.end()) return std::nullopt;
  return static_cast<std::size_t>(found - claims.begin());
}

// --- reading ---

bool push_output(lua_State* state, const PolicyOutput& output, std::string_view name) {
  if (name == "status") {
    lua_pushinteger(state, output.status ? std::to_underlying(output.status->value) : 0);
  } else if (name == "added_claims") {
    lua_rawgetp(state, LUA_REGISTRYINDEX, &added_claims_key);
  } else if (const auto claim = claim_of(name)) {
    const auto& set = output.claims.at(*claim);
    lua_pushinteger(state, set ? set->value : 0);
  } else {
    return false;
  }
  return true;
}

bool push_constant(lua_State* state, std::string_view name) {
  const auto values = named_values();
  const auto found = std::ranges::lower_bound(values, name, {}, &NamedValue::name);
  if (found == values.end() || found->name != name) return false;
  lua_pushinteger(state, found->value);
  return true;
}

template <typename T>
bool push_read(lua_State* state, Run& run, const char* name, const Result<T>& read) {
  if (read) return push(state, *read), true;
  run.failure = read.error();
  luaL_error(state, "%s cannot be read", name);
  return false;
}

bool push_input(lua_State* state, Run& run, std::string_view name) {
  const PolicyInput& input = *run.input;
  if (name == "evidence") return push_read(state, run, "evidence", input.evidence());
  if (name == "result") return push(state, input.result()), true;
  if (name == "session") return push(state, input.session()), true;
  if (name == "names") return push(state, input.names()), true;
  if (name == "endorsements") return push_read(state, run, "endorsements", input.endorsements());
  if (name != "scheme" && name != "submod") return false;
  const std::string_view text = name == "scheme" ? input.scheme : input.submodule;
  lua_pushlstring(state, text.data(), text.size());
  return true;
}

// What is not in the table of inputs yet. A name that means nothing is an error and not nil: with nil, a comparison
// that should have failed may not even be made.
int resolve(lua_State* state) {
  const std::string_view name = name_at(state, 2);
  Run& run = run_of(state);
  if (push_output(state, run.output, name)) return 1;
  if (!push_constant(state, name) && !push_from_library(state, name) && !push_input(state, run, name))
    return luaL_error(state, "unknown name \"%s\"; names of your own are declared local", name.data());
  lua_pushvalue(state, 2);
  lua_pushvalue(state, -2);
  lua_rawset(state, 1);
  return 1;
}

// --- setting ---

int line_of_caller(lua_State* state) {
  lua_Debug frame{};
  if (lua_getstack(state, 1, &frame) == 0 || lua_getinfo(state, "l", &frame) == 0) return 0;
  return std::max(frame.currentline, 0);
}

json::Value scalar_at(lua_State* state, int argument) {
  if (lua_isinteger(state, argument) != 0) return lua_tointeger(state, argument);
  if (lua_type(state, argument) == LUA_TNUMBER) return lua_tonumber(state, argument);
  if (lua_type(state, argument) == LUA_TSTRING) return json::Value(name_at(state, argument));
  return {};
}

template <typename T>
PolicySetting<T> setting(lua_State* state, std::string_view name, Result<T> value) {
  if (!value) luaL_error(state, "%s: %s", name.data(), value.error().why.c_str());
  return {.value = *value, .line = line_of_caller(state)};
}

int set(lua_State* state) {
  const std::string_view name = name_at(state, 2);
  PolicyOutput& output = run_of(state).output;
  if (name == "status") {
    output.status = setting(state, name, tier_from(scalar_at(state, 3)));
  } else if (const auto claim = claim_of(name)) {
    output.claims.at(*claim) = setting(state, name, claim_from(scalar_at(state, 3)));
  } else if (name == "added_claims") {
    luaL_checktype(state, 3, LUA_TTABLE);
    lua_pushvalue(state, 3);
    lua_rawsetp(state, LUA_REGISTRYINDEX, &added_claims_key);
  } else {
    return luaL_error(state, "a policy has no output \"%s\"; names of your own are declared local", name.data());
  }
  return 0;
}

void set_function(lua_State* state, const char* name, lua_CFunction function) {
  lua_pushstring(state, name);
  lua_pushcfunction(state, function);
  lua_rawset(state, -3);
}

}  // namespace

void push_environment(lua_State* state) {
  lua_newtable(state);
  lua_rawsetp(state, LUA_REGISTRYINDEX, &added_claims_key);
  lua_newtable(state);  // _ENV: stays empty, so that every assignment comes to set()

  lua_createtable(state, 0, 2);
  set_function(state, "__newindex", set);
  lua_pushliteral(state, "__index");
  lua_newtable(state);  // inputs that were asked for
  lua_createtable(state, 0, 1);
  set_function(state, "__index", resolve);
  lua_setmetatable(state, -2);
  lua_rawset(state, -3);

  lua_setmetatable(state, -2);
}

void collect_added_claims(lua_State* state, Run& run) {
  lua_rawgetp(state, LUA_REGISTRYINDEX, &added_claims_key);
  json::Value claims = to_json(state, -1);
  if (!claims.is_object()) luaL_error(state, "added_claims: the keys of its members are texts");
  run.output.added_claims = std::move(claims.get_object());
}

}  // namespace credence::verifier::lua
