#include "edge/appraiser.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <optional>
#include <thread>

#include "../verifier/fixture.h"
#include "base/text.h"
#include "coserv_over_store.h"
#include "verifier/revocation/revocation.h"
#include "verifier/scheme/parsec_tpm/endorsed.h"

namespace credence::edge {
namespace {

using test::CoservOverStore;
using test::EvidenceMaker;
namespace tpm = evidence::tpm;

// A store that can be asked for all it has.
std::shared_ptr<verifier::Store> store_of(const EvidenceMaker& maker) {
  auto store = verifier::memory_store();
  for (const rats::Corim& corim :
       {tpm::veraison_corim(maker.endorsement()).value(), tpm::keys_corim(maker.endorsement()).value()})
    EXPECT_TRUE(store->submit(corim, rats::encode_corim(corim).value()));
  return store;
}

class EdgeAppraiserTest : public testing::Test {
 protected:
  [[nodiscard]] std::shared_ptr<verifier::Appraiser> make_appraiser() const {
    return edge_appraiser(service, "https://verifier.example", service->trust(), options, clock);
  }
  static Result<rats::Ear> appraise(verifier::Appraiser& appraiser, verifier::AppraisalRequest request) {
    std::optional<Result<rats::Ear>> verdict;
    appraiser.appraise(std::move(request), [&](Result<rats::Ear> result) { verdict = std::move(result); });
    return verdict.value_or(fail(Errc::internal, "no verdict"));
  }
  Result<rats::Ear> appraise() { return appraise(*appraiser, test::channel_request(maker)); }

  void revoke(std::string_view kind, std::string_view value) const {
    const auto revocation =
        verifier::revocation_from_json({{"kind", kind}, {"value", value}, {"reason", "stolen"}}, clock->now());
    const Bytes octets = to_bytes(as_bytes(json::to_text(verifier::to_json(revocation.value()))));
    ASSERT_TRUE(store->change(verifier::DocumentKind::deny_entry, [&](const verifier::Documents&) {
      return std::vector<verifier::DocumentChange>{
          {.event = verifier::DocumentChange::Event::added, .id = std::string(value), .octets = octets}};
    }));
  }

  EvidenceMaker maker;
  std::shared_ptr<verifier::Store> store = store_of(maker);
  std::shared_ptr<test::MovingClock> clock = std::make_shared<test::MovingClock>(test::kNow);
  std::shared_ptr<CoservOverStore> service = std::make_shared<CoservOverStore>(store, clock);
  EdgeOptions options;
  std::shared_ptr<verifier::Appraiser> appraiser = make_appraiser();
};

TEST_F(EdgeAppraiserTest, SaysWhatTheEngineOverTheStoreSays) {
  const auto here = appraise();
  ASSERT_TRUE(here) << here.error().text();
  EXPECT_TRUE(here->is_affirming()) << json::to_text(rats::ear_to_json(*here));
  const auto there = test::engine_over(store).appraise(test::channel_request(maker)).value();
  EXPECT_EQ(here->ueid, there.ueid);
  EXPECT_EQ(here->nonce, there.nonce);
  EXPECT_EQ(here->credence.class_id, there.credence.class_id);
  EXPECT_EQ(test::submodule(*here).vector, test::submodule(there).vector);
  EXPECT_EQ(here->issued_at, test::kNow);
}

TEST_F(EdgeAppraiserTest, AsksOnceAndThenAppraisesAlone) {
  ASSERT_TRUE(appraise());
  const int asked = service->questions;
  EXPECT_GT(asked, 0);
  service->is_down = true;
  clock->advance(Seconds(3'599));
  const auto again = appraise();
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_TRUE(again->is_affirming());
  EXPECT_EQ(service->questions, asked);
}

TEST_F(EdgeAppraiserTest, UsesNothingThatHasExpired) {
  ASSERT_TRUE(appraise());
  clock->advance(Seconds(3'600));
  ASSERT_TRUE(appraise());  // asked again
  service->is_down = true;
  ASSERT_TRUE(appraise());
  clock->advance(Seconds(3'600));
  test::expect_refused(appraise(), Errc::unavailable, "the service is down");
  test::expect_refused(appraise(), Errc::unavailable, "it is not used any more");
  service->is_down = false;
  EXPECT_TRUE(appraise());
}

TEST_F(EdgeAppraiserTest, MayBeToldToUseAnswersForAShorterTime) {
  options.max_age = Seconds(60);
  appraiser = make_appraiser();
  ASSERT_TRUE(appraise());
  service->is_down = true;
  clock->advance(Seconds(59));
  ASSERT_TRUE(appraise());
  clock->advance(Seconds(1));
  test::expect_refused(appraise(), Errc::unavailable, "not used any more");
}

TEST_F(EdgeAppraiserTest, DoesNotLiveOnWithAClockThatWasSetBack) {
  clock->advance(Seconds(3'000));
  ASSERT_TRUE(appraise());
  service->is_down = true;
  clock->advance(-Seconds(10));
  EXPECT_FALSE(appraise());
}

TEST_F(EdgeAppraiserTest, AffirmsNothingThatTheVerifierRefuses) {
  ASSERT_TRUE(appraise()->is_affirming());
  struct Case {
    void (*change)(EvidenceMaker&);
    Errc code;
    std::string_view part;
  };
  for (const auto& [change, code, part] :
       {Case{[](auto& m) { m.quote_extra_data = Bytes(32, 1); }, Errc::binder_mismatch, ""},
        Case{[](auto& m) { m.pcrs[tpm::kAlgSha256][1] = Bytes(32, 9); }, Errc::pcr_mismatch, ""},
        Case{[](auto& m) { m.quote_signer = test::make_key(); }, Errc::bad_signature, ""},
        Case{[](auto& m) { m.attestation_key = test::make_key(); }, Errc::unknown_attester, "no endorsement names kid"},
        Case{[](auto& m) { m.tls_key_attributes &= ~tpm::kFixedTpm; }, Errc::external_key, ""}}) {
    EvidenceMaker other = maker;
    change(other);
    const auto here = appraise(*appraiser, test::channel_request(other));
    ASSERT_TRUE(here) << here.error().text();
    EXPECT_FALSE(here->is_affirming());
    test::expect_problem(test::submodule(*here), code, part);
    const auto there = test::engine_over(store).appraise(test::channel_request(other)).value();
    EXPECT_EQ(test::submodule(*here).policy_claims, test::submodule(there).policy_claims);
  }
}

TEST_F(EdgeAppraiserTest, AsksNothingAboutWhatCannotBeGood) {
  auto request = test::channel_request(maker);
  request.challenge = test::binder(Bytes(32, 7));
  EXPECT_FALSE(appraise(*appraiser, request)->is_affirming());
  request.evidence = {1, 2, 3};
  EXPECT_FALSE(appraise(*appraiser, request)->is_affirming());
  request.media_type = "application/unknown";
  EXPECT_FALSE(appraise(*appraiser, request)->is_affirming());
  EXPECT_EQ(service->questions, 0);
}

TEST_F(EdgeAppraiserTest, SeesWhatIsRevokedWhenTheEntryEnds) {
  ASSERT_TRUE(appraise()->is_affirming());
  revoke("kid", to_hex(maker.kid()));
  ASSERT_TRUE(appraise()->is_affirming());  // the window that docs/formats/coserv.md names
  clock->advance(Seconds(3'600));
  const auto verdict = appraise().value();
  EXPECT_FALSE(verdict.is_affirming());
  test::expect_problem(test::submodule(verdict), Errc::untrusted_chain, "revoked: kid");
}

TEST_F(EdgeAppraiserTest, SeesAWithdrawnCorimWhenTheEntryEnds) {
  ASSERT_TRUE(appraise()->is_affirming());
  const auto corims = store->list().value();
  for (const auto& corim : corims) ASSERT_TRUE(store->remove(corim.id));
  clock->advance(Seconds(3'599));
  ASSERT_TRUE(appraise()->is_affirming());
  clock->advance(Seconds(1));
  test::expect_problem(test::submodule(appraise().value()), Errc::unknown_attester, "no endorsement");
}

TEST_F(EdgeAppraiserTest, LooksAgainBeforeItRefuses) {
  EvidenceMaker updated = maker;
  updated.pcrs[tpm::kAlgSha256][1] = Bytes(32, 9);
  ASSERT_FALSE(appraise(*appraiser, test::channel_request(updated))->is_affirming());
  tpm::Endorsement endorsement = updated.endorsement();
  rats::Corim corim = tpm::veraison_corim(endorsement).value();
  corim.id = "release 2";
  test::provision(*store, corim);
  EXPECT_FALSE(appraise(*appraiser, test::channel_request(updated))->is_affirming());  // asked only just now
  clock->advance(Seconds(31));
  const auto seen = appraise(*appraiser, test::channel_request(updated)).value();
  EXPECT_TRUE(seen.is_affirming());
  // A refusal stands when the service is away.
  clock->advance(Seconds(31));
  service->is_down = true;
  EvidenceMaker wrong = maker;
  wrong.pcrs[tpm::kAlgSha256][1] = Bytes(32, 8);
  const auto verdict = appraise(*appraiser, test::channel_request(wrong));
  ASSERT_TRUE(verdict) << verdict.error().text();
  EXPECT_FALSE(verdict->is_affirming());
}

TEST_F(EdgeAppraiserTest, RefusesAllTheSameWhenItCannotLookAgain) {
  options.max_pending = 1;
  appraiser = make_appraiser();
  ASSERT_TRUE(appraise()->is_affirming());
  clock->advance(Seconds(31));
  EvidenceMaker unknown = maker;
  unknown.attestation_key = test::make_key();
  service->holds = true;
  int verdicts = 0;
  appraiser->appraise(test::channel_request(unknown), [&](auto) { ++verdicts; });  // waits: there is no place left
  EvidenceMaker wrong = maker;
  wrong.pcrs[tpm::kAlgSha256][1] = Bytes(32, 8);
  const auto verdict = appraise(*appraiser, test::channel_request(wrong));
  ASSERT_TRUE(verdict) << verdict.error().text();
  test::expect_problem(test::submodule(*verdict), Errc::pcr_mismatch, "");
  EXPECT_EQ(verdicts, 0);
  service->holds = false;
  service->release();
  EXPECT_EQ(verdicts, 1);
}

TEST_F(EdgeAppraiserTest, RefusesAServiceThatDoesNotSayWhatIsRevoked) {
  service->carries_deny_list = false;
  test::expect_refused(appraise(), Errc::unsupported, "does not say what is revoked");
  options.allow_insecure_no_deny_list = true;
  appraiser = make_appraiser();
  EXPECT_TRUE(appraise()->is_affirming());
}

// As a CoSERV service that is no verifier of this program's.
TEST_F(EdgeAppraiserTest, RefusesAServiceThatServesNoDocuments) {
  service->serves_documents = false;
  test::expect_refused(appraise(), Errc::not_acceptable, "does not serve rims");
  options.allow_insecure_no_deny_list = true;
  appraiser = make_appraiser();
  EXPECT_TRUE(appraise()->is_affirming());
  // That it cannot be asked is no answer.
  service->is_down = true;
  appraiser = make_appraiser();
  test::expect_refused(appraise(), Errc::unavailable, "the service is down");
}

TEST_F(EdgeAppraiserTest, AsksOnceForAllWhoWait) {
  service->holds = true;
  std::vector<Result<rats::Ear>> verdicts;
  for (int i = 0; i < 3; ++i)
    appraiser->appraise(test::channel_request(maker), [&](auto verdict) { verdicts.push_back(std::move(verdict)); });
  EXPECT_EQ(service->questions, 3);  // the key, its record and the deny list
  service->holds = false;
  service->release();
  ASSERT_EQ(verdicts.size(), 3U);
  for (const auto& verdict : verdicts) EXPECT_TRUE(verdict && verdict->is_affirming());
}

TEST_F(EdgeAppraiserTest, LetsSoManyWaitOnly) {
  options.max_pending = 1;
  appraiser = make_appraiser();
  service->holds = true;
  int verdicts = 0;
  appraiser->appraise(test::channel_request(maker), [&](auto) { ++verdicts; });
  test::expect_refused(appraise(), Errc::busy, "1 appraisals are waiting already");
  service->holds = false;
  service->release();
  EXPECT_EQ(verdicts, 1);
  EXPECT_TRUE(appraise());
}

TEST_F(EdgeAppraiserTest, AppraisesWithoutAnyRoomToKeepAnswers) {
  options.cache.entries = 0;
  appraiser = make_appraiser();
  EXPECT_TRUE(appraise()->is_affirming());
  const int asked = service->questions;
  EXPECT_TRUE(appraise()->is_affirming());
  EXPECT_EQ(service->questions, 2 * asked);
}

TEST_F(EdgeAppraiserTest, RefusesTheTestRoot) {
  EXPECT_FALSE(std::ranges::contains(appraiser->media_types(), std::string(evidence::kSoftwareTest)));
  auto request = test::channel_request(maker);
  request.media_type = evidence::kSoftwareTest;
  test::expect_problem(test::submodule(appraise(*appraiser, request).value()), Errc::test_root_refused, "test root");
  options.policy.allow_insecure_test_root = true;
  EXPECT_TRUE(appraise(*make_appraiser(), request)->is_affirming());
}

TEST_F(EdgeAppraiserTest, AppliesConditionalEndorsements) {
  rats::Environment environment;
  environment.class_map.emplace().id = rats::TaggedBytes{rats::kTagUuid, to_bytes(EvidenceMaker::class_id().octets)};
  std::vector<rats::Measurement> addition(1);
  addition[0].key = std::string("level");
  addition[0].values.name = "certified";
  std::vector<rats::Measurement> state(1);
  state[0].key = std::uint64_t{1};
  state[0].values.digests = {{.algorithm = std::int64_t{1}, .value = Bytes(32, 0x01)}};
  rats::ConditionalSeries series;
  series.environment = environment;
  series.series.push_back({.selection = state, .addition = addition});
  for (const bool as_series : {false, true}) {
    rats::Corim corim;
    corim.id = as_series ? "series" : "conditional";
    corim.profile = std::string(verifier::kParsecTpmProfile);
    corim.comids.emplace_back().id = "c";
    if (as_series)
      corim.comids[0].conditional_series.push_back(series);
    else
      corim.comids[0].conditional_endorsements.push_back(
          {.conditions = {{.environment = environment, .measurements = state}},
           .endorsements = {{.environment = environment, .measurements = addition}}});
    const auto own = store_of(maker);
    const auto stored = own->submit(corim, test::octets_of(corim));
    ASSERT_TRUE(stored) << stored.error().text();
    const auto there = test::engine_over(own).appraise(test::channel_request(maker)).value();
    service = std::make_shared<CoservOverStore>(own, clock);
    const auto here = appraise(*make_appraiser(), test::channel_request(maker));
    ASSERT_TRUE(here) << here.error().text();
    const auto endorsed = [](const rats::Ear& ear) {
      json::Array all = test::submodule(ear).annotated_evidence.at("endorsed").as_array();
      for (json::Value& one : all) one.as_object().erase("source");  // here the service, there the CoRIM
      return all;
    };
    EXPECT_EQ(endorsed(*here), endorsed(there));
  }
}

TEST_F(EdgeAppraiserTest, ServesManyThreads) {
  std::vector<std::thread> threads;
  std::atomic<int> affirmed = 0;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (int n = 0; n < 20; ++n)
        appraiser->appraise(test::channel_request(maker),
                            [&](auto verdict) { affirmed += verdict && verdict->is_affirming() ? 1 : 0; });
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(affirmed, 80);
}

}  // namespace
}  // namespace credence::edge
