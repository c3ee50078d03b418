// What every store promises.
#include "verifier/store.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <ostream>

#include "any_store.h"
#include "fixture.h"
#include "support/endorsed.h"
#include "support/signing_chain.h"
#include "temporary_folder.h"
#include "verifier/store/deactivated.h"

namespace credence::verifier {
namespace {

using test::EvidenceMaker;

class AnyStore : public testing::TestWithParam<test::StoreKind> {
 protected:
  void provision(const rats::Corim& corim) {
    const auto stored = submit(corim);
    ASSERT_TRUE(stored) << stored.error().text();
    EXPECT_FALSE(stored->duplicate);
  }
  Result<Stored> submit(const rats::Corim& corim) { return store->submit(corim, rats::encode_corim(corim).value()); }
  rats::Ear appraise_at(Timestamp now) {
    return test::engine_over(store, {}, now).appraise(test::channel_request(maker)).value();
  }
  void expect_problem_at(Timestamp now, Errc code, std::string_view part) {
    const rats::Ear ear = appraise_at(now);
    EXPECT_FALSE(ear.is_affirming());
    test::expect_problem(test::submodule(ear), code, part);
  }
  static rats::CoservQuery comid(const std::string& id) {
    return {.profile = {}, .query = rats::RimQuery{{{.kind = rats::RimId::Kind::comid, .id = id}}}};
  }
  std::shared_ptr<const TrustAnchor> anchor() { return test::trust_anchor(*store, Kid(maker.kid())).value(); }

  test::TemporaryFolder folder;
  std::shared_ptr<Store> store = GetParam().open(folder.path());
  EvidenceMaker maker;
  rats::Corim keys = evidence::tpm::keys_corim(maker.endorsement()).value();
  rats::Corim veraison = evidence::tpm::veraison_corim(maker.endorsement()).value();
  rats::TaggedBytes class_id{.tag = rats::kTagUuid, .value = to_bytes(EvidenceMaker::class_id().octets)};
};
INSTANTIATE_TEST_SUITE_P(Stores, AnyStore, testing::ValuesIn(test::store_kinds()),
                         [](const auto& example) { return example.param.name; });

TEST_P(AnyStore, KnowsNothingAtFirst) {
  EXPECT_EQ(anchor(), nullptr);
  EXPECT_EQ(test::reference_values(*store, class_id).value(), nullptr);
}

// A22: for the next process, whose clock may have been set back meanwhile.
TEST_P(AnyStore, KnowsTheLatestTimeThatWasNoted) {
  using std::chrono::hours;
  const Timestamp told = system_clock()->now() - hours(1);
  EXPECT_EQ(store->noted_time().value(), std::nullopt);
  ASSERT_TRUE(store->note_time(told - hours(2), TimeNote::if_later));
  ASSERT_TRUE(store->note_time(told, TimeNote::if_later));
  ASSERT_TRUE(store->note_time(told - hours(1), TimeNote::if_later));
  if (!GetParam().reopen) {
    EXPECT_EQ(store->noted_time().value(), std::nullopt);
    return;
  }
  EXPECT_EQ(store->noted_time().value(), told);
  const std::uint64_t generation = store->generation();
  store.reset();
  store = GetParam().reopen(folder.path());
  EXPECT_EQ(store->noted_time().value(), told);
  EXPECT_EQ(store->generation(), generation);  // no change of what verdicts rest on
  ASSERT_TRUE(store->note_time(told - hours(1), TimeNote::instead));
  EXPECT_EQ(store->noted_time().value(), told - hours(1));
}

TEST_P(AnyStore, JoinsKeyAndRecordWhicheverComesFirst) {
  provision(veraison);
  EXPECT_FALSE(anchor()->record);
  provision(keys);
  ASSERT_TRUE(anchor()->record);
  EXPECT_EQ(anchor()->record->name, maker.facts().name);
  EXPECT_EQ(anchor()->key, maker.attestation_key.public_key());
  EXPECT_EQ(anchor()->class_id, class_id);
}

TEST_P(AnyStore, TakesTheRecordAlone) {
  provision(keys);
  EXPECT_EQ(anchor()->key, maker.attestation_key.public_key());
  provision(veraison);
  EXPECT_TRUE(anchor()->record);
}

TEST_P(AnyStore, AHigherVersionReplacesALowerOne) {
  provision(keys);
  const auto release = [this](std::uint64_t version, std::uint8_t value) {
    maker.pcrs[evidence::tpm::kAlgSha256][1] = Bytes(32, value);
    rats::Corim made = evidence::tpm::veraison_corim(maker.endorsement()).value();
    made.id = "release " + std::to_string(version);
    for (std::size_t i = 0; i < made.comids.size(); ++i) {
      made.comids[i].id = "comid " + std::to_string(i);
      made.comids[i].version = version;
    }
    return made;
  };
  const auto values = [this] {
    std::vector<Bytes> all;
    for (const auto& value :
         test::reference_values(*store, class_id).value()->pcrs.at(crypto::HashAlgorithm::sha256).at(1))
      all.push_back(value.value);
    return all;
  };
  // Tools give version 0 and one tag-id to whatever is made of one template: those add up, as in Veraison.
  provision(release(0, 0x01));
  rats::Corim beside = release(0, 0x02);
  beside.id = "beside";
  provision(beside);
  EXPECT_EQ(values(), (std::vector<Bytes>{Bytes(32, 0x01), Bytes(32, 0x02)}));
  provision(release(1, 0x11));
  provision(release(2, 0x22));
  EXPECT_EQ(values(), (std::vector<Bytes>{Bytes(32, 0x22)}));
  const std::string third = submit(release(3, 0x33)).value().id;
  EXPECT_EQ(values(), (std::vector<Bytes>{Bytes(32, 0x33)}));
  test::expect_refused(submit(release(1, 0x12)), Errc::stale, "version 3 is active, this is version 1");
  ASSERT_TRUE(store->set_active({&third, 1}, false));
  EXPECT_EQ(values(), (std::vector<Bytes>{Bytes(32, 0x22)}));
  ASSERT_TRUE(store->set_active({&third, 1}, true));
  ASSERT_TRUE(store->remove(third));
  EXPECT_EQ(values(), (std::vector<Bytes>{Bytes(32, 0x22)}));
  // One version says one thing; under an id of its own something else is added. What is about other things stays.
  rats::Corim more = release(2, 0x23);
  more.id = "more of the second";
  test::expect_refused(submit(more), Errc::conflict,
                       "tag comid 0: version 2 is there with other content, in the CoRIM \"release 2\"");
  more.comids[0].id = "another comid";
  provision(more);
  EXPECT_EQ(values(), (std::vector<Bytes>{Bytes(32, 0x22), Bytes(32, 0x23)}));
  EXPECT_NE(anchor(), nullptr);
}

// draft-ietf-rats-corim section 5.1.3: a CoMID with another id may take the place of one.
TEST_P(AnyStore, ACorimReplacesWhatItsLinkedTagsName) {
  provision(keys);
  veraison.comids[0].id = "first release";
  const std::string first = submit(veraison).value().id;
  const auto old = [&] {
    const auto known = test::reference_values(*store, class_id).value();
    return known != nullptr && std::ranges::contains(known->pcrs.at(crypto::HashAlgorithm::sha256).at(1),
                                                     Bytes(32, 0x01), [](const auto& value) { return value.value; });
  };
  ASSERT_TRUE(old());
  const auto link = [&](std::int64_t relation, const std::string& id) {
    maker.pcrs[evidence::tpm::kAlgSha256][1] = Bytes(32, static_cast<std::uint8_t>(0x40 + relation));
    rats::Corim made = evidence::tpm::veraison_corim(maker.endorsement()).value();
    made.id = made.comids[0].id = id;
    made.comids[0].linked_tags = {{.id = std::string("first release"), .relation = relation}};
    return made;
  };
  provision(link(rats::kTagSupplements, "supplement"));
  EXPECT_TRUE(old());
  const std::string second = submit(link(rats::kTagReplaces, "second release")).value().id;
  EXPECT_FALSE(old());
  // It does not come back under another signature, or in another CoRIM.
  rats::Corim again = veraison;
  again.id = "again";
  test::expect_refused(submit(again), Errc::stale, "tag first release: one that replaces it (linked-tags) is active");
  // What it said is erroneous, whether the correction is there or not, until somebody says otherwise.
  const std::vector off = {comid_deactivation(first, "first release").value()};
  EXPECT_EQ(store->set_active({&second, 1}, false).value().off, off);
  EXPECT_FALSE(old());
  EXPECT_EQ(store->list().value().at(1).deactivated, 1U);
  test::expect_refused(submit(again), Errc::conflict,
                       "CoMID first release is there already and was deactivated, in the");
  test::expect_refused(submit(veraison), Errc::conflict, "1 of its CoMIDs and statements is deactivated");
  EXPECT_EQ(store->set_active({&first, 1}, true).value().off, off);
  EXPECT_FALSE(old());
  const LifecycleChange on = store->set_active(comid("first release"), true).value();
  EXPECT_EQ(on.selected, off);
  EXPECT_TRUE(on.off.empty());
  EXPECT_TRUE(old());
  EXPECT_TRUE(submit(veraison)->duplicate);
  provision(again);
  ASSERT_TRUE(store->set_active({&second, 1}, true));
  EXPECT_FALSE(old());
  EXPECT_EQ(store->remove(second).value().off.size(), 2U);
  EXPECT_FALSE(old());
  if (GetParam().reopen) {
    store.reset();
    store = GetParam().reopen(folder.path());
    EXPECT_FALSE(old());
  }
  ASSERT_TRUE(store->set_active(comid("first release"), true));
  EXPECT_TRUE(old());
}

// An old CoRIM keeps its signature: that it is another one than the CoRIM whose CoMID was turned off helps nobody.
TEST_P(AnyStore, ADeactivatedComidDoesNotComeBackInAnotherCorim) {
  provision(keys);
  veraison.comids[0].id = "release";
  const std::string first = submit(veraison).value().id;
  rats::Corim again = veraison;
  again.id = "again";
  ASSERT_TRUE(store->set_active(comid("release"), false));
  const auto values = [&] { return test::reference_values(*store, class_id).value(); };
  const auto expect_refused = [&] {
    test::expect_refused(submit(again), Errc::conflict,
                         "CoMID release is there already and was deactivated, in the CoRIM");
    EXPECT_EQ(values(), nullptr);
  };
  expect_refused();
  again.comids[0].version = 1;
  expect_refused();
  again.comids[0].version = 0;
  // Nor once its own CoRIM is off, too.
  ASSERT_TRUE(store->set_active({&first, 1}, false));
  expect_refused();
  if (GetParam().reopen) {
    store.reset();
    store = GetParam().reopen(folder.path());
    expect_refused();
  }
  // What a CoMID with this id says else was not turned off.
  maker.pcrs[evidence::tpm::kAlgSha256][1] = Bytes(32, 0x77);
  rats::Corim corrected = evidence::tpm::veraison_corim(maker.endorsement()).value();
  corrected.comids[0].id = "release";
  provision(corrected);
  ASSERT_NE(values(), nullptr);
  EXPECT_EQ(values()->pcrs.at(crypto::HashAlgorithm::sha256).at(1).size(), 1U);
  ASSERT_TRUE(store->set_active(comid("release"), true));
  provision(again);
  EXPECT_EQ(values()->pcrs.at(crypto::HashAlgorithm::sha256).at(1).size(), 2U);
}

// Two CoRIMs with the CoMID that is replaced: one counted, and was turned off for it, the other did not.
TEST_P(AnyStore, NorInOneThatIsActivated) {
  provision(keys);
  veraison.comids[0].id = "first release";
  rats::Corim again = veraison;
  again.id = "again";
  const std::string first = submit(veraison).value().id, other = submit(again).value().id;
  ASSERT_TRUE(store->set_active({&other, 1}, false));
  maker.pcrs[evidence::tpm::kAlgSha256][1] = Bytes(32, 0x77);
  rats::Corim correction = evidence::tpm::veraison_corim(maker.endorsement()).value();
  correction.id = correction.comids[0].id = "second release";
  correction.comids[0].linked_tags = {{.id = std::string("first release"), .relation = rats::kTagReplaces}};
  const std::string second = submit(correction).value().id;
  ASSERT_TRUE(store->remove(second));
  const auto values = [&] { return test::reference_values(*store, class_id).value(); };
  EXPECT_EQ(values(), nullptr);
  test::expect_refused(store->set_active({&other, 1}, true), Errc::conflict, "CoMID first release is there already");
  EXPECT_EQ(values(), nullptr);
  // Off in both it holds up neither.
  ASSERT_TRUE(store->set_active(comid("first release"), false));
  ASSERT_TRUE(store->set_active({&other, 1}, true));
  EXPECT_EQ(values(), nullptr);
  ASSERT_TRUE(store->set_active({&other, 1}, false));
  ASSERT_TRUE(store->set_active(comid("first release"), true));
  ASSERT_NE(values(), nullptr);
  ASSERT_TRUE(store->set_active({&other, 1}, true));
  ASSERT_TRUE(store->remove(first));
  EXPECT_NE(values(), nullptr);
}

TEST_P(AnyStore, WhatWasReplacedStaysOffWhenWhatReplacedItIsCleanedAway) {
  provision(keys);
  const auto release = [this](const std::string& id, std::uint8_t value, const std::string& before) {
    maker.pcrs[evidence::tpm::kAlgSha256][1] = Bytes(32, value);
    rats::Corim made = evidence::tpm::veraison_corim(maker.endorsement()).value();
    made.id = made.comids[0].id = id;
    if (!before.empty()) made.comids[0].linked_tags = {{.id = before, .relation = rats::kTagReplaces}};
    return submit(made).value().id;
  };
  const auto values = [this] {
    std::vector<Bytes> all;
    const auto known = test::reference_values(*store, class_id).value();
    if (known == nullptr) return all;
    for (const auto& value : known->pcrs.at(crypto::HashAlgorithm::sha256).at(1)) all.push_back(value.value);
    return all;
  };
  release("first", 0x11, "");
  EXPECT_EQ(values(), (std::vector<Bytes>{Bytes(32, 0x11)}));
  const std::string second = release("second", 0x22, "first"), third = release("third", 0x33, "second");
  EXPECT_EQ(values(), (std::vector<Bytes>{Bytes(32, 0x33)}));
  ASSERT_TRUE(store->remove(second));
  EXPECT_EQ(values(), (std::vector<Bytes>{Bytes(32, 0x33)}));
  ASSERT_TRUE(store->remove(third));
  EXPECT_TRUE(values().empty());
  ASSERT_TRUE(store->set_active(comid("first"), true));
  EXPECT_EQ(values(), (std::vector<Bytes>{Bytes(32, 0x11)}));
}

TEST_P(AnyStore, CollectsTheValuesOfSeveralBuilds) {
  provision(veraison);
  maker.pcrs[evidence::tpm::kAlgSha256][1] = Bytes(32, 0x77);
  provision(evidence::tpm::veraison_corim(maker.endorsement()).value());
  const auto values = test::reference_values(*store, class_id).value();
  EXPECT_EQ(values->pcrs.at(crypto::HashAlgorithm::sha256).at(0).size(), 1U);
  const auto& builds = values->pcrs.at(crypto::HashAlgorithm::sha256).at(1);
  ASSERT_EQ(builds.size(), 2U);
  EXPECT_EQ(builds[0].value, Bytes(32, 0x01));
  EXPECT_EQ(builds[1].value, Bytes(32, 0x77));
}

TEST_P(AnyStore, TellsADuplicate) {
  provision(veraison);
  const std::uint64_t generation = store->generation();
  const Stored again = submit(veraison).value();
  EXPECT_TRUE(again.duplicate);
  EXPECT_EQ(again.id, submit(veraison)->id);
  EXPECT_EQ(store->generation(), generation);
}

// A signature is never the same twice; what was signed is.
TEST_P(AnyStore, TellsADuplicateThatIsSignedAgain) {
  const test::SigningChain signing = test::SigningChain::make();
  const auto sign = [&](rats::Validity validity) {
    return rats::sign_corim(keys, {.name = "endorser", .uri = {}, .validity = validity}, signing.leaf_key,
                            {&signing.leaf, 1})
        .value();
  };
  const auto submit_signed = [&](const Bytes& octets) {
    return store->submit(rats::corim_of(rats::decode_signed_corim(octets).value()), octets).value();
  };
  const rats::Validity a_while{.not_before = {}, .not_after = test::kNow};
  const Bytes first = sign(a_while), second = sign(a_while);
  ASSERT_NE(first, second);
  const Stored stored = submit_signed(first);
  EXPECT_FALSE(stored.duplicate);
  const Stored again = submit_signed(second);
  EXPECT_TRUE(again.duplicate);
  EXPECT_EQ(again.id, stored.id);
  EXPECT_EQ(store->list().value().size(), 1U);
  // Nor does it come back that way once it was turned off.
  ASSERT_TRUE(store->set_active({&stored.id, 1}, false));
  const Bytes third = sign(a_while);
  test::expect_refused(store->submit(rats::corim_of(rats::decode_signed_corim(third).value()), third), Errc::conflict,
                       "is there already and was deactivated: activate " + stored.id);
  if (GetParam().reopen) {
    store.reset();
    store = GetParam().reopen(folder.path());
    test::expect_refused(store->submit(rats::corim_of(rats::decode_signed_corim(third).value()), third), Errc::conflict,
                         "was deactivated");
  }
  ASSERT_TRUE(store->set_active({&stored.id, 1}, true));
  EXPECT_TRUE(submit_signed(third).duplicate);
  // For a longer time it is something else, and so it is on nobody's word.
  EXPECT_FALSE(submit_signed(sign({.not_before = {}, .not_after = test::kNow + std::chrono::seconds(1)})).duplicate);
  provision(keys);
}

TEST_P(AnyStore, ChangesItsGenerationWithItsContent) {
  const std::uint64_t before = store->generation();
  provision(veraison);
  EXPECT_NE(store->generation(), before);
}

constexpr std::chrono::milliseconds kTick{1};
constexpr Timestamp kStart = test::kNow, kEnd = test::kNow + std::chrono::seconds(100);

// draft-ietf-rats-corim section 4.1.6. Both ends belong to the period.
TEST_P(AnyStore, EndorsesAKeyWithinTheValidityOfItsCorim) {
  keys.validity = rats::Validity{.not_before = kStart, .not_after = kEnd};
  provision(keys);
  provision(veraison);  // states the key for ever: that does not prolong the record
  expect_problem_at(kStart - kTick, Errc::expired, "the endorsement of this key is not valid before 2026-09-21T");
  EXPECT_TRUE(appraise_at(kStart).is_affirming());
  EXPECT_TRUE(appraise_at(kEnd).is_affirming());
  expect_problem_at(kEnd + kTick, Errc::expired, "the endorsement of this key expired at 2026-09-21T");

  rats::Corim renewed = keys;
  renewed.validity =
      rats::Validity{.not_before = kEnd + std::chrono::seconds(10), .not_after = kEnd + std::chrono::seconds(20)};
  provision(renewed);
  EXPECT_TRUE(appraise_at(kEnd).is_affirming());
  expect_problem_at(kEnd + kTick, Errc::expired, "is not valid before");
  EXPECT_TRUE(appraise_at(kEnd + std::chrono::seconds(20)).is_affirming());
  expect_problem_at(kEnd + std::chrono::seconds(21), Errc::expired, "expired at");
}

TEST_P(AnyStore, DropsTheValidityOfTheKeyForThatOfTheRecord) {
  veraison.validity = rats::Validity{.not_before = {}, .not_after = kEnd};
  provision(veraison);
  EXPECT_FALSE(anchor()->validity.contains(kEnd + kTick));
  provision(keys);
  EXPECT_TRUE(anchor()->validity.contains(kEnd + kTick));
}

TEST_P(AnyStore, ApprovesAStateWithinTheValidityOfItsCorim) {
  veraison.validity = rats::Validity{.not_before = kStart, .not_after = kEnd};
  provision(keys);
  provision(veraison);
  for (const bool sends_pcrs : {true, false}) {
    maker.sends_pcrs = sends_pcrs;
    expect_problem_at(kStart - kTick, Errc::expired, "is not valid before 2026-09-21T");
    EXPECT_TRUE(appraise_at(kStart).is_affirming());
    EXPECT_TRUE(appraise_at(kEnd).is_affirming());
    expect_problem_at(kEnd + kTick, Errc::expired, "expired at 2026-09-21T");
    EXPECT_EQ((*test::submodule(appraise_at(kEnd + kTick)).vector)[rats::TrustClaim::executables], 33);
  }
}

TEST_P(AnyStore, GivesUpTheBuildThatExpiredAndNotTheOthers) {
  veraison.validity = rats::Validity{.not_before = {}, .not_after = kEnd};
  provision(keys);
  provision(veraison);
  const EvidenceMaker old_build = maker;
  maker.pcrs[evidence::tpm::kAlgSha256][1] = Bytes(32, 0x77);
  provision(evidence::tpm::veraison_corim(maker.endorsement()).value());
  for (const bool sends_pcrs : {true, false}) {
    maker.sends_pcrs = sends_pcrs;
    EXPECT_TRUE(appraise_at(kEnd + kTick).is_affirming());
  }
  maker = old_build;
  EXPECT_TRUE(appraise_at(kEnd).is_affirming());
  expect_problem_at(kEnd + kTick, Errc::expired, "PCR 1 (sha-256): the reference value 0101");
  maker.pcrs[evidence::tpm::kAlgSha256][1] = Bytes(32, 0x99);
  expect_problem_at(kEnd + kTick, Errc::pcr_mismatch,
                    "expected 7777777777777777777777777777777777777777777777777777777777777777, got 9999");
  maker.sends_pcrs = false;
  expect_problem_at(kEnd + kTick, Errc::pcr_mismatch, "digest over all quoted PCRs");
}

TEST_P(AnyStore, RefusesAnotherKeyForTheSameKid) {
  provision(veraison);
  evidence::tpm::Endorsement other = EvidenceMaker{}.endorsement();
  other.keys[0].kid = Kid(maker.kid());
  const auto refused = submit(evidence::tpm::veraison_corim(other).value());
  test::expect_refused(refused, Errc::conflict, "already endorsed with another key");
  EXPECT_EQ(anchor()->key, maker.attestation_key.public_key());
}

// Releases repeat the key of a machine. What is stated often is looked at once, and no contradiction hides behind it.
TEST_P(AnyStore, FindsAnotherKeyAmongMuchThatRepeatsOne) {
  for (const std::string release : {"first", "second", "third"}) {
    veraison.id = release;
    provision(veraison);
  }
  const auto with_key =
      std::ranges::find_if(veraison.comids, [](const auto& one) { return !one.attestation_keys.empty(); });
  ASSERT_NE(with_key, veraison.comids.end());
  veraison.id = std::string("twice");
  with_key->attestation_keys.push_back(with_key->attestation_keys[0]);
  rats::Corim other = veraison;
  provision(veraison);
  other.id = std::string("other");
  rats::KeyTriple& last =
      other.comids[static_cast<std::size_t>(with_key - veraison.comids.begin())].attestation_keys.emplace_back(
          with_key->attestation_keys[0]);
  last.keys.at(0).value = to_bytes(as_bytes(test::make_key().public_key().pem()));
  test::expect_refused(submit(other), Errc::conflict, "already endorsed with another key");
}

TEST_P(AnyStore, RefusesAnotherRecordOrClassForTheSameKid) {
  provision(keys);
  evidence::tpm::Endorsement other = maker.endorsement();
  other.keys[0].purpose = evidence::tpm::Purpose::challenge;
  test::expect_refused(submit(evidence::tpm::keys_corim(other).value()), Errc::conflict, "another record");
  other = maker.endorsement();
  other.class_id.octets.fill(0xc2);
  test::expect_refused(submit(evidence::tpm::keys_corim(other).value()), Errc::conflict, "another class");
}

TEST_P(AnyStore, StoresAllOfACorimOrNothing) {
  provision(keys);
  // Good reference values in the same CoRIM as a key that conflicts.
  evidence::tpm::Endorsement other = EvidenceMaker{}.endorsement();
  other.keys[0].kid = Kid(maker.kid());
  ASSERT_FALSE(submit(evidence::tpm::veraison_corim(other).value()));
  EXPECT_EQ(test::reference_values(*store, class_id).value(), nullptr);
  // A key, and reference values that the profile refuses.
  rats::Corim broken = veraison;
  broken.comids[0].reference_values[0].measurements[0].values.digests.clear();
  const auto refused = store->submit(broken, Bytes{1});
  test::expect_refused(refused, Errc::missing_member, "digests are missing");
  provision(veraison);
}

TEST_P(AnyStore, ListsWhatWasSubmitted) {
  EXPECT_TRUE(store->list().value().empty());
  provision(veraison);
  keys.validity = rats::Validity{.not_before = {}, .not_after = test::kNow};
  provision(keys);
  const auto all = store->list().value();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].source, std::get<std::string>(veraison.id));
  EXPECT_EQ(all[0].profile, kParsecTpmProfile);
  EXPECT_TRUE(all[0].active);
  EXPECT_FALSE(all[0].is_signed);
  EXPECT_FALSE(all[0].validity);
  EXPECT_EQ(all[1].profile, kCredenceTpmKeyProfile);
  EXPECT_EQ(all[1].validity.value().not_after, test::kNow);
  EXPECT_EQ(all[1].size, rats::encode_corim(keys).value().size());
  for (const StoredCorim& one : all) {
    const StoredCorim alone = store->stored(one.id).value();
    EXPECT_EQ(alone.id, one.id);
    EXPECT_EQ(alone.source, one.source);
    EXPECT_EQ(alone.profile, one.profile);
    EXPECT_EQ(alone.size, one.size);
  }
  test::expect_refused(store->stored("none"), Errc::not_found, "no CoRIM with id none is stored");
  EXPECT_EQ(store->octets(all[1].id).value(), rats::encode_corim(keys).value());
}

TEST_P(AnyStore, ForgetsWhatIsRemovedAndTakesItAgain) {
  provision(veraison);
  provision(keys);
  ASSERT_TRUE(appraise_at(test::kNow).is_affirming());
  const std::string id = store->list().value().at(1).id;
  const std::uint64_t before = store->generation();
  ASSERT_TRUE(store->remove(id));
  EXPECT_GT(store->generation(), before);
  expect_problem_at(test::kNow, Errc::unrestricted_attestation_key, "endorsed without its Name");
  EXPECT_EQ(store->list().value().size(), 1U);
  provision(keys);
  EXPECT_TRUE(appraise_at(test::kNow).is_affirming());
}

TEST_P(AnyStore, FindsNothingOfWhatIsNotActive) {
  provision(veraison);
  provision(keys);
  const std::string id = store->list().value().at(0).id;
  ASSERT_TRUE(store->set_active({&id, 1}, false));
  EXPECT_FALSE(store->list().value().at(0).active);
  expect_problem_at(test::kNow, Errc::no_reference_values, "no reference values are known");
  test::expect_refused(submit(veraison), Errc::conflict, "is there already and was deactivated: activate " + id);
  EXPECT_FALSE(appraise_at(test::kNow).is_affirming());
  const std::uint64_t before = store->generation();
  ASSERT_TRUE(store->set_active({&id, 1}, false));
  EXPECT_EQ(store->generation(), before);
  ASSERT_TRUE(store->set_active({&id, 1}, true));
  EXPECT_TRUE(appraise_at(test::kNow).is_affirming());
}

// Otherwise a key could be changed under a machine's pins in two steps that are each allowed.
TEST_P(AnyStore, ActivatesNothingThatContradictsWhatIsActive) {
  provision(keys);
  const std::string id = store->list().value().at(0).id;
  ASSERT_TRUE(store->set_active({&id, 1}, false));
  evidence::tpm::Endorsement other = EvidenceMaker{}.endorsement();
  other.keys[0].kid = Kid(maker.kid());
  provision(evidence::tpm::keys_corim(other).value());
  test::expect_refused(store->set_active({&id, 1}, true), Errc::conflict, "another key");
  EXPECT_FALSE(store->list().value().at(0).active);
  ASSERT_TRUE(store->remove(store->list().value().at(1).id));
  EXPECT_TRUE(store->set_active({&id, 1}, true));
}

TEST_P(AnyStore, ActivatesAllOrNothing) {
  provision(veraison);
  provision(keys);
  std::vector<std::string> ids = {store->list().value().at(0).id, store->list().value().at(1).id};
  ASSERT_TRUE(store->set_active(ids, false));
  EXPECT_EQ(anchor(), nullptr);
  ids.push_back(std::string(64, 'a'));
  test::expect_refused(store->set_active(ids, true), Errc::not_found, "no CoRIM with id aaa");
  EXPECT_EQ(anchor(), nullptr);
  ids.pop_back();
  ASSERT_TRUE(store->set_active(ids, true));
  EXPECT_TRUE(appraise_at(test::kNow).is_affirming());
}

TEST_P(AnyStore, ActivatesNothingThatContradictsItself) {
  provision(keys);
  const std::string first = store->list().value().at(0).id;
  ASSERT_TRUE(store->set_active({&first, 1}, false));
  evidence::tpm::Endorsement other = EvidenceMaker{}.endorsement();
  other.keys[0].kid = Kid(maker.kid());
  provision(evidence::tpm::keys_corim(other).value());
  const std::string second = store->list().value().at(1).id;
  ASSERT_TRUE(store->set_active({&second, 1}, false));
  const std::vector both = {first, second};
  test::expect_refused(store->set_active(both, true), Errc::conflict, "another key");
  EXPECT_EQ(anchor(), nullptr);
  EXPECT_TRUE(store->set_active({&first, 1}, true));
}

TEST_P(AnyStore, NamesTheCorimThatItDoesNotHave) {
  const std::string id(64, 'a');
  const std::string why = "no CoRIM with id " + id;
  test::expect_refused(store->octets(id), Errc::not_found, why);
  test::expect_refused(store->remove(id), Errc::not_found, why);
  test::expect_refused(store->set_active({&id, 1}, true), Errc::not_found, why);
}

}  // namespace
}  // namespace credence::verifier
