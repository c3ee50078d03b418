#include "channel/gate.h"

#include <gtest/gtest.h>

#include "channel/alert.h"
#include "support/refusal.h"

namespace credence::channel {
namespace {

using test::expect_refused;
using State = Gate::State;

struct Case {
  std::string title;
  Gate::Facts facts;
  State state;
  std::optional<Errc> refusal;
};
void PrintTo(const Case& one, std::ostream* out) { *out << one.title; }

class AtTheEndOfTheHandshake : public testing::TestWithParam<Case> {};

TEST_P(AtTheEndOfTheHandshake, DecidesByTheFacts) {
  Gate gate;
  const Result<void> decided = gate.handshake_done(GetParam().facts);
  EXPECT_EQ(name(gate.state()), name(GetParam().state));
  EXPECT_EQ(decided.has_value(), !GetParam().refusal);
  EXPECT_EQ(gate.check_open().has_value(), GetParam().state == State::open);
  if (GetParam().refusal) {
    EXPECT_EQ(name(gate.reason().value().code), name(*GetParam().refusal));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Gate, AtTheEndOfTheHandshake,
    testing::Values(Case{"Met", {.demands_met = true}, State::open, {}},
                    Case{"NotMet", {}, State::closed_for_good, Errc::evidence_missing},
                    Case{"NotMetButOverTheSession", {.session_binding = true}, State::shim_only, {}},
                    Case{"MetBeforeTheSession", {.demands_met = true, .session_binding = true}, State::open, {}},
                    Case{"Resumed", {.resumed = true, .demands_met = true}, State::closed_for_good, Errc::resumed},
                    Case{"ResumedForTheSession",
                         {.resumed = true, .session_binding = true},
                         State::closed_for_good,
                         Errc::resumed}),
    [](const auto& one) { return one.param.title; });

TEST(Gate, IsClosedAtFirst) {
  const Gate gate;
  expect_refused(gate.check_open(), Errc::gate_closed, "the gate is closed");
}

TEST(Gate, KeepsTheFirstReasonForGood) {
  Gate gate;
  gate.refuse({.code = Errc::binder_mismatch, .why = "first"});
  gate.refuse({.code = Errc::timeout, .why = "second"});
  expect_refused(gate.handshake_done({.demands_met = true}), Errc::binder_mismatch, "first");
  expect_refused(gate.session_verdict({}), Errc::binder_mismatch, "first");
  expect_refused(gate.check_open(), Errc::binder_mismatch, "first");
}

TEST(Gate, ClosesWhenItWasOpen) {
  Gate gate;
  ASSERT_TRUE(gate.handshake_done({.demands_met = true}));
  ASSERT_TRUE(gate.check_open());
  gate.refuse({.code = Errc::timeout, .why = "re-attestation"});
  expect_refused(gate.check_open(), Errc::timeout, "re-attestation");
}

TEST(Gate, OpensFromTheSessionOnAnAffirmingVerdictOnly) {
  Gate affirmed;
  ASSERT_TRUE(affirmed.handshake_done({.session_binding = true}));
  expect_refused(affirmed.check_open(), Errc::gate_closed, "shim-only");
  ASSERT_TRUE(affirmed.session_verdict({}));
  EXPECT_TRUE(affirmed.check_open());

  Gate refused;
  ASSERT_TRUE(refused.handshake_done({.session_binding = true}));
  expect_refused(refused.session_verdict(fail(Errc::not_affirming, "no")), Errc::not_affirming, "no");
  expect_refused(refused.check_open(), Errc::not_affirming, "no");
}

TEST(Gate, RefusesEventsOutOfOrder) {
  Gate early_verdict;
  expect_refused(early_verdict.session_verdict({}), Errc::internal, "before the end");
  Gate twice;
  ASSERT_TRUE(twice.handshake_done({.demands_met = true}));
  expect_refused(twice.handshake_done({.demands_met = true}), Errc::internal, "twice");
}

TEST(Alert, IsTheOneOfTheTable) {
  EXPECT_EQ(alert_of(Errc::no_common_scheme), Alert::handshake_failure);
  for (const Errc code : {Errc::evidence_missing, Errc::binder_mismatch, Errc::key_mismatch, Errc::not_affirming,
                          Errc::wrong_peer, Errc::reflection, Errc::timeout, Errc::unavailable}) {
    EXPECT_EQ(alert_of(code), Alert::bad_certificate) << name(code);
  }
  for (const Errc code : {Errc::malformed, Errc::truncated, Errc::misplaced, Errc::not_offered, Errc::hello_changed}) {
    EXPECT_EQ(alert_of(code), Alert::illegal_parameter) << name(code);
    EXPECT_EQ(alert_of_verification(code), Alert::bad_certificate) << name(code);
  }
  EXPECT_EQ(alert_of(Errc::unsolicited), Alert::unsupported_extension);
  EXPECT_EQ(alert_of(Errc::untrusted_chain), Alert::unknown_ca);
  EXPECT_EQ(alert_of(Errc::device_missing), Alert::internal_error);
}

}  // namespace
}  // namespace credence::channel
