// Policies in Lua that try to get out, or to use up what others need. Each attempt fails, and the attempt that is made
// with the smaller figure beside it does not.
#include <gtest/gtest.h>

#include <chrono>

#include "policy_input.h"
#include "support/refusal.h"

namespace credence::verifier {
namespace {

using test::run_lua;

struct Attempt {
  std::string name;
  std::string rules;
  std::string part;
};
void PrintTo(const Attempt& attempt, std::ostream* out) { *out << attempt.name; }

class Escape : public testing::TestWithParam<Attempt> {};

TEST_P(Escape, Fails) {
  test::expect_refused(run_lua(GetParam().rules), Errc::configuration, GetParam().part);
  EXPECT_TRUE(run_lua("local harmless = 1"));
}

std::vector<Attempt> unknown_names() {
  std::vector<Attempt> attempts;
  for (const std::string name :
       {"_G",        "_ENV2",    "os",         "io",           "debug",        "package",
        "require",   "load",     "loadstring", "loadfile",     "dofile",       "collectgarbage",
        "coroutine", "pcall",    "xpcall",     "getmetatable", "setmetatable", "rawget",
        "rawset",    "rawequal", "rawlen",     "print",        "warn",         "utf8",
        "select",    "jit",      "ffi",        "newproxy",     "getfenv",      "setfenv",
        "module",    "arg"})
    attempts.push_back({name, "local x = " + name, "unknown name \"" + name + "\""});
  return attempts;
}
INSTANTIATE_TEST_SUITE_P(Names, Escape, testing::ValuesIn(unknown_names()),
                         [](const auto& example) { return example.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Ways, Escape,
    testing::Values(
        Attempt{"OsOfATextsMethods", "(\"\").os.execute(\"true\")", "a text has no method \"os\""},
        Attempt{"PatternsOfATextsMethods", "(\"aaaa\"):find(\"a-a-a-a-b\")", "a text has no method \"find\""},
        Attempt{"Gsub", "string.gsub(\"a\", \"a\", \"b\")", "attempt to call a nil value (field 'gsub')"},
        Attempt{"Format", "string.format(\"%p\", {})", "attempt to call a nil value (field 'format')"},
        Attempt{"Dump", "string.dump(function() end)", "attempt to call a nil value (field 'dump')"},
        Attempt{"Sort", "table.sort({})", "attempt to call a nil value (field 'sort')"},
        Attempt{"Unpack", "table.unpack({})", "attempt to call a nil value (field 'unpack')"},
        Attempt{"Random", "math.random()", "attempt to call a nil value (field 'random')"},
        Attempt{"AnotherEnvironment", "local _ENV = {} x = 1 os.exit()", "attempt to index a nil value (global 'os')"},
        Attempt{"TheEnvironmentItself", "_ENV.os.exit()", "unknown name \"os\""},
        Attempt{"ANameThatIsNoText", "_ENV[1] = 2", "a global has a name"},
        Attempt{"ATableAsName", "local x = _ENV[{}]", "a global has a name"},
        Attempt{"ReplacingAnInput", "evidence = {}", "a policy has no output \"evidence\""},
        Attempt{"ReplacingAConstant", "APPROVED_RT = 96", "a policy has no output \"APPROVED_RT\""},
        Attempt{"ReplacingAFunction", "semver_cmp = nil", "a policy has no output \"semver_cmp\""},
        Attempt{"Metamethods", "local t = {__index = error} t = t + 1", "attempt to perform arithmetic on a table"},
        Attempt{"Closing", "local x <close> = {}", "variable 'x' got a non-closable value"}),
    [](const auto& example) { return example.param.name; });

TEST(Sandbox, TakesNoBytecode) {
  const auto compiled = std::string("\x1bLua\x54\x00\x19\x93\r\n\x1a\n", 12);
  test::expect_refused(run_lua(compiled), Errc::invalid_value, "attempt to load a binary chunk (mode is 't')");
}

class Exhaustion : public testing::TestWithParam<Attempt> {};

TEST_P(Exhaustion, Ends) {
  const auto start = std::chrono::steady_clock::now();
  const auto ran = run_lua(GetParam().rules);
  const auto took = std::chrono::steady_clock::now() - start;
  test::expect_refused(ran, Errc::configuration, GetParam().part);
  EXPECT_LT(took, std::chrono::seconds(20));  // of a machine that does other things too
}
INSTANTIATE_TEST_SUITE_P(
    Ways, Exhaustion,
    testing::Values(
        Attempt{"EndlessLoop", "while true do end", "it ran for more than"},
        Attempt{"EndlessJump", "::again:: goto again", "it ran for more than"},
        Attempt{"EndlessIteration", "local t = {a = 1} while true do for k in pairs(t) do t[k] = 1 end end",
                "it ran for more than"},
        Attempt{"Recursion", "local function f(n) return 1 + f(n + 1) end f(1)", "it needed more than"},
        Attempt{"TailRecursion", "local function f(n) return f(n + 1) end f(1)", "it ran for more than"},
        Attempt{"StringDoubling", "local s = \"x\" while true do s = s .. s end", "octets of memory"},
        Attempt{"StringGrowth", "local s = \"\" while true do s = s .. \"xxxxxxxxxxxxxxxx\" end", "it "},
        Attempt{"Repeating", "string.rep(\"x\", 1 << 40)", "string.rep makes at most 64 KiB"},
        Attempt{"RepeatingALot", "string.rep(string.rep(\"x\", 60000), 60000)", "string.rep makes at most 64 KiB"},
        Attempt{"ManyRepetitions", "local t = {} for i = 1, 1000 do t[i] = string.rep(\"x\", 60000) .. i end", "it "},
        Attempt{"TableGrowth", "local t = {} for i = 1, 1e9 do t[i] = i end", "octets of memory"},
        Attempt{"TableOfTables", "local t = {} while true do t = {t} end", "it "},
        Attempt{"Closures", "local t = {} local n = 0 while true do n = n + 1 t[n] = function() return n end end",
                "it "},
        Attempt{"Garbage", "while true do local t = {1, 2, 3, 4, 5, 6, 7, 8} end", "it "},
        Attempt{"Joining",
                "local t = {} for i = 1, 5000 do t[i] = \"0123456789abcdef\" end while true do "
                "table.concat(t) end",
                "table.concat makes at most 64 KiB"},
        Attempt{"Splitting", "local s = string.rep(\",\", 60000) while true do s:split(\",\") end", "it "},
        Attempt{"Numbers", "local x = 1 while true do x = x * 3 // 2 end", "it ran for more than"}),
    [](const auto& example) { return example.param.name; });

// Compiling has its limits too: rules come from whoever may manage policies, and cost memory before they are refused.
TEST(Sandbox, CompilesWithinLimits) {
  std::string nested;
  for (int i = 0; i < 10'000; ++i) nested += "{";
  test::expect_refused(run_lua("local x = " + nested), Errc::invalid_value, "C stack overflow");
  std::string names;
  for (int i = 0; i < 300; ++i) names += "local v" + std::to_string(i) + " = 1 ";
  test::expect_refused(run_lua(names), Errc::invalid_value, "too many local variables");
  test::expect_refused(run_lua("local x = \"" + std::string(60'000, 'x') + "\"", {}, {.memory = 64 << 10}),
                       Errc::invalid_value, "octets of memory");
}

TEST(Sandbox, CountsInstructions) {
  const std::string loop = "for i = 1, 20000 do end";
  EXPECT_TRUE(run_lua(loop));
  test::expect_refused(run_lua(loop, {}, {.instructions = 10'000}), Errc::configuration,
                       "it ran for more than 10000 instructions");
}

TEST(Sandbox, LooksAtTheClock) {
  const std::string loop = "for i = 1, 20000 do end";
  EXPECT_TRUE(run_lua(loop));
  test::expect_refused(
      run_lua(loop, {}, {.time = std::chrono::milliseconds(50)}, std::make_shared<test::RushingClock>()),
      Errc::configuration, "it ran for more than 50 ms");
}

TEST(Sandbox, RefusesAnInputThatIsTooLargeForIt) {
  test::PolicyScene scene;
  scene.evidence["claim"] = std::string(1 << 20, 'x');
  const std::string rules = "local n = #evidence.claim";
  EXPECT_TRUE(run_lua(rules, scene));
  test::expect_refused(run_lua(rules, scene, {.memory = 1 << 20}), Errc::configuration, "octets of memory");
}

}  // namespace
}  // namespace credence::verifier
