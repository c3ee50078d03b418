// A Lua state that can be neither endless nor large: every instruction and every octet is counted.
//
// Lua is linked in its C++ form: its errors are C++ exceptions, so that destructors of ours run. Nothing here may be
// called outside State::protect() that can raise one.
//
// Internal to the folder: it shows Lua.
#pragma once

// Not lua.hpp: that declares C linkage, and the functions of the C++ form have none.
#include <lauxlib.h>
#include <lua.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "verifier/policy/lua/language.h"

namespace credence::verifier::lua {

// For one run on one thread.
class State {
 public:
  // Errc::internal when there is no memory for it.
  [[nodiscard]] static Result<State> make(const LuaLimits& limits, const Clock& clock);

  // Runs `body(L, data)` with every error caught. Errc::configuration with what Lua says, and the line, or with the
  // limit that was exceeded. Once an error was caught the state is of no further use.
  [[nodiscard]] Result<void> protect(void (*body)(lua_State*, void*), void* data);

  // What `protect` was last given; for functions that Lua calls.
  [[nodiscard]] static void* data_of(lua_State* state);

 private:
  struct Budget {
    LuaLimits limits;
    const Clock* clock = nullptr;
    Timestamp deadline;
    std::size_t in_use = 0;
    std::size_t allocated = 0;
    std::int64_t instructions = 0;
    std::string exceeded;  // which limit
    void (*body)(lua_State*, void*) = nullptr;
    void* data = nullptr;
  };
  struct Close {
    void operator()(lua_State* state) const noexcept { lua_close(state); }
  };

  explicit State(std::unique_ptr<Budget> budget) : budget_(std::move(budget)) {}
  static Budget& budget_of(lua_State* state);
  static void* allocate(void* user, void* block, std::size_t old_size, std::size_t new_size) noexcept;
  static void count(lua_State* state, lua_Debug* event);
  static int call_body(lua_State* state);
  [[nodiscard]] std::unexpected<Error> failure(int status);

  std::unique_ptr<Budget> budget_;
  std::unique_ptr<lua_State, Close> state_;  // goes before what it counts in
};

}  // namespace credence::verifier::lua
