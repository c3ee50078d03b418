// What rules of a relying party's own may count on where the answers of CoSERV are all there is.
#include "edge/own_rules.h"

#include <gtest/gtest.h>

#include <string>

#include "base/clock.h"
#include "crypto/random.h"
#include "support/refusal.h"
#include "verifier/policy/lua/language.h"
#include "verifier/store/memory/store.h"

namespace credence::edge {
namespace {

std::shared_ptr<const verifier::Policies> in_force(const std::string& rules) {
  auto policies = std::make_shared<verifier::Policies>(
      verifier::Policies::Parts{.store = verifier::memory_store(),
                                .languages = {verifier::lua_language(system_clock())},
                                .clock = system_clock(),
                                .random = crypto::system_random()});
  const auto version = policies->add({.scheme = "PARSEC_TPM", .type = "lua", .rules = rules});
  EXPECT_TRUE(version) << version.error().text();
  EXPECT_TRUE(policies->activate("PARSEC_TPM", version.value().id));
  return policies;
}

std::size_t warnings_of(const verifier::Policies* policies, std::string_view scheme) {
  rats::Ear ear;
  warn_of_unknown(policies, scheme, ear);
  return ear.credence.warnings.size();
}

TEST(OwnRules, AreRefusedWhenTheyWaitForWhatIsNeverThere) {
  const std::string loop = "for _, entry in ipairs(evidence.endorsed or {}) do\n  if ";
  for (const std::string condition :
       {"entry.identity", "entry[\"members\"]", "#entry['trustees'] > 0", "not entry.met", "entry . identity",
        "entry.\n    members", "entry[ [[trustees]] ]", "entry[ [=[met]=] ]", "rawget(entry, 'identity')",
        "#'--' == 2 and entry.identity"})
    test::expect_refused(check_own_rules(in_force(loop + condition + " then executables = UNSAFE_RT end\nend\n").get()),
                         Errc::configuration, "CoSERV has no place for");
  for (const std::string condition : {"entry.environment", "entry.measurements", "entry.identity_of_mine",
                                      "('' .. identity) == ''..identity", "entry[identity or 'environment']"})
    EXPECT_TRUE(check_own_rules(in_force(loop + condition + " then executables = UNSAFE_RT end\nend\n").get()));
  EXPECT_TRUE(check_own_rules(in_force("-- whatever identity it has, when all is met\n").get()));
  const std::string read = "if evidence.endorsed then executables = UNSAFE_RT end\n";
  EXPECT_TRUE(check_own_rules(in_force(read + "  -- if entry.identity. members of it\n").get()));
  test::expect_refused(check_own_rules(in_force(read + "--[[ a comment\n--]] local a = ({}).identity\n").get()),
                       Errc::configuration, "`identity`");
  EXPECT_TRUE(check_own_rules(nullptr));
}

TEST(OwnRules, OverWhatIsEndorsedHaveAWarningInEachResult) {
  const auto over_endorsed = in_force("if not evidence.endorsed then executables = UNSAFE_RT end\n");
  EXPECT_TRUE(check_own_rules(over_endorsed.get()));
  EXPECT_EQ(warnings_of(over_endorsed.get(), "PARSEC_TPM"), 1U);
  EXPECT_EQ(warnings_of(over_endorsed.get(), "PSA_IOT"), 0U);
  EXPECT_EQ(warnings_of(in_force("-- of what is endorsed nothing\n").get(), "PARSEC_TPM"), 0U);
  EXPECT_EQ(warnings_of(nullptr, "PARSEC_TPM"), 0U);
}

TEST(OwnRules, ReadEndorsementsAsFarAsTheirTextShows) {
  for (const std::string rules : {"if #endorsements == 0 then executables = UNSAFE_RT end",
                                  "local e = _ENV['endorsements']", "local a = 1 -- and endorsements"})
    EXPECT_TRUE(read_endorsements(in_force(rules).get(), "PARSEC_TPM")) << rules;
  EXPECT_FALSE(read_endorsements(in_force("  -- of endorsements nothing\n").get(), "PARSEC_TPM"));
  EXPECT_FALSE(read_endorsements(in_force("local e = endorsements").get(), "RIOT"));
  EXPECT_FALSE(read_endorsements(nullptr, "PARSEC_TPM"));
}

}  // namespace
}  // namespace credence::edge
