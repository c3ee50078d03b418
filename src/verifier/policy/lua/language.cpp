#include "verifier/policy/lua/language.h"

#include <format>
#include <utility>

#include "verifier/policy/lua/environment.h"
#include "verifier/policy/lua/library.h"
#include "verifier/policy/lua/state.h"

namespace credence::verifier {
namespace {

constexpr const char* kChunk = "=policy";  // in messages: "policy:3: ..."

struct Loading {
  std::string_view rules;
  Bytes compiled;
};

int keep(lua_State*, const void* octets, std::size_t size, void* to) {
  const auto* const first = static_cast<const std::uint8_t*>(octets);
  static_cast<Bytes*>(to)->insert(static_cast<Bytes*>(to)->end(), first, first + size);
  return 0;
}

// Text only ("t"): bytecode from outside could break out of the virtual machine, which trusts it.
void load_rules(lua_State* state, void* data) {
  auto& loading = *static_cast<Loading*>(data);
  if (luaL_loadbufferx(state, loading.rules.data(), loading.rules.size(), kChunk, "t") != LUA_OK) lua_error(state);
  if (lua_dump(state, keep, &loading.compiled, 0) != 0) luaL_error(state, "the rules cannot be kept");
}

struct Running : lua::Run {
  const Bytes* compiled = nullptr;
};

void run_rules(lua_State* state, void* data) {
  auto& running = *static_cast<Running*>(static_cast<lua::Run*>(data));
  lua::give_methods_to_texts(state);
  // Our own bytecode, of this process.
  const auto* const octets = reinterpret_cast<const char*>(running.compiled->data());
  if (luaL_loadbufferx(state, octets, running.compiled->size(), kChunk, "b") != LUA_OK) lua_error(state);
  lua::push_environment(state);
  lua_setupvalue(state, -2, 1);  // the one upvalue of every chunk: _ENV
  lua_call(state, 0, 0);
  lua::collect_added_claims(state, running);
}

class LuaProgram final : public PolicyProgram {
 public:
  LuaProgram(Bytes compiled, const LuaLimits& limits, std::shared_ptr<const Clock> clock)
      : compiled_(std::move(compiled)), limits_(limits), clock_(std::move(clock)) {}

  Result<PolicyOutput> run(const PolicyInput& input) const override {
    TRY(lua::State state, lua::State::make(limits_, *clock_));
    Running running;
    running.input = &input;
    running.compiled = &compiled_;
    auto ran = state.protect(run_rules, static_cast<lua::Run*>(&running));
    if (running.failure) return std::unexpected(*std::move(running.failure));
    if (!ran) return std::unexpected(std::move(ran).error());
    return std::move(running.output);
  }

 private:
  const Bytes compiled_;
  const LuaLimits limits_;
  const std::shared_ptr<const Clock> clock_;
};

class LuaLanguage final : public PolicyLanguage {
 public:
  LuaLanguage(std::shared_ptr<const Clock> clock, const LuaLimits& limits)
      : clock_(std::move(clock)), limits_(limits) {}

  std::string_view type() const override { return "lua"; }
  std::string_view media_type() const override { return kLuaRules; }

  Result<std::shared_ptr<const PolicyProgram>> load(const std::string&, std::string_view rules) const override {
    if (rules.size() > kMaxRules)
      return fail(Errc::too_large, std::format("expected at most {} octets of rules, got {}", kMaxRules, rules.size()));
    TRY(lua::State state, lua::State::make(limits_, *clock_));
    Loading loading{.rules = rules, .compiled = {}};
    if (auto loaded = state.protect(load_rules, &loading); !loaded)
      return fail(Errc::invalid_value, loaded.error().why);
    return std::make_shared<const LuaProgram>(std::move(loading.compiled), limits_, clock_);
  }

  Result<void> check(const std::string& id, std::string_view rules) const override {
    return load(id, rules).transform([](const auto&) {});
  }

 private:
  const std::shared_ptr<const Clock> clock_;
  const LuaLimits limits_;
};

}  // namespace

std::shared_ptr<const PolicyLanguage> lua_language(std::shared_ptr<const Clock> clock, const LuaLimits& limits) {
  return std::make_shared<const LuaLanguage>(std::move(clock), limits);
}

}  // namespace credence::verifier
