// Policies in Lua: what they see and what they can say.
#include <gtest/gtest.h>

#include <limits>

#include "policy_input.h"
#include "support/refusal.h"

namespace credence::verifier {
namespace {

using rats::TrustClaim;
using test::PolicyScene;
using test::run_lua;

std::int8_t claim(const PolicyOutput& output, TrustClaim of) {
  const auto& set = output.claims.at(static_cast<std::size_t>(of));
  return set ? set->value : rats::kNoClaim;
}

// The value that `expression` has in a policy, as JSON.
json::Value value_of(std::string_view expression, const PolicyScene& scene = {}) {
  const auto output = run_lua("added_claims.it = " + std::string(expression), scene);
  if (!output) return json::Value(output.error().text());
  const auto* value = output->added_claims.if_contains("it");
  return value == nullptr ? json::Value() : *value;
}

TEST(Lua, SetsStatusAndClaimsWithTheirLines) {
  const auto output = run_lua("executables = UNSAFE_RT\n\nstatus = \"warning\"\nhardware = \"genuine_hw\"").value();
  EXPECT_EQ(claim(output, TrustClaim::executables), 32);
  EXPECT_EQ(output.claims.at(2)->line, 1);
  EXPECT_EQ(claim(output, TrustClaim::hardware), 2);
  EXPECT_EQ(output.claims.at(4)->line, 4);
  EXPECT_EQ(output.status->value, rats::Tier::warning);
  EXPECT_EQ(output.status->line, 3);
  EXPECT_EQ(claim(output, TrustClaim::configuration), 0);
  EXPECT_TRUE(output.added_claims.empty());
}

TEST(Lua, SetsEveryClaimByItsName) {
  const auto output = run_lua(
      "instance_identity = 96 configuration = 3 executables = 3 file_system = 32 hardware = 97 runtime_opaque = 32 "
      "storage_opaque = 96 sourced_data = -1");
  const std::array<int, 8> expected = {96, 3, 3, 32, 97, 32, 96, -1};
  for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_EQ(output->claims.at(i)->value, expected.at(i)) << i;
}

TEST(Lua, ThatDoesNothingChangesNothing) {
  const auto output = run_lua("-- nothing").value();
  EXPECT_FALSE(output.status);
  for (const auto& set : output.claims) EXPECT_FALSE(set);
}

TEST(Lua, SeesItsInputs) {
  PolicyScene scene;
  scene.evidence = {{"psa-lifecycle", 12288}, {"nested", json::Object{{"list", json::Array{1, "two", true}}}}};
  scene.endorsements = {json::Object{{"corim", "a"}}};
  EXPECT_EQ(value_of("evidence[\"psa-lifecycle\"]", scene), 12288);
  EXPECT_EQ(value_of("evidence.nested.list", scene), (json::Array{1, "two", true}));
  EXPECT_EQ(value_of("evidence.nothing", scene), json::Value());
  EXPECT_EQ(value_of("endorsements[1].corim", scene), "a");
  EXPECT_EQ(value_of("#endorsements", scene), 1);
  EXPECT_EQ(value_of("result[\"ear.status\"]", scene), "affirming");
  EXPECT_EQ(value_of("session.nonce", scene), "AAECAw==");
  EXPECT_EQ(value_of("names[\"web.example\"][2]", scene), "0304");
  EXPECT_EQ(value_of("scheme", scene), "PSA_IOT");
  EXPECT_EQ(value_of("submod", scene), "PSA_IOT");
  EXPECT_EQ(value_of("APPROVED_RT + UNRECOGNIZED_RT", scene), 35);
}

TEST(Lua, AsksForWhatItUsesOnly) {
  PolicyScene scene;
  ASSERT_TRUE(run_lua("executables = UNSAFE_RT", scene));
  EXPECT_EQ(scene.asked_for_endorsements, 0);
  ASSERT_TRUE(run_lua("local n = #endorsements + #endorsements", scene));
  EXPECT_EQ(scene.asked_for_endorsements, 1);
}

// Half of the evidence would be evidence of something else.
TEST(Lua, FailsWhenTheEvidenceCannotBeRead) {
  const PolicyScene scene;
  PolicyInput input = scene.input();
  input.evidence = [] { return Result<json::Object>(fail(Errc::invalid_value, "a key without a form")); };
  const auto run = [&](std::string_view rules) {
    return lua_language(system_clock())->load("id", rules).value()->run(input);
  };
  test::expect_refused(run("local kat = evidence.kat"), Errc::invalid_value, "a key without a form");
  test::expect_refused(input.to_json(), Errc::invalid_value, "a key without a form");
  EXPECT_TRUE(run("executables = UNSAFE_RT"));
}

TEST(Lua, SeesLargeNumbers) {
  PolicyScene scene;
  scene.evidence = {{"large", std::numeric_limits<std::uint64_t>::max()},
                    {"small", std::numeric_limits<std::int64_t>::min()}};
  EXPECT_EQ(value_of("evidence.large > 9223372036854775807", scene), true);
  EXPECT_EQ(value_of("evidence.small", scene), std::numeric_limits<std::int64_t>::min());
}

TEST(Lua, ReadsWhatItHasSet) {
  EXPECT_EQ(value_of("executables"), 0);
  const auto output = run_lua("executables = 32 if executables == UNSAFE_RT then status = WARNING end").value();
  EXPECT_EQ(output.status->value, rats::Tier::warning);
}

TEST(Lua, AddsClaims) {
  const auto output = run_lua("added_claims = {a = {1, 2.5}, b = {}}\nadded_claims.c = {d = \"e\", f = false}").value();
  EXPECT_EQ(
      output.added_claims,
      (json::Object{{"a", json::Array{1, 2.5}}, {"b", json::Object{}}, {"c", json::Object{{"d", "e"}, {"f", false}}}}));
}

// As Veraison's semver_cmp.
TEST(Lua, ComparesVersions) {
  EXPECT_EQ(value_of("semver_cmp(\"3.4.2\", \"3.5\")"), -1);
  EXPECT_EQ(value_of("semver_cmp(\"3.10\", \"3.9\")"), 1);
  EXPECT_EQ(value_of("semver_cmp(\"3.5.0\", \"3.5.0\")"), 0);
  EXPECT_EQ(value_of("semver_cmp(\"3.5.0\", \"3.5\")"), 1);
}

TEST(Lua, HasTheUsualFunctions) {
  const std::vector<std::pair<std::string, json::Value>> table = {
      {"(\"abc\"):sub(2)", "bc"},
      {"string.sub(\"abc\", -2, -2)", "b"},
      {"string.sub(\"abc\", 0, 99)", "abc"},
      {"string.sub(\"abc\", 3, 2)", ""},
      {"(\"aBc\"):upper() .. (\"aBc\"):lower()", "ABCabc"},
      {"(\"abc\"):len() + #\"abc\"", 6},
      {"(\"abc\"):byte(2)", 98},
      {"(\"ab\"):rep(3)", "ababab"},
      {"(\"a.c\"):contains(\".\")", true},
      {"(\"abc\"):contains(\".\")", false},
      {"(\"abc\"):starts_with(\"ab\")", true},
      {"(\"abc\"):ends_with(\"ab\")", false},
      {"(\"a,b,,c\"):split(\",\")", json::Array{"a", "b", "", "c"}},
      {"tostring(1) .. tostring(true) .. tostring(nil)", "1truenil"},
      {"tostring({})", "table"},
      {"tonumber(\"0x10\")", 16},
      {"tonumber(\"x\") == nil", true},
      {"type({})", "table"},
      {"math.max(1, 3, 2) - math.min(4, 2, 3)", 1},
      {"math.floor(2.7)", 2},
      {"table.concat({\"a\", \"b\"}, \"-\")", "a-b"},
      {"(function() local t = {} table.insert(t, 7) return t end)()", json::Array{7}},
      {"(function() local n = 0 for _, v in ipairs({1, 2, nil, 4}) do n = n + v end return n end)()", 3},
      {"(function() local n = 0 for _, v in pairs({a = 1, b = 2}) do n = n + v end return n end)()", 3},
      {"next({5})", 1},
  };
  for (const auto& [expression, expected] : table) EXPECT_EQ(value_of(expression), expected) << expression;
}

TEST(Lua, CarriesNothingFromOneRunToTheNext) {
  const auto program = lua_language(system_clock())
                           ->load("id", "added_claims.seen = string.seen\nstring.seen = 1\nevidence.x = 1")
                           .value();
  const PolicyScene scene;
  for (int run = 0; run < 2; ++run) EXPECT_TRUE(program->run(scene.input())->added_claims.empty()) << run;
}

struct Mistake {
  std::string rules;
  Errc code;
  std::string part;
};

// What a policy's author gets wrong is an error: it must not be an input that is nil, or an output that nobody reads.
TEST(Lua, NamesMistakes) {
  const std::vector<Mistake> table = {
      {"x = 1", Errc::configuration, "policy:1: a policy has no output \"x\"; names of your own are declared local"},
      {"\nlocal x = evidnce.a", Errc::configuration, "policy:2: unknown name \"evidnce\""},
      {"executables = \"SURE\"", Errc::configuration,
       "policy:1: executables: no trust claim has a value of the name \"SURE\""},
      {"executables = true", Errc::configuration, "executables: expected a whole number or the name of a value"},
      {"executables = 2.5", Errc::configuration, "executables: expected a whole number"},
      {"executables = 128", Errc::configuration, "between -128 and 127, got 128"},
      {"status = 33", Errc::configuration, "status: a status is affirming (2)"},
      {"status = 'none'", Errc::configuration, "status: "},
      {"added_claims = 1", Errc::configuration, "table expected"},
      {"added_claims.f = error", Errc::configuration, "a result cannot hold a function"},
      {"added_claims[1] = 2", Errc::configuration, "the keys of its members are texts"},
      {"added_claims.x = {1, nil, 3, 4, a = 4}", Errc::configuration, "a result cannot hold a nil"},
      {"added_claims.x = {1, nil, 3, a = 4}", Errc::configuration, "a result cannot hold a nil"},
      {"added_claims.x = 1 / 0", Errc::configuration, "not finite"},
      {"added_claims.x = \"\\xff\"", Errc::configuration, "no UTF-8"},
      {"local t = {} t.t = t added_claims.x = t", Errc::configuration, "nested more than 8 times"},
      {"for i = 1, 2000 do added_claims[tostring(i)] = i end", Errc::configuration, "at most 1000 values"},
      {"added_claims.x = (\"x\"):rep(20000)", Errc::configuration, "at most 16 KiB"},
      {"error(\"not today\")", Errc::configuration, "policy:1: not today"},
      {"assert(1 == 2, \"the world is wrong\")", Errc::configuration, "the world is wrong"},
      {"semver_cmp(\"3.5-rc1\", \"3.5\")", Errc::configuration, "expected numbers with dots between them"},
      {"semver_cmp(\"\", \"3.5\")", Errc::configuration, "expected numbers with dots between them"},
      {"semver_cmp(\"3.\", \"3.5\")", Errc::configuration, "expected numbers with dots between them"},
      {"semver_cmp(3, 4)", Errc::configuration, "string expected"},
      {"local x = nil + 1", Errc::configuration, "policy:1: attempt to perform arithmetic on a nil value"},
      {"local x = \"10\" + 1", Errc::configuration, "attempt to perform arithmetic on a string value"},
      {"local x = evidence.a.b", Errc::configuration, "attempt to index a nil value (field 'a')"},
      {"(\"x\"):match(\"x\")", Errc::configuration, "a text has no method \"match\""},
      {"if then", Errc::invalid_value, "policy:1: unexpected symbol near 'then'"},
      {"x = = 1", Errc::invalid_value, "policy:1:"},
      {"goto nowhere", Errc::invalid_value, "no visible label 'nowhere'"},
      {std::string("return\0 1", 9), Errc::invalid_value, "policy:1:"},
      {std::string(kMaxRules + 1, ' '), Errc::too_large, "at most 65536 octets"},
  };
  for (const Mistake& mistake : table) {
    SCOPED_TRACE(mistake.rules.substr(0, 60));
    test::expect_refused(run_lua(mistake.rules), mistake.code, mistake.part);
  }
}

}  // namespace
}  // namespace credence::verifier
