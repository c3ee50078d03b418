// Provisioning sessions of a fleet: two sets of them, and more, over one store. Those of one process are tested in
// endorsements_api_test.cpp.
#include "service/verifier/provisioning_session.h"

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <ostream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/text.h"
#include "crypto/random.h"
#include "rats/coserv/coserv.h"
#include "service/verifier/provisioning_api.h"
#include "service/verifier/sealed_submissions.h"
#include "shared_ledger.h"
#include "support/endorsed.h"
#include "support/endorser.h"
#include "support/evidence_maker.h"
#include "support/open_router.h"
#include "support/refusal.h"
#include "support/set_clocks.h"
#include "verifier/revocation/revocation.h"
#include "verifier/store/memory/store.h"
#include "verifier/store/submission.h"
#include "wire/json/json.h"

namespace credence::service {
namespace {

using std::chrono::milliseconds;
using Node = std::shared_ptr<ProvisioningSessions>;

constexpr std::string_view kNoSession = "no provisioning session has this id, or it has expired";

class FleetSubmissions : public testing::Test {
 protected:
  [[nodiscard]] Node node(const std::string& keys = std::string(64, '7'), std::string_view tenant = "default") const {
    return std::make_shared<ProvisioningSessions>(
        clock, crypto::system_random(), std::make_shared<const SealedSubmissions>(sealed_parts(clock, keys, tenant)),
        [clock = clock] { return std::chrono::steady_clock::time_point(clock->now().time_since_epoch()); });
  }
  [[nodiscard]] SealedSubmissions::Parts sealed_parts(std::shared_ptr<const Clock> by,
                                                      const std::string& keys = std::string(64, '7'),
                                                      std::string_view tenant = "default") const {
    return {.keys = SessionKeys::from_text(keys, tenant, SealedFor::submission).value(),
            .ledger = ledger,
            .store = store,
            .clock = std::move(by),
            .random = crypto::system_random()};
  }
  // What the service does with the CoRIM, once it may.
  [[nodiscard]] ProvisioningSessions::Work storing(std::shared_future<void> may = {}) const {
    return [this, may = std::move(may)](const Result<void>& in_time) -> SubmissionOutcome {
      if (may.valid()) may.wait();
      if (!in_time) return failed_submission(in_time.error().text());
      const auto stored = store->submit(corim, octets);
      if (!stored) return failed_submission(stored.error().text());
      return {.status = SubmissionStatus::success, .duplicate = stored->duplicate, .corim = stored->id, .reason = {}};
    };
  }
  // Once it is over.
  [[nodiscard]] static SubmissionOutcome outcome_at(ProvisioningSessions& node, const std::string& id) {
    for (int i = 0; i < 2'000; ++i) {
      const auto session = node.find(id);
      if (!session) return failed_submission(session.error().text());
      if (session->outcome.status != SubmissionStatus::processing) return session->outcome;
      std::this_thread::sleep_for(milliseconds(5));
    }
    return {};
  }
  static void expect_failed(ProvisioningSessions& node, const std::string& id, std::string_view part) {
    const auto session = node.find(id);
    ASSERT_TRUE(session) << session.error().text();
    EXPECT_EQ(session->outcome.status, SubmissionStatus::failed);
    EXPECT_TRUE(session->outcome.reason.contains(part)) << session->outcome.reason;
    EXPECT_EQ(session->outcome.corim, "");
  }
  static void expect_gone(ProvisioningSessions& node, const std::string& id) {
    test::expect_refused(node.find(id), Errc::not_found, kNoSession);
  }

  std::shared_ptr<FixedClock> clock = std::make_shared<FixedClock>(Timestamp(std::chrono::seconds(10'000)));
  std::shared_ptr<test::SharedLedger> ledger = std::make_shared<test::SharedLedger>();
  std::shared_ptr<verifier::Store> store = verifier::memory_store();
  test::EvidenceMaker maker;
  rats::Corim corim = evidence::tpm::keys_corim(maker.endorsement()).value();
  Bytes octets = rats::encode_corim(corim).value();
  std::string id = verifier::submission_id(octets).value();
};

TEST_F(FleetSubmissions, AreAnsweredByAnyNode) {
  const Node first = node(), other = node();
  std::promise<void> may;
  const ProvisioningSession session = first->open(id, storing(may.get_future().share())).value();
  for (const Node& one : {first, other}) {
    const ProvisioningSession told = one->find(session.id).value();
    EXPECT_EQ(told.outcome.status, SubmissionStatus::processing);
    EXPECT_EQ(told.id, session.id);
    EXPECT_EQ(told.expiry, session.expiry);
  }
  may.set_value();
  EXPECT_EQ(outcome_at(*first, session.id).status, SubmissionStatus::success);
  // One that began since then, too: the first one after a restart, for example.
  for (const Node& one : {first, other, node()}) {
    const ProvisioningSession told = one->find(session.id).value();
    EXPECT_EQ(told.outcome.status, SubmissionStatus::success);
    EXPECT_EQ(told.outcome.corim, id);
    EXPECT_EQ(told.outcome.reason, "");
    EXPECT_EQ(told.expiry, session.expiry);
  }
  clock->advance(kLongestSubmission + kOutcomeKept + milliseconds(1));
  for (const Node& one : {first, other}) expect_gone(*one, session.id);
}

TEST_F(FleetSubmissions, HaveFailedForOthersWhenNothingIsStoredInTime) {
  const Node first = node(), other = node();
  const std::string session =
      first->open(id, [](const auto&) { return failed_submission("it says nothing"); }).value().id;
  EXPECT_EQ(outcome_at(*first, session).reason, "it says nothing");
  EXPECT_EQ(other->find(session).value().outcome.status, SubmissionStatus::processing);
  clock->advance(kLongestSubmission - milliseconds(1));
  EXPECT_EQ(other->find(session).value().outcome.status, SubmissionStatus::processing);
  clock->advance(milliseconds(1));
  expect_failed(*other, session, "CoRIM " + id + " is not stored, 360 s after it was submitted");
  expect_failed(*other, session, "Ask that one, or submit it again, which is safe");
  expect_failed(*first, session, "it says nothing");
  // What comes late, or is submitted again, is there all the same.
  ASSERT_TRUE(store->submit(corim, octets));
  EXPECT_EQ(other->find(session).value().outcome.status, SubmissionStatus::success);
}

// What another verifier says has failed is not stored later.
TEST_F(FleetSubmissions, AreNotBegunOnceTheyHaveWaitedForTooLong) {
  for (const bool in_time : {true, false}) {
    store = verifier::memory_store();
    const Node first = node(), other = node();
    std::promise<void> begun, may;
    const auto hold = [&](const Result<void>&) {
      begun.set_value();
      may.get_future().wait();
      return failed_submission("it says nothing");
    };
    ASSERT_TRUE(first->open("another", hold));
    begun.get_future().wait();
    const std::string session = first->open(id, storing()).value().id;
    clock->advance(in_time ? milliseconds(kLongestWait) : kLongestWait + Seconds(1));
    may.set_value();
    const SubmissionOutcome outcome = outcome_at(*first, session);
    EXPECT_EQ(outcome.status == SubmissionStatus::success, in_time);
    if (in_time) continue;
    EXPECT_EQ(
        outcome.reason,
        "busy: nothing was done: the submission waited for its turn for 241 s, expected at most 240. Submit again");
    EXPECT_TRUE(store->list().value().empty());
    clock->advance(kLongestSubmission - kLongestWait);
    expect_failed(*other, session, "is not stored");
  }
}

// By the monotonic clock: a system clock that is set meanwhile makes no wait longer, nor shorter.
TEST_F(FleetSubmissions, HaveNotWaitedForAsLongAsTheClockWasSetAhead) {
  ProvisioningSessions one(clock, crypto::system_random());
  std::promise<void> begun, may;
  ASSERT_TRUE(one.open("another", [&](const Result<void>&) {
    begun.set_value();
    may.get_future().wait();
    return failed_submission("it says nothing");
  }));
  begun.get_future().wait();
  const std::string session = one.open(id, storing()).value().id;
  clock->advance(std::chrono::hours(24));
  may.set_value();
  const SubmissionOutcome outcome = outcome_at(one, session);
  EXPECT_EQ(outcome.status, SubmissionStatus::success) << outcome.reason;
}

// Memory is for what the store does not know.
TEST_F(FleetSubmissions, AreForgottenByTheNodeThatTookThemAsEarlyAsOthers) {
  const Node first = node();
  const std::string refused =
      first->open(id, [](const auto&) { return failed_submission("it says nothing"); }).value().id;
  ASSERT_EQ(outcome_at(*first, refused).reason, "it says nothing");
  clock->advance(kOutcomeKept);
  expect_failed(*first, refused, "it says nothing");
  clock->advance(milliseconds(1));
  expect_failed(*first, refused, "is not stored");
  ASSERT_TRUE(store->submit(corim, octets));
  EXPECT_EQ(first->find(refused).value().outcome.status, SubmissionStatus::success);
}

// It shows a time before what it had told.
class UnbelievedClock final : public Clock {
 public:
  [[nodiscard]] Timestamp now() const override { return Timestamp(std::chrono::seconds(10'000)); }
  [[nodiscard]] Result<Timestamp> checked_now() const override {
    return fail(Errc::clock_set_back, "the clock was set back");
  }
};

TEST_F(FleetSubmissions, AreNotDecidedByAClockThatIsNotBelieved) {
  corim.validity = rats::Validity{.not_before = {}, .not_after = clock->now() + Seconds(60)};
  octets = rats::encode_corim(corim).value();
  id = verifier::submission_id(octets).value();
  const SealedSubmissions believed(sealed_parts(clock)), unbelieved(sealed_parts(std::make_shared<UnbelievedClock>()));
  const SubmissionToken token{.corim = id, .created = clock->now(), .expiry = clock->now() + Seconds(600)};
  for (const auto status : {SubmissionStatus::processing, SubmissionStatus::success}) {
    EXPECT_EQ(believed.outcome(token).value().status, status);
    test::expect_refused(unbelieved.outcome(token), Errc::clock_set_back, "the clock was set back");
    if (status == SubmissionStatus::processing) {
      ASSERT_TRUE(store->submit(corim, octets));
    }
  }
}

struct Change {
  std::string name;
  std::function<void(verifier::Store&, const rats::Corim&, const std::string&)> make;
  std::string reason;  // empty: success
};
void PrintTo(const Change& change, std::ostream* out) { *out << change.name; }

void set_active(verifier::Store& store, const std::string& id, bool active) {
  ASSERT_TRUE(store.set_active({&id, 1}, active));
}
void deactivate_comid(verifier::Store& store, const rats::Corim& corim, const std::string&) {
  const rats::CoservQuery query{
      .profile = corim.profile.value(),
      .query = rats::RimQuery{{{.kind = rats::RimId::Kind::comid, .id = corim.comids.at(0).id}}}};
  const auto changed = store.set_active(query, false);
  ASSERT_TRUE(changed) << changed.error().text();
}
void revoke_corim(verifier::Store& store, const rats::Corim&, const std::string& id) {
  const auto revocation = verifier::revocation_from_json({{"kind", "corim"}, {"value", id}, {"reason", "withdrawn"}},
                                                         Timestamp(std::chrono::seconds(10'000)));
  const Bytes entry = to_bytes(as_bytes(json::to_text(verifier::to_json(revocation.value()))));
  ASSERT_TRUE(store.change(verifier::DocumentKind::deny_entry, [&](const verifier::Documents&) {
    return std::vector<verifier::DocumentChange>{
        {.event = verifier::DocumentChange::Event::added, .id = "x", .octets = entry}};
  }));
}

class WhatIsStored : public FleetSubmissions, public testing::WithParamInterface<Change> {};
INSTANTIATE_TEST_SUITE_P(
    All, WhatIsStored,
    testing::Values(Change{"unchanged", [](auto&, const auto&, const auto&) {}, ""},
                    Change{"deactivated",
                           [](auto& store, const auto&, const auto& id) { set_active(store, id, false); },
                           "is there, and it is deactivated, or a part of it: activate what is meant to count"},
                    Change{"deactivated_and_activated",
                           [](auto& store, const auto&, const auto& id) {
                             set_active(store, id, false);
                             set_active(store, id, true);
                           },
                           ""},
                    Change{"deactivated_in_part", deactivate_comid, "is there, and it is deactivated, or a part of it"},
                    Change{"revoked", revoke_corim, "withdrawn"}),
    [](const auto& change) { return change.param.name; });

// Whoever submits it again is told the same.
TEST_P(WhatIsStored, IsSuccessForOthersWhenItCounts) {
  const Node first = node(), other = node();
  const std::string session = first->open(id, storing()).value().id;
  ASSERT_EQ(outcome_at(*first, session).status, SubmissionStatus::success);
  GetParam().make(*store, corim, id);
  EXPECT_EQ(store->submit(corim, octets).has_value(), GetParam().reason.empty());
  if (GetParam().reason.empty()) {
    EXPECT_EQ(other->find(session).value().outcome.status, SubmissionStatus::success);
  } else {
    expect_failed(*other, session, GetParam().reason);
  }
}

TEST_F(FleetSubmissions, AreNoSuccessOnceTheirCorimHasExpiredOrIsRemoved) {
  corim.validity = rats::Validity{.not_before = {}, .not_after = clock->now() + Seconds(60)};
  octets = rats::encode_corim(corim).value();
  id = verifier::submission_id(octets).value();
  const Node first = node(), other = node();
  const std::string session = first->open(id, storing()).value().id;
  ASSERT_EQ(outcome_at(*first, session).status, SubmissionStatus::success);
  clock->advance(Seconds(60));
  EXPECT_EQ(other->find(session).value().outcome.status, SubmissionStatus::success);
  clock->advance(milliseconds(1));
  expect_failed(*other, session, "expired");
  ASSERT_TRUE(store->remove(id));
  EXPECT_EQ(other->find(session).value().outcome.status, SubmissionStatus::processing);
}

TEST_F(FleetSubmissions, HaveIdsThatNobodyMakes) {
  const std::string keys(64, '7');
  const Node own = node(keys, "acme"), twin = node(keys, "acme");
  const std::string good = own->open(id, storing()).value().id;
  EXPECT_LT(good.size(), 200U);
  EXPECT_TRUE(twin->find(good));
  for (const Node& foreign : {node(keys, "default"), node(std::string(64, '8'), "acme"),
                              std::make_shared<ProvisioningSessions>(clock, crypto::system_random())}) {
    expect_gone(*foreign, good);
    test::expect_refused(foreign->remove(good), Errc::not_found, kNoSession);
  }
  EXPECT_TRUE(node(std::string(64, '8') + "\n" + keys, "acme")->find(good)) << "rotation";

  const Bytes plaintext =
      encode_submission_token({.corim = id, .created = clock->now(), .expiry = clock->now() + Seconds(60)});
  const auto sealed_for = [&](SealedFor purpose) {
    const SessionKeys made = SessionKeys::from_text(keys, "acme", purpose).value();
    return to_base64url(made.seal(plaintext, *crypto::system_random()).value());
  };
  EXPECT_TRUE(twin->find(sealed_for(SealedFor::submission)));
  std::vector<std::string> bad{"", "not base64!", std::string(520, 'A'), to_base64url(Bytes(80)),
                               sealed_for(SealedFor::session)};
  Bytes changed = from_base64url(good).value();
  for (std::uint8_t& octet : changed) {
    octet ^= 1;
    bad.push_back(to_base64url(changed));
    octet ^= 1;
  }
  for (const std::string& one : bad) {
    expect_gone(*twin, one);
    test::expect_refused(twin->remove(one), Errc::not_found, kNoSession);
  }
  EXPECT_TRUE(twin->find(good));
}

TEST_F(FleetSubmissions, AreNoneWhenOpenedByAClockThatWasFarAhead) {
  const Node first = node(), other = node();
  clock->advance(kClockDifference);
  const std::string near = first->open(id, storing()).value().id;
  ASSERT_EQ(outcome_at(*first, near).status, SubmissionStatus::success);
  clock->advance(milliseconds(1));
  const std::string far = first->open(id, storing()).value().id;
  ASSERT_EQ(outcome_at(*first, far).status, SubmissionStatus::success);
  clock->advance(-kClockDifference - milliseconds(1));
  EXPECT_TRUE(other->find(near));
  expect_gone(*other, far);
}

// They would be kept for days, and there is room for so many.
TEST_F(FleetSubmissions, AreNotKeptWhenOpenedByAClockThatWasFarAhead) {
  for (const Node& one : {std::make_shared<ProvisioningSessions>(clock, crypto::system_random()), node()}) {
    clock->advance(std::chrono::hours(24));
    const std::string far = one->open(id, storing()).value().id;
    ASSERT_EQ(outcome_at(*one, far).status, SubmissionStatus::success);
    clock->advance(-std::chrono::hours(24));
    expect_gone(*one, far);
    const std::string later = one->open(id, storing()).value().id;
    EXPECT_EQ(outcome_at(*one, later).status, SubmissionStatus::success);
  }
}

// Nothing is submitted meanwhile, so none has to go.
TEST_F(FleetSubmissions, StayWhileTheClockIsNotBelieved) {
  test::SetClocks clocks(clock->now());
  ProvisioningSessions one(clocks.guarded(), crypto::system_random());
  const std::string session = one.open(id, storing()).value().id;
  ASSERT_EQ(outcome_at(one, session).status, SubmissionStatus::success);
  clocks.step(-std::chrono::hours(24));
  EXPECT_EQ(outcome_at(one, session).status, SubmissionStatus::success);
  clocks.step(std::chrono::hours(24));
  EXPECT_EQ(outcome_at(one, session).status, SubmissionStatus::success);
}

TEST_F(FleetSubmissions, AreGoneEverywhereOnceDisposedOfAnywhere) {
  const Node first = node(), other = node();
  for (const Node& one : {first, other}) {
    const std::string session = first->open(id, storing()).value().id, kept = first->open(id, storing()).value().id;
    ASSERT_EQ(outcome_at(*first, kept).status, SubmissionStatus::success);
    ASSERT_TRUE(one->remove(session));
    for (const Node& asked : {first, other, node()}) {
      expect_gone(*asked, session);
      EXPECT_EQ(asked->find(kept).value().outcome.status, SubmissionStatus::success);
    }
    EXPECT_TRUE(other->remove(session)) << "once more is the same";
  }
  EXPECT_TRUE(store->stored(id)) << "what was stored stays";
}

TEST_F(FleetSubmissions, AreNotDecidedByOthersWithoutTheDatabase) {
  const Node first = node(), other = node();
  const std::string session = first->open(id, storing()).value().id;
  ASSERT_EQ(outcome_at(*first, session).status, SubmissionStatus::success);
  ledger->away = true;
  EXPECT_EQ(first->find(session).value().outcome.status, SubmissionStatus::success) << "it knows that itself";
  test::expect_refused(other->find(session), Errc::unavailable, "the database is away");
  for (const Node& one : {first, other})
    test::expect_refused(one->remove(session), Errc::unavailable, "the database is away");
  ledger->away = false;
  for (const Node& one : {first, other})
    EXPECT_EQ(one->find(session).value().outcome.status, SubmissionStatus::success);

  store = std::make_shared<test::BrokenStore>("disk full");
  EXPECT_FALSE(node()->find(session));
}

// With and without the tags of early drafts, which are not stored.
TEST_F(FleetSubmissions, AreKnownByTheIdThatTheirCorimGetsInTheStore) {
  const test::Endorser endorser(clock->now());
  const Bytes made = endorser.sign(corim);
  for (const Bytes& old_tags : {Bytes{}, Bytes{0xd9, 0x01, 0xf4, 0xd9, 0x01, 0xf6}}) {
    store = verifier::memory_store();
    const Node first = node(), other = node();
    const auto api = [&](const Node& of) {
      return test::open_router(ProvisioningApi(
          {.store = store, .signers = {.anchors = {endorser.certificate()}}, .sessions = of, .clock = clock}));
    };
    http::Request submission;
    submission.method = http::Method::post;
    submission.target = http::parse_target("/endorsement-provisioning/v1/submit").value();
    submission.headers = {{"Content-Type", "application/rim+cose"}, {"Prefer", "respond-async"}};
    submission.body = old_tags;
    append(submission.body, made);
    const http::Response accepted = api(first).handle(std::move(submission));
    ASSERT_EQ(accepted.status, http::kCreated) << accepted.body;
    http::Request question;
    for (const auto& [name, value] : accepted.headers)
      if (name == "Location") question.target = http::parse_target(value).value();
    http::Response told;
    for (int i = 0; i < 2'000 && !told.body.contains("\"success\""); ++i) {
      told = api(other).handle(question);
      ASSERT_EQ(told.status, http::kOk) << told.body;
      std::this_thread::sleep_for(milliseconds(5));
    }
    EXPECT_TRUE(told.body.contains(store->list().value().at(0).id)) << told.body;
    question.method = http::Method::remove;
    EXPECT_EQ(api(other).handle(question).status, http::kNoContent);
    question.method = http::Method::get;
    EXPECT_EQ(api(first).handle(question).status, http::kNotFound);
  }
}

}  // namespace
}  // namespace credence::service
