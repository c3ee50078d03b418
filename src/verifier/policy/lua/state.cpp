#include "verifier/policy/lua/state.h"

#include <algorithm>
#include <cstdlib>
#include <format>
#include <utility>

namespace credence::verifier::lua {
namespace {

// So often the limits are looked at. What one instruction can do with the memory there is takes microseconds.
constexpr int kStride = 100;
constexpr std::size_t kMostMessage = 300;

// As Lua writes it before errors; nothing where no line is known.
std::string place_of(lua_State* state, lua_Debug* event) {
  if (lua_getinfo(state, "Sl", event) == 0 || event->currentline <= 0) return {};
  return std::format("{}:{}: ", event->short_src, event->currentline);
}

std::string text_at_top(lua_State* state) {
  std::size_t size = 0;
  const char* text = lua_type(state, -1) == LUA_TSTRING ? lua_tolstring(state, -1, &size) : nullptr;
  if (text == nullptr) return "it raised an error that is no text";
  return {text, std::min(size, kMostMessage)};
}

}  // namespace

Result<State> State::make(const LuaLimits& limits, const Clock& clock) {
  State made(std::make_unique<Budget>(
      Budget{.limits = limits, .clock = &clock, .deadline = clock.now() + limits.time, .exceeded = {}}));
  made.state_.reset(lua_newstate(&State::allocate, made.budget_.get()));
  if (made.state_ == nullptr) return fail(Errc::internal, "no memory for the state of a policy");
  *static_cast<Budget**>(lua_getextraspace(made.state_.get())) = made.budget_.get();
  lua_sethook(made.state_.get(), &State::count, LUA_MASKCOUNT, kStride);
  return made;
}

Result<void> State::protect(void (*body)(lua_State*, void*), void* data) {
  budget_->body = body;
  budget_->data = data;
  lua_pushcfunction(state_.get(), &State::call_body);
  const int status = lua_pcall(state_.get(), 0, 0, 0);
  if (status == LUA_OK && budget_->exceeded.empty()) return {};
  return failure(status);
}

void* State::data_of(lua_State* state) { return budget_of(state).data; }

State::Budget& State::budget_of(lua_State* state) { return **static_cast<Budget**>(lua_getextraspace(state)); }

void* State::allocate(void* user, void* block, std::size_t old_size, std::size_t new_size) noexcept {
  Budget& budget = *static_cast<Budget*>(user);
  const std::size_t before = block == nullptr ? 0 : old_size;  // for a new block old_size says what it is for
  if (new_size == 0) {
    budget.in_use -= before;
    std::free(block);
    return nullptr;
  }
  if (new_size > before) {
    const std::size_t more = new_size - before;
    if (more > budget.limits.memory - budget.in_use) return nullptr;
    if (new_size > budget.limits.allocated - budget.allocated) return nullptr;
    budget.allocated += new_size;
  }
  void* const moved = std::realloc(block, new_size);
  if (moved == nullptr) return new_size <= before ? block : nullptr;  // Lua demands that shrinking succeeds
  budget.in_use = budget.in_use - before + new_size;
  return moved;
}

// A policy cannot catch this error: it has neither pcall nor coroutines, and Lua's own functions that catch errors are
// not among those that it is given.
void State::count(lua_State* state, lua_Debug* event) {
  Budget& budget = budget_of(state);
  budget.instructions += kStride;
  if (budget.instructions > budget.limits.instructions) {
    budget.exceeded = std::format("it ran for more than {} instructions", budget.limits.instructions);
  } else if (budget.clock->now() > budget.deadline) {
    budget.exceeded = std::format("it ran for more than {} ms", budget.limits.time.count());
  } else {
    return;
  }
  budget.exceeded.insert(0, place_of(state, event));
  lua_pushlstring(state, budget.exceeded.data(), budget.exceeded.size());
  lua_error(state);  // luaL_error would name the line of the caller
}

int State::call_body(lua_State* state) {
  const Budget& budget = budget_of(state);
  budget.body(state, budget.data);
  return 0;
}

std::unexpected<Error> State::failure(int status) {
  if (status == LUA_ERRMEM)
    return fail(Errc::configuration,
                std::format("it needed more than {} octets of memory, or more than {} one after the other",
                            budget_->limits.memory, budget_->limits.allocated));
  return fail(Errc::configuration, status == LUA_OK ? budget_->exceeded : text_at_top(state_.get()));
}

}  // namespace credence::verifier::lua
