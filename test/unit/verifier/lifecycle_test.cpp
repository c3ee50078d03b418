// Endorsement lifecycle management: what of a CoRIM is turned off and on again, and what goes on counting meanwhile.
#include "verifier/store/lifecycle.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "any_store.h"
#include "fixture.h"
#include "rats/corim/describe.h"
#include "support/endorsed.h"
#include "support/signing_chain.h"
#include "temporary_folder.h"
#include "verifier/store/submission.h"

namespace credence::verifier {
namespace {

using rats::ArtifactType;
using test::EvidenceMaker;

// A fleet of two whose CoRIMs are one for both machines.
class Lifecycle : public testing::TestWithParam<test::StoreKind> {
 protected:
  Lifecycle() {
    evidence::tpm::Endorsement fleet = one.endorsement();
    fleet.keys.push_back(two.endorsement().keys[0]);
    keys = evidence::tpm::keys_corim(fleet).value();
    values = evidence::tpm::veraison_corim(fleet).value();
    for (const rats::Corim* corim : {&keys, &values})
      EXPECT_TRUE(store->submit(*corim, rats::encode_corim(*corim).value()));
  }

  [[nodiscard]] static rats::CoservQuery about(const rats::Corim& corim, ArtifactType artifact,
                                               const std::vector<const EvidenceMaker*>& machines) {
    rats::InstanceSelectors selectors;
    for (const EvidenceMaker* machine : machines)
      selectors.instances.push_back({.selected = {.tag = rats::kTagBytes, .value = to_bytes(machine->kid())}});
    return {.profile = corim.profile.value(),
            .query = rats::EnvironmentQuery{.artifact = artifact, .environments = std::move(selectors), .result = {}}};
  }
  [[nodiscard]] static rats::CoservQuery document(rats::RimId::Kind kind, const rats::TagId& id) {
    return {.profile = {}, .query = rats::RimQuery{{{.kind = kind, .id = id}}}};
  }
  // All that is said of one machine's key.
  void set_active(const EvidenceMaker& machine, bool active) {
    const auto changed = store->set_active(about(keys, ArtifactType::endorsed_values, {&machine}), active);
    ASSERT_TRUE(changed) << changed.error().text();
    EXPECT_EQ(changed->selected.size(), 1U);
    ASSERT_TRUE(store->set_active(about(values, ArtifactType::trust_anchors, {&machine}), active));
  }
  [[nodiscard]] static Bytes sign(const rats::Corim& corim, const test::SigningChain& by, Timestamp until) {
    return rats::sign_corim(corim, {.name = "endorser", .uri = {}, .validity = rats::Validity{{}, until}}, by.leaf_key,
                            {&by.leaf, 1})
        .value();
  }
  [[nodiscard]] Result<Stored> submit_signed(const Bytes& octets) {
    return store->submit(rats::corim_of(rats::decode_signed_corim(octets).value()), octets);
  }
  [[nodiscard]] bool affirms(const EvidenceMaker& machine) const { return affirms(machine, store); }
  [[nodiscard]] static bool affirms(const EvidenceMaker& machine, const std::shared_ptr<Store>& over) {
    return test::engine_over(over).appraise(test::channel_request(machine)).value().is_affirming();
  }

  test::TemporaryFolder folder;
  std::shared_ptr<Store> store = GetParam().open(folder.path());
  EvidenceMaker one, two;
  rats::Corim keys, values;
};
INSTANTIATE_TEST_SUITE_P(Stores, Lifecycle, testing::ValuesIn(test::store_kinds()),
                         [](const auto& example) { return example.param.name; });

TEST_P(Lifecycle, TurnsOneKeyOfAFleetOffAndOnAgain) {
  ASSERT_TRUE(affirms(one) && affirms(two));
  const std::uint64_t before = store->generation();
  set_active(one, false);
  EXPECT_GT(store->generation(), before);
  EXPECT_FALSE(affirms(one));
  EXPECT_TRUE(affirms(two));
  EXPECT_EQ(store->list().value().at(0).deactivated, 1U);
  EXPECT_TRUE(store->list().value().at(0).active);
  const std::uint64_t off = store->generation();
  set_active(one, false);
  EXPECT_EQ(store->generation(), off);
  set_active(one, true);
  EXPECT_TRUE(affirms(one) && affirms(two));
  EXPECT_EQ(store->list().value().at(0).deactivated, 0U);
}

TEST_P(Lifecycle, IsRememberedByWhoeverOpensTheStore) {
  if (!GetParam().reopen) GTEST_SKIP() << "a store that lives in memory is not opened again";
  set_active(one, false);
  store.reset();
  store = GetParam().reopen(folder.path());
  EXPECT_FALSE(affirms(one));
  EXPECT_TRUE(affirms(two));
  set_active(one, true);
  EXPECT_TRUE(affirms(one));
}

// Each switch is its own: what was found bad does not come back with the CoRIM around it.
TEST_P(Lifecycle, KeepsAStatementOffWhenItsCorimComesBack) {
  set_active(one, false);
  const auto corim = document(rats::RimId::Kind::corim, keys.id);
  EXPECT_TRUE(store->set_active(corim, false).value().off.empty());
  EXPECT_FALSE(affirms(two));
  const LifecycleChange changed = store->set_active(corim, true).value();
  ASSERT_EQ(changed.selected.size(), 1U);
  ASSERT_EQ(changed.off.size(), 1U);  // it says so
  EXPECT_TRUE(changed.off[0].starts_with(changed.selected[0] + "/statement/"));
  EXPECT_TRUE(affirms(two));
  EXPECT_FALSE(affirms(one));
  // Nor is it a success to submit it again.
  test::expect_refused(store->submit(keys, rats::encode_corim(keys).value()), Errc::conflict,
                       "1 of its CoMIDs and statements is deactivated");
  set_active(one, true);
  EXPECT_TRUE(store->submit(keys, rats::encode_corim(keys).value())->duplicate);
}

TEST_P(Lifecycle, ReachesIntoACorimThatIsNotActive) {
  const auto corim = document(rats::RimId::Kind::corim, keys.id);
  ASSERT_TRUE(store->set_active(corim, false));
  set_active(one, false);
  ASSERT_TRUE(store->set_active(corim, true));
  EXPECT_FALSE(affirms(one));
  EXPECT_TRUE(affirms(two));
}

TEST_P(Lifecycle, TurnsAComidOffAndOnAgain) {
  const auto comid = document(rats::RimId::Kind::comid, values.comids.at(0).id);  // the reference values
  const auto changed = store->set_active(comid, false);
  ASSERT_TRUE(changed) << changed.error().text();
  EXPECT_EQ(changed->selected.size(), 1U);
  const rats::Ear ear = test::engine_over(store).appraise(test::channel_request(one)).value();
  test::expect_problem(test::submodule(ear), Errc::no_reference_values, "no reference values are known");
  ASSERT_TRUE(store->set_active(comid, true));
  EXPECT_TRUE(affirms(one));
}

// Neither CoSERV's statements nor the CoRIM itself tell others what counts here no more.
TEST_P(Lifecycle, IsNotToldByCoserv) {
  const auto selected = [&] {
    const auto query = about(values, ArtifactType::trust_anchors, {&one, &two});
    return store->select(query.profile, std::get<rats::EnvironmentQuery>(query.query)).value().size();
  };
  EXPECT_EQ(selected(), 2U);
  EXPECT_EQ(store->origins(rats::text_of(values.id)).value().size(), 1U);
  set_active(one, false);
  EXPECT_EQ(selected(), 1U);
  EXPECT_TRUE(store->origins(rats::text_of(values.id)).value().empty());
}

TEST_P(Lifecycle, ActivatesNothingThatContradictsWhatIsActive) {
  set_active(one, false);
  EvidenceMaker other;
  evidence::tpm::Endorsement endorsement = other.endorsement();
  endorsement.keys[0].kid = Kid(one.kid());
  const rats::Corim contradicting = evidence::tpm::keys_corim(endorsement).value();
  const std::string id = store->submit(contradicting, rats::encode_corim(contradicting).value()).value().id;
  const auto query = about(keys, ArtifactType::endorsed_values, {&one});
  test::expect_refused(store->set_active(query, true), Errc::conflict, "another");
  EXPECT_FALSE(affirms(one));
  // The other machine's is not held up by it, nor is the CoRIM.
  set_active(two, false);
  set_active(two, true);
  const auto corim = document(rats::RimId::Kind::corim, keys.id);
  ASSERT_TRUE(store->set_active(corim, false));
  ASSERT_TRUE(store->set_active(corim, true));
  EXPECT_TRUE(affirms(two));
  ASSERT_TRUE(store->remove(id));
  set_active(one, true);
  EXPECT_TRUE(affirms(one));
}

// Whoever signs a CoRIM again, for a longer time or with another key, does not bring back what was turned off.
TEST_P(Lifecycle, WhatIsDeactivatedStaysOffUnderAnotherSigning) {
  const test::SigningChain signing = test::SigningChain::make(), other = test::SigningChain::make();
  const rats::TaggedBytes class_id{.tag = rats::kTagUuid, .value = to_bytes(EvidenceMaker::class_id().octets)};
  ASSERT_TRUE(store->remove(submission_id(rats::encode_corim(values).value()).value()));
  const Timestamp later = test::kNow + std::chrono::hours(1);
  const std::string id = submit_signed(sign(values, signing, test::kNow)).value().id;
  const Bytes longer = sign(values, signing, later), by_another = sign(values, other, test::kNow);
  rats::Corim higher = values;
  for (rats::Comid& comid : higher.comids) ++comid.version;
  ASSERT_TRUE(store->set_active({&id, 1}, false));
  const auto expect_all_refused = [&] {
    for (const Bytes& octets : {longer, by_another, sign(higher, signing, later)})
      test::expect_refused(submit_signed(octets), Errc::conflict,
                           "is there already and was deactivated: activate " + id + ", or remove it first");
    test::expect_refused(store->submit(values, rats::encode_corim(values).value()), Errc::conflict, "was deactivated");
    EXPECT_EQ(test::reference_values(*store, class_id).value(), nullptr);
  };
  expect_all_refused();
  if (GetParam().reopen) {
    store.reset();
    store = GetParam().reopen(folder.path());
    expect_all_refused();
  }
  // What the CoRIM with this id says else is another matter.
  one.pcrs[evidence::tpm::kAlgSha256][1] = Bytes(32, 0x77);
  rats::Corim corrected = evidence::tpm::veraison_corim(one.endorsement()).value();
  corrected.id = values.id;
  ASSERT_TRUE(submit_signed(sign(corrected, signing, later)));
  // Activated, or removed, it holds up nothing.
  ASSERT_TRUE(store->set_active({&id, 1}, true));
  EXPECT_FALSE(submit_signed(longer).value().duplicate);
  ASSERT_TRUE(store->set_active({&id, 1}, false));
  test::expect_refused(submit_signed(by_another), Errc::conflict, "was deactivated");
  ASSERT_TRUE(store->remove(id));
  EXPECT_FALSE(submit_signed(by_another).value().duplicate);
}

TEST_P(Lifecycle, WhatIsDeactivatedUnderTwoSigningsStaysOffUntilBothAreGone) {
  ASSERT_TRUE(store->remove(submission_id(rats::encode_corim(values).value()).value()));
  std::vector<std::string> ids;
  for (int i = 0; i < 2; ++i) ids.push_back(submit_signed(sign(values, test::SigningChain::make(), test::kNow))->id);
  ASSERT_TRUE(store->set_active(ids, false));
  const Bytes another = sign(values, test::SigningChain::make(), test::kNow);
  std::ranges::sort(ids);  // the first is named
  for (const std::string& id : ids) {
    test::expect_refused(submit_signed(another), Errc::conflict,
                         "is there already and was deactivated: activate " + id);
    ASSERT_TRUE(store->remove(id));
  }
  EXPECT_FALSE(submit_signed(another).value().duplicate);
}

TEST_P(Lifecycle, SaysWhatSelectsNothing) {
  EvidenceMaker stranger;
  test::expect_refused(store->set_active(about(keys, ArtifactType::endorsed_values, {&one, &stranger}), false),
                       Errc::not_found, "environment-selector [1]: no endorsed values of profile");
  EXPECT_TRUE(affirms(one));  // all or nothing
  test::expect_refused(store->set_active(document(rats::RimId::Kind::comid, std::string("none")), false),
                       Errc::not_found, "no stored CoMID has the id \"none\"");
  test::expect_refused(store->set_active(document(rats::RimId::Kind::corim, std::string("none")), false),
                       Errc::not_found, "no stored CoRIM has the id \"none\"");
}

TEST_P(Lifecycle, EndsWithItsCorim) {
  set_active(one, false);
  ASSERT_FALSE(affirms(one));
  const auto corims = store->list().value();
  for (const StoredCorim& corim : corims) ASSERT_TRUE(store->remove(corim.id));
  EXPECT_TRUE(store->documents(DocumentKind::deactivation)->empty());
  for (const rats::Corim* corim : {&keys, &values})
    ASSERT_TRUE(store->submit(*corim, rats::encode_corim(*corim).value()));
  EXPECT_TRUE(affirms(one));
}

// A document that this program finds nothing for may forbid what it does not understand.
TEST_P(Lifecycle, TurnsAllOffForADocumentThatItFindsNothingFor) {
  const std::string id = store->list().value().at(0).id;
  const auto change = [&](DocumentChange::Event event) {
    return store->change(DocumentKind::deactivation, [&](const Documents&) -> Result<std::vector<DocumentChange>> {
      return std::vector<DocumentChange>{
          {.event = event, .id = id + "/statement/" + std::string(64, '0'), .octets = {1}}};
    });
  };
  ASSERT_TRUE(change(DocumentChange::Event::added));
  EXPECT_FALSE(affirms(one) || affirms(two));
  ASSERT_TRUE(change(DocumentChange::Event::removed));
  EXPECT_TRUE(affirms(one) && affirms(two));
}

}  // namespace
}  // namespace credence::verifier
