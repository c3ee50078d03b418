// Policies over a bundle: they see all that the verifier's would, or there is no verdict.
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "../verifier/fixture.h"
#include "coserv_over_store.h"
#include "crypto/random.h"
#include "edge/bundle_appraiser.h"
#include "edge/bundle_maker.h"
#include "edge/offline.h"
#include "edge/single_queries.h"
#include "support/dice_device.h"
#include "verifier/policy/lua/language.h"
#include "verifier/scheme/riot/scheme.h"

namespace credence::edge {
namespace {

using PoliciesInForce = std::shared_ptr<const verifier::Policies>;

// As an OPA is: it gets everything, whatever the rules read. These are the least number of endorsements.
class WholeInput final : public verifier::PolicyLanguage {
 public:
  std::string_view type() const override { return "opa"; }
  std::string_view media_type() const override { return "application/vnd.veraison.policy.opa"; }
  Result<std::shared_ptr<const verifier::PolicyProgram>> load(const std::string&,
                                                              std::string_view rules) const override {
    return std::make_shared<const Program>(std::stoul(std::string(rules)));
  }
  Result<void> check(const std::string&, std::string_view) const override { return {}; }

 private:
  class Program final : public verifier::PolicyProgram {
   public:
    explicit Program(std::size_t least) : least_(least) {}
    Result<verifier::PolicyOutput> run(const verifier::PolicyInput& input) const override {
      TRY(const json::Object all, input.to_json());
      verifier::PolicyOutput output;
      if (all.at("endorsements").as_array().size() < least_)
        output.status = verifier::PolicySetting<rats::Tier>{.value = rats::Tier::contraindicated};
      return output;
    }

   private:
    std::size_t least_;
  };
};

class BundlePolicyTest : public testing::Test {
 protected:
  BundlePolicyTest() {
    using namespace test::dice_der;
    device.more_of_alias = {{std::string(evidence::dice::kTcbInfo),
                             element(0x30, joined({element(0x80, as_bytes(device.vendor)), element(0x83, Bytes{3}),
                                                   element(0x84, Bytes{1}), element(0xa6, fwid(device.firmware))})),
                             true}};
    submit(device.roots());
    submit(values_of("of the device", {.id = {}, .vendor = device.vendor, .model = {}, .layer = 1, .index = {}}));
  }

  [[nodiscard]] rats::Corim values_of(const std::string& id, const rats::Class& layer, std::size_t values = 1) const {
    rats::Corim corim = device.reference_values(id);
    corim.comids[0].reference_values[0].environment.class_map = layer;
    corim.comids[0].reference_values.resize(values, corim.comids[0].reference_values[0]);
    return corim;
  }
  [[nodiscard]] rats::Corim values_of_another(std::size_t values = 1) const {
    return values_of("of another", {.id = {}, .vendor = "Another", .model = {}, .layer = 1, .index = {}}, values);
  }
  void submit(const rats::Corim& corim) const { ASSERT_TRUE(store->submit(corim, rats::encode_corim(corim).value())); }
  [[nodiscard]] PoliciesInForce in_force(const std::string& rules, const std::string& type = "lua") const {
    auto policies = std::make_shared<verifier::Policies>(
        verifier::Policies::Parts{.store = verifier::memory_store(),
                                  .languages = {verifier::lua_language(clock), std::make_shared<const WholeInput>()},
                                  .clock = clock,
                                  .random = crypto::system_random()});
    const auto version = policies->add({.scheme = "RIOT", .name = "site", .type = type, .rules = rules});
    EXPECT_TRUE(version && policies->activate("RIOT", version->id));
    return policies;
  }
  [[nodiscard]] Result<MadeBundle> make(const PoliciesInForce& policies = {},
                                        std::size_t most_of_other_makers = 1 << 20) const {
    const rats::Class named{.id = {}, .vendor = device.vendor, .model = {}, .layer = 1, .index = {}};
    return make_bundle(*service, "https://verifier.example", {{.scheme = &verifier::riot_scheme(), .classes = {named}}},
                       *clock, {.policies = policies.get(), .most_of_other_makers = most_of_other_makers});
  }
  [[nodiscard]] verifier::AppraisalRequest request() const {
    const Bytes nonce(32, 0x99);
    return {.media_type = std::string(evidence::dice::kPemChain),
            .evidence = test::DiceDevice::pem(device.with_fresh_leaf(nonce)),
            .challenge = Nonce(nonce)};
  }
  [[nodiscard]] Result<rats::Ear> at_the_verifier(const PoliciesInForce& policies) const {
    return verifier::Engine(store, clock, {}, {}, policies).appraise(request());
  }
  [[nodiscard]] Result<rats::Ear> with(const Bundle& bundle, const PoliciesInForce& policies) const {
    TRY(auto answers, OfflineAnswers::open(bundle, {.trust = service->trust()}, clock->now()));
    std::optional<Result<rats::Ear>> verdict;
    bundle_appraiser(std::move(answers), {.policies = policies}, clock)->appraise(request(), [&](auto result) {
      verdict = std::move(result);
    });
    return verdict.value_or(fail(Errc::internal, "no verdict"));
  }

  test::DiceDevice device;
  std::shared_ptr<verifier::Store> store = verifier::memory_store();
  std::shared_ptr<test::MovingClock> clock = std::make_shared<test::MovingClock>(test::kNow);
  std::shared_ptr<test::CoservOverStore> service = std::make_shared<test::CoservOverStore>(store, clock);
};

TEST_F(BundlePolicyTest, SayWhatTheySayAtTheVerifier) {
  struct Case {
    std::string rules;
    std::string type;
    std::size_t affirming_up_to;  // so many endorsements
    std::size_t affirming_from;
  };
  const std::vector<Case> table = {{"-- it does not ask", "lua", 9, 0},
                                   {"if #endorsements > 1 then executables = UNSAFE_RT end", "lua", 1, 0},
                                   {"if #endorsements < 2 then executables = UNSAFE_RT end", "lua", 9, 2},
                                   {"1", "opa", 9, 1},
                                   {"2", "opa", 9, 2}};
  // Nothing else is said of layer 1; something of another maker, which is nobody's business here; something of any.
  submit(values_of_another());
  for (const std::size_t known : {1U, 2U}) {
    if (known == 2) submit(values_of("of any", {.id = {}, .vendor = {}, .model = {}, .layer = 1, .index = {}}));
    for (const Case& one : table) {
      SCOPED_TRACE(one.rules);
      const PoliciesInForce policies = in_force(one.rules, one.type);
      const Bundle bundle = make(policies).value().bundle;
      const auto there = at_the_verifier(policies), here = with(bundle, policies);
      ASSERT_TRUE(there) << there.error().text();
      ASSERT_TRUE(here) << here.error().text();
      EXPECT_EQ(here->is_affirming(), known <= one.affirming_up_to && known >= one.affirming_from);
      EXPECT_EQ(here->submodules.at("RIOT").status, there->submodules.at("RIOT").status);
      EXPECT_EQ(here->submodules.at("RIOT").vector, there->submodules.at("RIOT").vector);
    }
  }
}

TEST_F(BundlePolicyTest, FindNothingInABundleFromWhichSomebodyTookIt) {
  submit(values_of_another());
  const PoliciesInForce reading = in_force("if #endorsements == 0 then executables = UNSAFE_RT end");
  Bundle bundle = make().value().bundle;
  ASSERT_TRUE(with(bundle, reading)->is_affirming());
  const auto is_of_others = [&](const Bundle::Entry& entry) {
    return is_of_other_makers(rats::verify_coserv(entry.octets, service->trust().keys).value());
  };
  EXPECT_EQ(std::erase_if(bundle.results, is_of_others), 1U);
  test::expect_refused(with(bundle, reading), Errc::not_found, "by rules that do not read `endorsements`");
  EXPECT_TRUE(with(bundle, {})->is_affirming());
}

// What another maker says ends early, and does not end the bundle.
TEST_F(BundlePolicyTest, HaveNoVerdictOnceWhatTheyMayNeedHasEnded) {
  rats::Corim ends_soon = values_of_another();
  ends_soon.validity = rats::Validity{.not_before = {}, .not_after = test::kNow + Seconds(60)};
  submit(ends_soon);
  const PoliciesInForce reading = in_force("if #endorsements == 0 then executables = UNSAFE_RT end");
  const Bundle bundle = make(reading).value().bundle;
  EXPECT_EQ(bundle.until, test::kNow + Seconds(3'600));
  clock->advance(Seconds(59));
  EXPECT_TRUE(with(bundle, reading)->is_affirming());
  clock->advance(Seconds(1));
  test::expect_refused(with(bundle, reading), Errc::not_found, "was good until 2026-09-21T14:14:20");
  EXPECT_TRUE(with(bundle, {})->is_affirming());
}

TEST_F(BundlePolicyTest, FindAsMuchOfOtherMakersAsMayBeThere) {
  submit(values_of_another());
  const PoliciesInForce reading = in_force("if #endorsements == 0 then executables = UNSAFE_RT end");
  const Bundle bundle = make(reading).value().bundle;
  std::size_t octets = 0;
  for (const Bundle::Entry& entry : bundle.results)
    if (is_of_other_makers(rats::verify_coserv(entry.octets, service->trust().keys).value()))
      octets += entry.octets.size();
  EXPECT_TRUE(make(reading, octets));
  test::expect_refused(make(reading, octets - 1), Errc::too_large, "are too many for a bundle, and the rules for RIOT");
  EXPECT_EQ(make({}, octets - 1).value().left_out.size(), 1U);
}

TEST_F(BundlePolicyTest, PreventABundleThatTheyCouldNotBeAppliedWith) {
  submit(values_of_another(4'097));
  const std::string too_many = "are too many for a bundle, and the rules for RIOT read `endorsements`";
  test::expect_refused(make(in_force("if #endorsements == 0 then executables = UNSAFE_RT end")), Errc::too_large,
                       too_many);
  test::expect_refused(make(in_force("1", "opa")), Errc::too_large, too_many);
  test::expect_refused(make(in_force("if evidence.endorsed[1].identity then executables = UNSAFE_RT end")),
                       Errc::configuration, "CoSERV has no place for");
  for (const PoliciesInForce& content : {PoliciesInForce(), in_force("-- `endorsements` are no matter")}) {
    const auto made = make(content);
    ASSERT_TRUE(made) << made.error().text();
    EXPECT_EQ(made->left_out.size(), 1U);
    EXPECT_TRUE(with(made->bundle, content)->is_affirming());
  }
}

}  // namespace
}  // namespace credence::edge
