// Versions of policies in every kind of store.
#include "verifier/policy/policies.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "policy_input.h"
#include "support/refusal.h"
#include "unit/verifier/any_store.h"
#include "unit/verifier/fixture.h"
#include "unit/verifier/temporary_folder.h"

namespace credence::verifier {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::string_view kScheme = "PARSEC_TPM", kOther = "TPM_ENACTTRUST";

class CountingRandom final : public Random {
 public:
  Result<void> fill(MutableByteView out) const override {
    std::ranges::fill(out, std::uint8_t{0});
    out.back() = ++count_;
    return {};
  }

 private:
  mutable std::uint8_t count_ = 0;
};

class AnyPolicies : public testing::TestWithParam<test::StoreKind> {
 protected:
  std::unique_ptr<Policies> policies_over(std::shared_ptr<Store> over) const {
    return std::make_unique<Policies>(
        Policies::Parts{.store = std::move(over),
                        .languages = {lua_language(std::make_shared<FixedClock>(test::kNow))},
                        .clock = std::make_shared<FixedClock>(test::kNow),
                        .random = random});
  }
  std::string add(std::string_view rules = "status = 32", std::string_view scheme = kScheme, bool may_raise = false) {
    const auto version = policies->add({.scheme = std::string(scheme),
                                        .type = std::string(kLuaRules),
                                        .rules = std::string(rules),
                                        .may_raise = may_raise});
    EXPECT_TRUE(version) << version.error().text();
    return version ? version->id : "";
  }
  static std::string active_id(const Policies& those, std::string_view scheme = kScheme) {
    const auto active = those.active(scheme);
    return active == nullptr ? "" : active->version.id;
  }
  std::vector<bool> activity(std::string_view scheme = kScheme) const {
    std::vector<bool> list;
    const auto versions = policies->list(scheme).value();
    for (const PolicyVersion& version : versions) list.push_back(version.active);
    return list;
  }

  test::TemporaryFolder folder;
  std::shared_ptr<CountingRandom> random = std::make_shared<CountingRandom>();
  std::shared_ptr<Store> store = GetParam().open(folder.path());
  std::unique_ptr<Policies> policies = policies_over(store);
};
INSTANTIATE_TEST_SUITE_P(Stores, AnyPolicies, testing::ValuesIn(test::store_kinds()),
                         [](const auto& example) { return example.param.name; });

TEST_P(AnyPolicies, AreNoneAtFirst) {
  EXPECT_EQ(policies->active(kScheme), nullptr);
  EXPECT_THAT(policies->list(kScheme).value(), IsEmpty());
  test::expect_refused(policies->get_active(kScheme), Errc::not_found, "PARSEC_TPM has no active policy");
}

TEST_P(AnyPolicies, KeepWhatWasGiven) {
  const auto added = policies->add(
      {.scheme = std::string(kScheme), .name = "site", .type = "lua", .rules = "status = 32", .may_raise = true});
  ASSERT_TRUE(added) << added.error().text();
  EXPECT_EQ(added->id, "00000000-0000-4000-8000-000000000001");
  const PolicyVersion version = policies->get(kScheme, added->id).value();
  EXPECT_EQ(version.scheme, kScheme);
  EXPECT_EQ(version.name, "site");
  EXPECT_EQ(version.type, "lua");
  EXPECT_EQ(version.rules, "status = 32");
  EXPECT_TRUE(version.may_raise);
  EXPECT_EQ(version.created, test::kNow);
  EXPECT_FALSE(version.active);
  EXPECT_EQ(policies->active(kScheme), nullptr);
}

TEST_P(AnyPolicies, OfOneSchemeAreActiveOneAtATime) {
  const std::string first = add(), second = add(), other = add("hardware = 97", kOther);
  ASSERT_TRUE(policies->activate(kOther, other));
  ASSERT_TRUE(policies->activate(kScheme, first));
  EXPECT_EQ(active_id(*policies), first);
  ASSERT_TRUE(policies->activate(kScheme, second));
  EXPECT_EQ(active_id(*policies), second);
  EXPECT_THAT(activity(), ElementsAre(false, true));
  EXPECT_EQ(policies->get_active(kScheme)->id, second);
  EXPECT_EQ(active_id(*policies, kOther), other);
  const std::uint64_t generation = store->generation();
  ASSERT_TRUE(policies->activate(kScheme, second));
  EXPECT_EQ(store->generation(), generation);
  ASSERT_TRUE(policies->deactivate(kScheme));
  EXPECT_EQ(active_id(*policies), "");
  EXPECT_EQ(active_id(*policies, kOther), other);
}

TEST_P(AnyPolicies, AreFoundUnderTheirSchemeOnly) {
  const std::string id = add();
  EXPECT_THAT(policies->list(kOther).value(), IsEmpty());
  test::expect_refused(policies->get(kOther, id), Errc::not_found, "TPM_ENACTTRUST has no policy " + id);
  test::expect_refused(policies->activate(kOther, id), Errc::not_found, "TPM_ENACTTRUST has no policy");
  test::expect_refused(policies->remove(kOther, id), Errc::not_found, "TPM_ENACTTRUST has no policy");
  EXPECT_TRUE(policies->activate(kScheme, id));
}

TEST_P(AnyPolicies, AreListedByName) {
  add();
  ASSERT_TRUE(policies->add({.scheme = std::string(kScheme), .name = "site", .type = "lua", .rules = "status = 2"}));
  EXPECT_EQ(policies->list(kScheme).value().size(), 2U);
  EXPECT_EQ(policies->list(kScheme, "site").value().size(), 1U);
  EXPECT_THAT(policies->list(kScheme, "none").value(), IsEmpty());
}

TEST_P(AnyPolicies, AreRemovedWhenTheyAreNotActive) {
  const std::string id = add();
  ASSERT_TRUE(policies->activate(kScheme, id));
  test::expect_refused(policies->remove(kScheme, id), Errc::conflict, "is active: deactivate it");
  ASSERT_TRUE(policies->deactivate(kScheme));
  ASSERT_TRUE(policies->remove(kScheme, id));
  test::expect_refused(policies->remove(kScheme, id), Errc::not_found, "has no policy");
  EXPECT_THAT(policies->list(kScheme).value(), IsEmpty());
}

struct Refused {
  Policies::New policy;
  Errc code;
  std::string part;
};

TEST_P(AnyPolicies, AreNotStoredWhenTheyAreWrong) {
  const std::string scheme(kScheme);
  const std::vector<Refused> table = {
      {{.scheme = "NONE", .type = "lua", .rules = "status = 2"}, Errc::invalid_value, "unrecognised scheme \"NONE\""},
      {{.scheme = scheme, .name = "", .type = "lua", .rules = "status = 2"},
       Errc::invalid_value,
       "name: expected 1 to"},
      {{.scheme = scheme, .name = "a\nb", .type = "lua", .rules = "status = 2"}, Errc::invalid_value, "name: expected"},
      {{.scheme = scheme, .type = "opa", .rules = "package policy"},
       Errc::unsupported,
       "no policy language of type \"opa\""},
      {{.scheme = scheme, .type = "lua", .rules = ""}, Errc::invalid_value, "expected rules, got nothing"},
      {{.scheme = scheme, .type = "lua", .rules = "if then"}, Errc::invalid_value, "policy:1: unexpected symbol"},
      {{.scheme = scheme, .type = "lua", .rules = "-- \xff"}, Errc::invalid_value, "no UTF-8"},
  };
  for (const Refused& refused : table) {
    SCOPED_TRACE(refused.part);
    test::expect_refused(policies->add(refused.policy), refused.code, refused.part);
    test::expect_refused(policies->try_out(refused.policy), refused.code, refused.part);
  }
  EXPECT_THAT(policies->list(kScheme).value(), IsEmpty());
  EXPECT_EQ(store->generation(), 0U);
}

TEST_P(AnyPolicies, ThatAreTriedOutAreNotStored) {
  ASSERT_TRUE(policies->try_out({.scheme = std::string(kScheme), .type = "lua", .rules = "status = 2"}));
  EXPECT_EQ(store->generation(), 0U);
}

TEST_P(AnyPolicies, AreCompiledOnce) {
  ASSERT_TRUE(policies->activate(kScheme, add()));
  const auto before = policies->active(kScheme);
  const std::string other = add("status = 96", kOther);
  ASSERT_TRUE(policies->activate(kOther, other));
  EXPECT_EQ(policies->active(kScheme), before);
}

// Something was forbidden, and nobody knows what any more.
TEST_P(AnyPolicies, ThatCannotBeReadRefuse) {
  ASSERT_TRUE(store->change(DocumentKind::policy, [](const Documents&) -> Result<std::vector<DocumentChange>> {
    return std::vector<DocumentChange>{
        {.event = DocumentChange::Event::added, .id = "x", .octets = to_bytes(as_bytes("{}"))}};
  }));
  const auto active = policies->active(kScheme);
  ASSERT_NE(active, nullptr);
  test::expect_refused(active->program, Errc::missing_member, "stored policy x");
  EXPECT_NE(policies->active(kOther), nullptr);
}

TEST_P(AnyPolicies, OfALanguageThatIsNotSpokenRefuse) {
  const PolicyVersion version{.scheme = std::string(kScheme), .name = "n", .type = "opa", .rules = "package policy"};
  ASSERT_TRUE(store->change(DocumentKind::policy, [&](const Documents&) -> Result<std::vector<DocumentChange>> {
    return std::vector<DocumentChange>{
        {.event = DocumentChange::Event::added, .id = "x", .octets = encode_policy_version(version)}};
  }));
  test::expect_refused(policies->active(kScheme)->program, Errc::configuration, "no policy language of type \"opa\"");
  EXPECT_EQ(policies->active(kOther), nullptr);
}

class SharedPolicies : public AnyPolicies {};
INSTANTIATE_TEST_SUITE_P(Stores, SharedPolicies, testing::ValuesIn(test::lasting_store_kinds()),
                         [](const auto& example) { return example.param.name; });

TEST_P(SharedPolicies, SurviveARestart) {
  const std::string id = add("status = 32", kScheme, true);
  ASSERT_TRUE(policies->activate(kScheme, id));
  policies.reset();
  store.reset();
  const auto again = policies_over(GetParam().reopen(folder.path()));
  EXPECT_EQ(active_id(*again), id);
  EXPECT_TRUE(again->get(kScheme, id)->may_raise);
}

TEST_P(SharedPolicies, ReachOtherNodes) {
  const auto theirs = policies_over(GetParam().reopen(folder.path()));
  const auto becomes = [&](const std::string& id) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (active_id(*theirs) != id && std::chrono::steady_clock::now() < deadline)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    return active_id(*theirs) == id;
  };
  const std::string id = add();
  ASSERT_TRUE(policies->activate(kScheme, id));
  EXPECT_TRUE(becomes(id));
  const std::string newer = add();
  ASSERT_TRUE(policies->activate(kScheme, newer));
  EXPECT_TRUE(becomes(newer));
  ASSERT_TRUE(policies->deactivate(kScheme));
  EXPECT_TRUE(becomes(""));
}

}  // namespace
}  // namespace credence::verifier
