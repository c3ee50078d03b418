// Conditional endorsements: when they apply, in which order, and how far.
#include <gtest/gtest.h>

#include "accepted.h"

namespace credence::verifier {
namespace {

using test::accepted;
using test::corim_with;
using test::environment;
using test::EvidenceMaker;
using test::named;
using test::triple;

void add_conditional(Store& store, const std::string& id, std::vector<rats::ReferenceTriple> conditions,
                     std::vector<rats::ReferenceTriple> endorsements) {
  test::provision(store, corim_with(id, [&](rats::Comid& comid) {
                    comid.conditional_endorsements.push_back({std::move(conditions), std::move(endorsements)});
                  }));
}

// What an endorser adds under the same name then contradicts nobody: another authority says it.
const std::vector<rats::CryptoKey> kAttester = {{rats::kTagBytes, {9}}};

bool is_endorsed(const AcceptedClaims& claims, std::uint8_t id, std::string name) {
  return claims.meet(environment(id), named(std::move(name)));
}

TEST(Conditional, IsEndorsedWhereAllConditionsAreMet) {
  const auto store = memory_store();
  add_conditional(*store, "met", {triple(1, "a")}, {triple(1, "good")});
  add_conditional(*store, "other value", {triple(1, "b")}, {triple(1, "bad")});
  add_conditional(*store, "other environment", {triple(2, "a")}, {triple(2, "bad")});
  add_conditional(*store, "one of two", {triple(1, "a"), triple(1, "b")}, {triple(1, "half")});
  const AcceptedClaims claims = accepted(*store, test::kNow, kAttester).value();
  EXPECT_EQ(claims.all().size(), 2U);
  EXPECT_TRUE(is_endorsed(claims, 1, "good"));
  EXPECT_EQ(claims.all()[1].source, "met");
  const json::Array endorsed = claims.endorsed();
  ASSERT_EQ(endorsed.size(), 1U);
  EXPECT_EQ(endorsed[0].as_object().at("source"), "met");
}

TEST(Conditional, BuildsOnWhatOthersAdd) {
  const auto store = memory_store();
  add_conditional(*store, "third", {triple(3, "c"), triple(1, "a")}, {triple(4, "d")});
  add_conditional(*store, "first", {triple(1, "a")}, {triple(2, "b")});
  add_conditional(*store, "second", {triple(2, "b")}, {triple(3, "c")});
  EXPECT_TRUE(is_endorsed(accepted(*store).value(), 4, "d"));
}

TEST(Conditional, EndsAfterSoManyRounds) {
  const auto chain = [](int length) {
    auto store = memory_store();
    for (int i = 1; i <= length; ++i)
      add_conditional(*store, std::to_string(i), {triple(static_cast<std::uint8_t>(i), "a")},
                      {triple(static_cast<std::uint8_t>(i + 1), "a")});
    return store;
  };
  EXPECT_TRUE(accepted(*chain(kMostRounds - 1)));
  EXPECT_EQ(accepted(*chain(kMostRounds)).error().code, Errc::too_deep);
}

TEST(Conditional, ThatRunsInACircleEnds) {
  const auto store = memory_store();
  add_conditional(*store, "there", {triple(1, "a")}, {triple(2, "b")});
  add_conditional(*store, "back", {triple(2, "b")}, {triple(1, "a")});
  EXPECT_EQ(accepted(*store).value().all().size(), 3U);
}

TEST(Conditional, OfTwoMindsIsAConflict) {
  const auto store = memory_store();
  add_conditional(*store, "yes", {triple(1, "a")}, {triple(2, "yes")});
  EXPECT_TRUE(accepted(*store));
  add_conditional(*store, "no", {triple(1, "a")}, {triple(2, "no")});
  EXPECT_EQ(accepted(*store).error().code, Errc::conflict);
}

TEST(Conditional, CountsWhileItsCorimIsValidOnly) {
  const auto store = memory_store();
  auto corim = corim_with(
      "c", [](rats::Comid& comid) { comid.conditional_endorsements.push_back({{triple(1, "a")}, {triple(2, "b")}}); });
  corim.validity = rats::Validity{.not_before = {}, .not_after = test::kNow};
  test::provision(*store, corim);
  EXPECT_TRUE(is_endorsed(accepted(*store).value(), 2, "b"));
  EXPECT_FALSE(is_endorsed(accepted(*store, test::kNow + Seconds(1)).value(), 2, "b"));
}

rats::ConditionalSeries series(std::vector<rats::ConditionalSeries::Record> records) {
  rats::ConditionalSeries made;
  made.environment = environment(1);
  made.series = std::move(records);
  return made;
}

TEST(ConditionalSeries, EndsAtItsFirstMatch) {
  const auto store = memory_store();
  test::provision(*store, corim_with("s", [](rats::Comid& comid) {
    comid.conditional_series.push_back(
        series({{named("b"), named("wrong")}, {named("a"), named("right")}, {named("a"), named("late")}}));
  }));
  const AcceptedClaims claims = accepted(*store, test::kNow, kAttester).value();
  EXPECT_TRUE(is_endorsed(claims, 1, "right"));
  EXPECT_FALSE(is_endorsed(claims, 1, "wrong"));
  EXPECT_FALSE(is_endorsed(claims, 1, "late"));
}

// Else the less precise record would be taken because the claim of the more precise one came a round too late.
TEST(ConditionalSeries, WaitsForWhatOthersAdd) {
  const rats::MeasurementKey other = std::uint64_t{7};
  const auto store = memory_store();
  test::provision(*store, corim_with("s", [&](rats::Comid& comid) {
    comid.conditional_series.push_back(
        series({{named("precise", other), named("right")}, {named("a"), named("wrong")}}));
  }));
  add_conditional(*store, "c", {triple(1, "a")}, {{environment(1), named("precise", other)}});
  const AcceptedClaims claims = accepted(*store, test::kNow, kAttester).value();
  EXPECT_TRUE(is_endorsed(claims, 1, "right"));
  EXPECT_FALSE(is_endorsed(claims, 1, "wrong"));
}

TEST(ConditionalSeries, MayAskForTheAuthorityOfTheClaim) {
  for (const bool right : {true, false}) {
    const auto store = memory_store();
    test::provision(*store, corim_with("s", [&](rats::Comid& comid) {
      auto made = series({{named("a"), named("good")}});
      made.authorized_by = {{rats::kTagBytes, {static_cast<std::uint8_t>(right ? 7 : 8)}}};
      comid.conditional_series.push_back(std::move(made));
    }));
    Trace trace;
    Endorsements endorsements(*store, parsec_tpm_scheme(), test::kNow, trace);
    AcceptedClaims claims;
    ASSERT_TRUE(claims.add({.environment = environment(1),
                            .measurements = named("a"),
                            .authority = {{rats::kTagBytes, {7}}},
                            .source = ""}));
    ASSERT_TRUE(apply_conditional_endorsements(endorsements, claims));
    EXPECT_EQ(is_endorsed(claims, 1, "good"), right);
  }
}

// Draft section 9.3.1.1: what one authority says bit by bit is one statement.
TEST(AcceptedClaims, OfOneAuthorityAreMetTogether) {
  const std::vector<rats::CryptoKey> one = {{rats::kTagBytes, {7}}}, another = {{rats::kTagBytes, {8}}};
  std::vector<rats::Measurement> svn(1), both = named("a");
  svn[0].values.svn = both[0].values.svn = rats::Svn{.value = 3, .minimum = false};
  for (const bool same : {true, false}) {
    AcceptedClaims claims;
    ASSERT_TRUE(
        claims.add({.environment = environment(1), .measurements = named("a"), .authority = one, .source = ""}));
    ASSERT_TRUE(claims.add(
        {.environment = environment(1), .measurements = svn, .authority = same ? one : another, .source = "endorsed"}));
    EXPECT_TRUE(claims.meet(environment(1), named("a")));
    EXPECT_TRUE(claims.meet(environment(1), svn));
    EXPECT_EQ(claims.meet(environment(1), both), same);
    EXPECT_EQ(claims.all().size(), 2U);  // each is still told with its own source
  }
}

TEST(AcceptedClaims, WithAnAmbiguousKeyStayAmbiguous) {
  AcceptedClaims claims;
  std::vector<rats::Measurement> twice = named("a");
  twice.push_back(named("b")[0]);
  ASSERT_TRUE(claims.add({.environment = environment(1), .measurements = twice, .authority = {}, .source = ""}));
  std::vector<rats::Measurement> svn(1);
  svn[0].values.svn = rats::Svn{.value = 3, .minimum = false};
  ASSERT_TRUE(claims.add({.environment = environment(1), .measurements = svn, .authority = {}, .source = "endorsed"}));
  for (const auto& condition : {named("a"), named("b"), svn}) EXPECT_FALSE(claims.meet(environment(1), condition));
}

TEST(AcceptedClaims, AreBounded) {
  AcceptedClaims claims;
  const auto add = [&] {
    return claims.add({.environment = environment(1), .measurements = {}, .authority = {}, .source = ""});
  };
  for (std::size_t i = 0; i < AcceptedClaims::kMostClaims; ++i) ASSERT_TRUE(add());
  EXPECT_EQ(add().error().code, Errc::too_large);
}

// The whole way: a PCR is the condition, the endorsed value reaches the policy and the result.
TEST(Conditional, IsWhatPoliciesSee) {
  const EvidenceMaker maker;
  const auto store = test::store_for(maker);
  rats::ReferenceTriple condition;
  condition.environment.class_map.emplace().id =
      rats::TaggedBytes{rats::kTagUuid, to_bytes(EvidenceMaker::class_id().octets)};
  rats::Measurement& pcr = condition.measurements.emplace_back();
  pcr.key = std::uint64_t{1};
  pcr.values.digests = {{std::int64_t{1}, maker.pcrs.at(evidence::tpm::kAlgSha256).at(1)}};
  rats::ReferenceTriple endorsement{.environment = condition.environment, .measurements = named("certified")};
  endorsement.measurements[0].values.flags[1] = true;
  add_conditional(*store, "conditional", {condition}, {endorsement});
  const rats::Ear ear = test::engine_over(store).appraise(test::channel_request(maker)).value();
  EXPECT_TRUE(ear.is_affirming());
  const json::Array& endorsed = test::submodule(ear).annotated_evidence.at("endorsed").as_array();
  ASSERT_EQ(endorsed.size(), 1U);
  const json::Object& measurement = endorsed[0].at("measurements").as_array().at(0).as_object();
  EXPECT_EQ(measurement.at("name"), "certified");
  EXPECT_EQ(measurement.at("flags").at("is-secure"), true);

  EvidenceMaker other = maker;
  other.pcrs[evidence::tpm::kAlgSha256][1] = Bytes(32, 0x99);
  const rats::Ear changed = test::engine_over(store).appraise(test::channel_request(other)).value();
  EXPECT_FALSE(test::submodule(changed).annotated_evidence.contains("endorsed"));
}

}  // namespace
}  // namespace credence::verifier
