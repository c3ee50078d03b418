// What a policy may do to a result.
#include "verifier/policy/apply.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/refusal.h"

namespace credence::verifier {
namespace {

using rats::Tier;
using rats::TrustClaim;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const PolicyLabel kPlain{.id = "0b1c", .name = "site"};
const PolicyLabel kGranted{.id = "0b1c", .name = "site", .may_raise = true};

rats::Submodule affirming() {
  rats::Submodule submodule;
  submodule.vector.emplace();
  (*submodule.vector)[TrustClaim::hardware] = 2;
  (*submodule.vector)[TrustClaim::executables] = 2;
  submodule.status = Tier::affirming;
  return submodule;
}

rats::Submodule unrecognised() {
  rats::Submodule submodule = affirming();
  (*submodule.vector)[TrustClaim::executables] = rats::kUnrecognisedRuntime;
  submodule.status = Tier::warning;
  submodule.policy_claims = {{"problem", "PCR 1 differs"}, {"code", "pcr_mismatch"}};
  return submodule;
}

PolicyOutput setting(TrustClaim claim, std::int8_t value, int line = 7) {
  PolicyOutput output;
  output.claims.at(static_cast<std::size_t>(claim)) = {.value = value, .line = line};
  return output;
}

PolicyOutput setting(Tier status) {
  PolicyOutput output;
  output.status = {.value = status, .line = 3};
  return output;
}

std::string problem(const rats::Submodule& submodule) {
  return std::string(submodule.policy_claims.at("problem").as_string());
}

TEST(ApplyPolicy, LeavesAsItIsWhatIsNotSet) {
  rats::Submodule submodule = unrecognised();
  EXPECT_THAT(apply_output(kPlain, {}, submodule).value(), IsEmpty());
  EXPECT_THAT(apply_output(kPlain, setting(TrustClaim::executables, rats::kNoClaim), submodule).value(), IsEmpty());
  EXPECT_THAT(apply_output(kPlain, setting(Tier::none), submodule).value(), IsEmpty());
  EXPECT_EQ(submodule.vector, unrecognised().vector);
  EXPECT_EQ(submodule.status, Tier::warning);
  EXPECT_EQ(submodule.policy_claims, unrecognised().policy_claims);
}

TEST(ApplyPolicy, LowersAClaimAndTheStatusWithIt) {
  rats::Submodule submodule = affirming();
  EXPECT_THAT(apply_output(kPlain, setting(TrustClaim::configuration, 96), submodule).value(), IsEmpty());
  EXPECT_EQ((*submodule.vector)[TrustClaim::configuration], 96);
  EXPECT_EQ(submodule.status, Tier::contraindicated);
  EXPECT_EQ(problem(submodule), "policy site lowered configuration from 0 to 96 (line 7)");
  EXPECT_EQ(submodule.policy_claims.at("code"), "not_affirming");
}

TEST(ApplyPolicy, LowersTheStatusAlone) {
  rats::Submodule submodule = affirming();
  EXPECT_TRUE(apply_output(kPlain, setting(Tier::warning), submodule));
  EXPECT_EQ(submodule.vector, affirming().vector);
  EXPECT_EQ(submodule.status, Tier::warning);
  EXPECT_EQ(problem(submodule), "policy site lowered status from affirming to warning (line 3)");
}

TEST(ApplyPolicy, TakesThePolicysOwnReason) {
  rats::Submodule submodule = affirming();
  PolicyOutput output = setting(TrustClaim::executables, 32);
  output.added_claims = {{"problem", "the boot loader is older than 3.5"}, {"ticket", 17}};
  EXPECT_TRUE(apply_output(kPlain, std::move(output), submodule));
  EXPECT_EQ(problem(submodule), "the boot loader is older than 3.5");
  EXPECT_EQ(submodule.policy_claims.at("ticket"), 17);
}

TEST(ApplyPolicy, KeepsTheSchemesReason) {
  rats::Submodule submodule = unrecognised();
  EXPECT_TRUE(apply_output(kPlain, setting(TrustClaim::hardware, 97), submodule));
  EXPECT_EQ(problem(submodule), "PCR 1 differs; policy site lowered hardware from 2 to 97 (line 7)");
  EXPECT_EQ(submodule.policy_claims.at("code"), "pcr_mismatch");
}

struct Raise {
  rats::Submodule before;
  PolicyOutput output;
  std::string what;
};

std::vector<Raise> raises() {
  rats::Submodule nothing_known = affirming();
  return {{unrecognised(), setting(TrustClaim::executables, 2), "executables from 33 to 2"},
          {unrecognised(), setting(TrustClaim::executables, 1), "executables from 33 to 1"},
          {nothing_known, setting(TrustClaim::configuration, 2), "configuration from 0 to 2"}};
}

// A status that is not as bad as the claims beside it.
std::vector<Raise> contradictions() {
  PolicyOutput hidden = setting(TrustClaim::configuration, 96);
  hidden.status = {.value = Tier::affirming, .line = 3};
  PolicyOutput unexpected = setting(TrustClaim::executables, 1);
  unexpected.status = {.value = Tier::affirming, .line = 3};
  rats::Submodule empty;
  return {{unrecognised(), setting(Tier::affirming), "status from warning to affirming"},
          {affirming(), hidden, "status from contraindicated to affirming"},
          {affirming(), unexpected, "status from warning to affirming"},
          {empty, setting(Tier::affirming), "status from none to affirming"}};
}

TEST(ApplyPolicy, RaisesNothingWithoutTheGrant) {
  for (const Raise& raise : raises()) {
    rats::Submodule submodule = raise.before;
    test::expect_refused(apply_output(kPlain, raise.output, submodule), Errc::configuration, "it raised " + raise.what);
    EXPECT_EQ(submodule.vector, raise.before.vector) << raise.what;
    EXPECT_EQ(submodule.status, raise.before.status) << raise.what;
  }
}

TEST(ApplyPolicy, HidesNoClaimBehindAStatus) {
  for (const Raise& contradiction : contradictions()) {
    rats::Submodule submodule = contradiction.before;
    test::expect_refused(apply_output(kPlain, contradiction.output, submodule), Errc::configuration,
                         "it raised " + contradiction.what);
    test::expect_refused(apply_output(kGranted, contradiction.output, submodule), Errc::configuration,
                         "it set the status to affirming, and the claims say");
    EXPECT_EQ(submodule.vector, contradiction.before.vector) << contradiction.what;
    EXPECT_EQ(submodule.status, contradiction.before.status) << contradiction.what;
  }
}

// Whoever reads the status alone must see it: these claims are of the tier "none", the least of all.
TEST(ApplyPolicy, LowersTheStatusForUnexpectedEvidenceAndForAVerifierThatCouldNotWork) {
  for (const TrustClaim claim : {TrustClaim::executables, TrustClaim::configuration}) {  // 2 and 0 before
    for (const std::int8_t value : {std::int8_t{1}, std::int8_t{-1}}) {
      rats::Submodule submodule = affirming();
      EXPECT_THAT(apply_output(kPlain, setting(claim, value), submodule).value(), IsEmpty());
      EXPECT_EQ(submodule.status, Tier::warning) << +value;
      EXPECT_EQ(submodule.policy_claims.at("code"), "not_affirming");
      EXPECT_THAT(problem(submodule), HasSubstr("policy site lowered"));
    }
  }
}

TEST(ApplyPolicy, RaisesWithTheGrantAndSaysSo) {
  for (const Raise& raise : raises()) {
    rats::Submodule submodule = raise.before;
    EXPECT_THAT(apply_output(kGranted, raise.output, submodule).value(), ElementsAre(raise.what));
    EXPECT_EQ(submodule.policy_claims.at("raised"), json::Array{raise.what}) << raise.what;
  }
  rats::Submodule submodule = unrecognised();
  EXPECT_TRUE(apply_output(kGranted, setting(TrustClaim::executables, 2), submodule));
  EXPECT_EQ(submodule.status, Tier::affirming);
  EXPECT_EQ(problem(submodule), "PCR 1 differs");
}

TEST(ApplyPolicy, LetsAPolicyMakeUpNoRecord) {
  for (const std::string_view name : {"raised", "code"}) {
    rats::Submodule submodule = affirming();
    PolicyOutput output;
    output.added_claims[name] = "nothing";
    test::expect_refused(apply_output(kGranted, output, submodule), Errc::configuration,
                         "it added the claim \"" + std::string(name) + "\"");
  }
  rats::Submodule submodule = affirming();
  PolicyOutput output;
  output.added_claims["problem"] = 1;
  test::expect_refused(apply_output(kPlain, output, submodule), Errc::configuration, "\"problem\" is a text");
}

TEST(ApplyPolicy, ThatFailedContraindicatesEverything) {
  rats::Ear ear;
  ear.submodules = {{"A", affirming()}, {"B", unrecognised()}};
  ear.submodules.at("A").attested_key = Bytes{1};
  refuse_all(kPlain, {.code = Errc::configuration, .why = "policy:1: no"}, ear);
  EXPECT_FALSE(ear.is_affirming());
  for (const auto& [name, submodule] : ear.submodules) {
    EXPECT_EQ(submodule.status, Tier::contraindicated) << name;
    EXPECT_FALSE(submodule.attested_key) << name;
    EXPECT_THAT(problem(submodule), HasSubstr("policy site (0b1c) failed: configuration: policy:1: no"));
    EXPECT_EQ(submodule.policy_claims.at("code"), "configuration");
  }
}

TEST(TracePolicy, NamesVersionAndLine) {
  PolicyOutput output = setting(TrustClaim::executables, 32);
  output.status = {.value = Tier::affirming, .line = 9};
  Trace silent;
  trace_output(kPlain, output, "PSA_IOT", silent);
  EXPECT_TRUE(silent.steps().empty());
  Trace trace = Trace::recording();
  trace_output(kPlain, output, "PSA_IOT", trace);
  ASSERT_EQ(trace.steps().size(), 2U);
  const auto& step = trace.steps().front();
  EXPECT_EQ(step.submodule, "PSA_IOT");
  EXPECT_EQ(step.claim, "executables");
  EXPECT_EQ(step.expected, "2 to 31 or -32 to -2");
  EXPECT_EQ(step.actual, "32");
  EXPECT_EQ(step.source, "policy site version 0b1c line 7");
  EXPECT_FALSE(step.agrees);
  EXPECT_EQ(trace.steps().back().claim, "status");
  EXPECT_EQ(trace.steps().back().expected, "affirming");
  EXPECT_TRUE(trace.steps().back().agrees);
}

TEST(TracePolicy, SaysThatItFailedAndInWhichLineWhereThatIsKnown) {
  const auto step_of = [](std::string why) {
    Trace trace = Trace::recording();
    trace_failure(kPlain, {.code = Errc::configuration, .why = std::move(why)}, "PSA_IOT", trace);
    return trace.take().at(0);
  };
  const auto step = step_of("policy:12: no: never");
  EXPECT_EQ(step.submodule, "PSA_IOT");
  EXPECT_EQ(step.subject, kPolicySubject);
  EXPECT_EQ(step.claim, "");
  EXPECT_EQ(step.actual, "it failed: configuration: policy:12: no: never");
  EXPECT_EQ(step.source, "policy site version 0b1c line 12");
  EXPECT_FALSE(step.agrees);
  for (const std::string why : {"OPA does not answer", "policy:", "policy:x: 3", "policy:7", "policy:-3: no",
                                "policy:99999999999999999999: no"})
    EXPECT_EQ(step_of(why).source, "policy site version 0b1c line 0") << why;
  Trace silent;
  trace_failure(kPlain, {.code = Errc::configuration, .why = "no"}, "PSA_IOT", silent);
  EXPECT_TRUE(silent.steps().empty());
}

}  // namespace
}  // namespace credence::verifier
