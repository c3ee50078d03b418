// Policies in appraisals.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "base/text.h"
#include "crypto/random.h"
#include "fixture.h"
#include "support/endorsed.h"
#include "verifier/policy/lua/language.h"
#include "verifier/policy/policies.h"

namespace credence::verifier {
namespace {

using rats::Tier;
using rats::TrustClaim;
using test::EvidenceMaker;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class PolicyInForce : public testing::Test {
 protected:
  std::string activate(std::string rules, bool may_raise = false) {
    const auto version = policies->add(
        {.scheme = "PARSEC_TPM", .name = "site", .type = "lua", .rules = std::move(rules), .may_raise = may_raise});
    EXPECT_TRUE(version) << version.error().text();
    EXPECT_TRUE(policies->activate("PARSEC_TPM", version->id));
    return version->id;
  }
  Engine engine() const {
    return {store, std::make_shared<FixedClock>(test::kNow), {}, {.build = "test", .issuer = {}}, policies};
  }
  Result<rats::Ear> appraise() const { return engine().appraise(test::channel_request(maker)); }
  void tamper() { maker.pcrs[evidence::tpm::kAlgSha256][1] = Bytes(32, 0x99); }
  static const rats::Submodule& submodule(const rats::Ear& ear) { return ear.submodules.at("PARSEC_TPM"); }

  EvidenceMaker maker;
  std::shared_ptr<Store> store = test::store_for(maker);
  std::shared_ptr<Policies> policies =
      std::make_shared<Policies>(Policies::Parts{.store = store,
                                                 .languages = {lua_language(std::make_shared<FixedClock>(test::kNow))},
                                                 .clock = std::make_shared<FixedClock>(test::kNow),
                                                 .random = crypto::system_random(),
                                                 .names = {{"web.example", json::Array{to_hex(maker.kid())}}}});
};

TEST_F(PolicyInForce, ThatSaysNothingChangesNothingButTheId) {
  const rats::Ear before = appraise().value();
  EXPECT_THAT(submodule(before).policy_ids, IsEmpty());
  const std::string id = activate("-- nothing");
  const rats::Ear after = appraise().value();
  EXPECT_TRUE(after.is_affirming());
  EXPECT_THAT(submodule(after).policy_ids, ElementsAre("policy:PARSEC_TPM/" + id));
  EXPECT_EQ(submodule(after).vector, submodule(before).vector);
  EXPECT_EQ(submodule(after).attested_key, submodule(before).attested_key);
  EXPECT_TRUE(submodule(after).attested_key);
  ASSERT_TRUE(policies->deactivate("PARSEC_TPM"));
  EXPECT_THAT(submodule(appraise().value()).policy_ids, IsEmpty());
}

// The key of a platform that is not trusted is not named: it would pass for a good one.
TEST_F(PolicyInForce, LowersAResultAndTakesTheKeyWithIt) {
  activate("if evidence[\"reset-count\"] ~= nil then configuration = UNSAFE_CONFIG end");
  const rats::Ear ear = appraise().value();
  EXPECT_FALSE(ear.is_affirming());
  EXPECT_EQ(submodule(ear).status, Tier::warning);
  EXPECT_FALSE(submodule(ear).attested_key);
  test::expect_problem(submodule(ear), Errc::not_affirming, "policy site lowered configuration from 0 to 32 (line 1)");
}

TEST_F(PolicyInForce, SeesThePcrsThatWereQuoted) {
  maker.sent_pcrs = maker.pcrs;
  (*maker.sent_pcrs)[evidence::tpm::kAlgSha256][5] = Bytes(32, 0x05);  // signed by nobody
  activate("added_claims.pat = evidence.pat added_claims.kat = evidence.kat");
  const json::Object claims = submodule(appraise().value()).policy_claims;
  const json::Object& pat = claims.at("pat").as_object();
  EXPECT_EQ(pat.at("pcr-selection"), (json::Array{0, 1, 2}));
  EXPECT_EQ(pat.at("pcrs"), (json::Object{{"0", to_base64(Bytes(32, 0x00))},
                                          {"1", to_base64(Bytes(32, 0x01))},
                                          {"2", to_base64(Bytes(32, 0x02))}}));
  EXPECT_EQ(claims.at("kat").at("kid"), json::Value(to_base64(maker.kid())));
}

TEST_F(PolicyInForce, LowersByAPcr) {
  const auto rules = [](std::uint8_t octet) {
    return "if evidence.pat.pcrs[\"1\"] ~= \"" + to_base64(Bytes(32, octet)) + "\" then executables = UNSAFE_RT end";
  };
  activate(rules(0x01));
  EXPECT_TRUE(appraise().value().is_affirming());
  activate(rules(0x02));
  EXPECT_EQ(appraise().value().status(), Tier::warning);
  // A member that is not there is no way out.
  maker.sends_pcrs = false;
  test::expect_problem(submodule(appraise().value()), Errc::configuration, "failed");
}

// It is made for policies: a result that is signed for every request does not grow by it.
TEST_F(PolicyInForce, LeavesTheEvidenceOfTheResultAsItIs) {
  const json::Object before = submodule(appraise().value()).annotated_evidence;
  EXPECT_FALSE(before.contains("kat"));
  activate("local kat = evidence.kat");
  EXPECT_EQ(submodule(appraise().value()).annotated_evidence, before);
}

TEST_F(PolicyInForce, RaisesNothingWithoutTheGrant) {
  tamper();
  activate("\nexecutables = APPROVED_RT");
  const rats::Ear ear = appraise().value();
  EXPECT_EQ(ear.status(), Tier::contraindicated);
  test::expect_problem(submodule(ear), Errc::configuration, "it raised executables from 33 to 2 (line 2)");
  EXPECT_THAT(ear.credence.warnings, Not(testing::Contains(HasSubstr("raised"))));
}

TEST_F(PolicyInForce, RaisesWithTheGrantAndTheResultSaysSo) {
  tamper();
  const std::string id = activate("executables = APPROVED_RT", true);
  const rats::Ear ear = appraise().value();
  EXPECT_TRUE(ear.is_affirming());
  EXPECT_TRUE(submodule(ear).attested_key);
  EXPECT_EQ(submodule(ear).policy_claims.at("raised"), json::Array{"executables from 33 to 2"});
  EXPECT_THAT(ear.credence.warnings,
              testing::Contains("policy site (" + id +
                                ") raised PARSEC_TPM: executables from 33 to 2; the grant to do so "
                                "was given when it was stored"));
  EXPECT_THAT(ear.problems(), ElementsAre(HasSubstr("PCR 1")));
}

TEST_F(PolicyInForce, ThatFailsRefuses) {
  for (const std::string rules :
       {"error(\"no\")", "while true do end", "executables = \"SURE\"", "local x = unknown"}) {
    const std::string id = activate(rules);
    const rats::Ear ear = appraise().value();
    EXPECT_EQ(ear.status(), Tier::contraindicated) << rules;
    EXPECT_FALSE(submodule(ear).attested_key) << rules;
    test::expect_problem(submodule(ear), Errc::configuration, "policy site (" + id + ") failed");
    EXPECT_EQ((*submodule(ear).vector)[TrustClaim::executables], rats::kTrustworthy) << rules;
  }
}

TEST_F(PolicyInForce, ThatFailsLeavesAStepInTheTrace) {
  AppraisalRequest request = test::channel_request(maker);
  request.trace = true;
  const auto steps_under = [&] {
    std::vector<rats::TraceStep> steps = engine().appraise(request).value().credence.trace;
    std::erase_if(steps, [](const rats::TraceStep& step) { return step.subject != "policy"; });
    return steps;
  };
  activate("-- content");
  EXPECT_THAT(steps_under(), IsEmpty());
  for (const auto& [rules, line, why] :
       {std::tuple<std::string, int, std::string>{"\nerror(\"no\")", 2, "policy:2: no"},
        {"\n\nwhile true do end", 3, "it ran for more than"},
        {"hardware = 97 executables = 2 storage_opaque = 2", 0, "it raised"}}) {
    const std::string id = activate(rules);
    const auto steps = steps_under();
    ASSERT_FALSE(steps.empty()) << rules;
    EXPECT_EQ(steps.back().submodule, "PARSEC_TPM");
    EXPECT_THAT(steps.back().actual, HasSubstr(why));
    EXPECT_EQ(steps.back().source, "policy site version " + id + " line " + std::to_string(line)) << rules;
    EXPECT_FALSE(steps.back().agrees) << rules;
  }
}

// What is refused before is no policy's business: no grant makes a replay good.
TEST_F(PolicyInForce, IsNotAskedAboutEvidenceThatIsNotAuthentic) {
  activate("status = AFFIRMING executables = 2 hardware = 2 instance_identity = 2", true);
  AppraisalRequest request = test::channel_request(maker);
  request.challenge = test::binder(Bytes(32, 0x77));
  const rats::Ear ear = engine().appraise(request).value();
  EXPECT_EQ(ear.status(), Tier::contraindicated);
  EXPECT_THAT(submodule(ear).policy_ids, IsEmpty());
}

TEST_F(PolicyInForce, SeesTheReferenceValuesThatWereLookedUp) {
  activate(
      "local triple = endorsements[1]\n"
      "added_claims.count = #endorsements\n"
      "added_claims.class = triple.environment.class.id.value\n"
      "added_claims.key = triple.measurements[1].key\n"
      "added_claims.corim = triple.corim");
  const rats::Ear ear = appraise().value();
  EXPECT_TRUE(ear.is_affirming()) << submodule(ear).policy_claims.at("problem").as_string();
  const json::Object& claims = submodule(ear).policy_claims;
  EXPECT_EQ(claims.at("count"), 1);
  EXPECT_EQ(claims.at("class"), json::Value(EvidenceMaker::class_id().text()));
  EXPECT_EQ(claims.at("key"), (json::Object{{"type", "uint"}, {"value", 0}}));
  EXPECT_FALSE(claims.at("corim").as_string().empty());
}

TEST_F(PolicyInForce, SeesTheResultAndTheSession) {
  activate(
      "added_claims.status = result[\"ear.status\"]\n"
      "added_claims.hardware = result[\"ear.trustworthiness-vector\"].hardware\n"
      "added_claims.nonce = session.nonce\n"
      "added_claims.instance = session.instance\n"
      "added_claims.peer = session.peer == nil");
  const json::Object claims = submodule(appraise().value()).policy_claims;
  EXPECT_EQ(claims.at("status"), "affirming");
  EXPECT_EQ(claims.at("hardware"), 2);
  EXPECT_EQ(claims.at("nonce"), json::Value(to_base64url_padded(maker.extra_data)));
  EXPECT_EQ(claims.at("instance"), json::Value(to_hex(maker.kid())));
  EXPECT_EQ(claims.at("peer"), true);
}

TEST_F(PolicyInForce, TellsNamesFromEachOther) {
  activate(
      "local meant = false\n"
      "for _, instance in ipairs(names[session.peer] or {}) do meant = meant or instance == session.instance end\n"
      "if not meant then instance_identity = UNTRUSTWORTHY_INSTANCE end");
  AppraisalRequest request = test::channel_request(maker);
  request.peer = "web.example";
  EXPECT_TRUE(engine().appraise(request).value().is_affirming());
  request.peer = "other.example";
  EXPECT_EQ(engine().appraise(request).value().status(), Tier::contraindicated);
}

// A store that fails is no verdict: not when the policy asks either.
TEST_F(PolicyInForce, GivesNoVerdictWhenTheStoreFails) {
  class HalfBrokenStore final : public test::StoreAround {
   public:
    using StoreAround::StoreAround;
    Result<void> for_each_statement(const Lookup&, const std::function<void(const Statement&)>&) const override {
      return fail(Errc::io, "the disk is gone");
    }
  };
  activate("local n = #endorsements");
  const Engine over_half(std::make_shared<HalfBrokenStore>(store), std::make_shared<FixedClock>(test::kNow), {}, {},
                         policies);
  test::expect_refused(over_half.appraise(test::channel_request(maker)), Errc::io, "the disk is gone");
}

TEST_F(PolicyInForce, IsTriedWithoutBeingInForce) {
  activate("status = CONTRAINDICATED");
  const auto tried =
      policies->try_out({.scheme = "PARSEC_TPM", .name = "new", .type = "lua", .rules = "\nhardware = 97"});
  const PolicyTrial trial = engine().try_policy(test::channel_request(maker), tried.value()).value();
  EXPECT_TRUE(trial.before.is_affirming());
  EXPECT_EQ((*submodule(trial.after).vector)[TrustClaim::hardware], 97);
  ASSERT_EQ(trial.steps.size(), 1U);
  EXPECT_EQ(trial.steps.front().claim, "hardware");
  EXPECT_EQ(trial.steps.front().source, "policy new version " + tried->version.id + " line 2");
  EXPECT_EQ(policies->list("PARSEC_TPM")->size(), 1U);
}

TEST_F(PolicyInForce, IsNotReachedByATrialOfBadEvidence) {
  const auto tried =
      policies->try_out({.scheme = "PARSEC_TPM", .name = "new", .type = "lua", .rules = "hardware = 97"});
  AppraisalRequest request = test::channel_request(maker);
  request.challenge = test::binder(Bytes(32, 0x77));
  const PolicyTrial trial = engine().try_policy(request, tried.value()).value();
  EXPECT_EQ(trial.before.status(), Tier::contraindicated);
  EXPECT_EQ(trial.after.status(), Tier::contraindicated);
  EXPECT_THAT(trial.steps, IsEmpty());
}

}  // namespace
}  // namespace credence::verifier
