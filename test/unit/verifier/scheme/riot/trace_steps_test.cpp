// RIOT: what a trace says of the root that a chain hangs from, and of the state of its layers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/text.h"
#include "support/dice_device.h"
#include "unit/verifier/traced.h"

namespace credence::verifier {
namespace {

using test::DiceDevice;
using test::steps_beginning;
using test::submission_of;
using test::TraceSteps;
using testing::HasSubstr;
using testing::StartsWith;

const Bytes kTracedNonce(32, 0x11);

class RiotTrace : public testing::Test {
 protected:
  void SetUp() override { test::provision(*store, device.reference_values()); }

  rats::Ear appraise(const DiceDevice::Certificates& chain, Timestamp now = test::kNow) {
    return test::appraise_traced(store, evidence::dice::kPemChain, DiceDevice::pem(chain), kTracedNonce, now);
  }
  rats::Ear appraise(Timestamp now = test::kNow) { return appraise(device.with_fresh_leaf(kTracedNonce), now); }
  // Of a maker with this name, in a CoRIM with this id.
  static rats::Corim roots_of_another(const std::string& id) {
    DiceDevice other;
    other.root = test::make_certificate(other.root_key.public_key(),
                                        {.organization = id, .common_name = "Device root", .is_authority = true},
                                        other.root_key);
    rats::Corim corim = other.roots();
    corim.id = id;
    return corim;
  }

  DiceDevice device;
  std::shared_ptr<Store> store = memory_store();
};

TEST_F(RiotTrace, NamesTheRootOfAGoodChainAndNoOther) {
  test::provision(*store, device.roots());
  test::provision(*store, roots_of_another("Another"));
  const rats::Ear ear = appraise();
  test::expect_root_named(ear, "RIOT", "O=Maker", device.root, "device roots");
  EXPECT_TRUE(steps_beginning(ear, "bound to this challenge").at(0).agrees);
}

TEST_F(RiotTrace, NamesEveryCorimOfARootAndTheIntermediateThatSigned) {
  test::provision(*store, device.roots());
  DiceDevice::Certificates chain = device.with_fresh_leaf(kTracedNonce);
  rats::Corim path = device.roots();
  path.id = std::string("path");
  path.comids[0].attestation_keys[0].keys[0] = {.tag = rats::kTagPkixBase64CertPath,
                                                .value = to_bytes(as_bytes(chain.back().pem() + device.root.pem()))};
  test::provision(*store, path);
  chain.pop_back();
  test::expect_intermediate_named(appraise(chain), "DeviceID", "device roots", "path");
}

TEST_F(RiotTrace, NamesTheRootsThatDoNotHoldAChain) {
  test::provision(*store, device.roots());
  const DiceDevice attacker;  // whose root calls itself like the device's
  const auto refused = [&] {
    const rats::Ear ear = appraise(attacker.with_fresh_leaf(kTracedNonce));
    EXPECT_EQ(ear.status(), rats::Tier::contraindicated);
    test::expect_problem(ear.submodules.at("RIOT"), Errc::untrusted_chain, "");
    return steps_beginning(ear, "signed under");
  };
  const TraceSteps alone = refused();
  ASSERT_EQ(alone.size(), 1U);
  EXPECT_THAT(alone[0].actual, StartsWith("untrusted_chain"));
  EXPECT_EQ(alone[0].source, "device roots");
  EXPECT_FALSE(alone[0].agrees);

  for (const std::string id : {"A", "B", "C", "D", "E"}) test::provision(*store, roots_of_another(id));
  const TraceSteps many = refused();
  ASSERT_EQ(many.size(), 4U);
  EXPECT_EQ(many[0].source, "device roots");
  EXPECT_EQ(many[3].source, "C");
  EXPECT_EQ(many[3].submission, submission_of("C"));
  EXPECT_THAT(many[3].expected, HasSubstr(", or one of 2 others"));
  EXPECT_TRUE(appraise().is_affirming());
}

TEST_F(RiotTrace, NamesTheRootThatIsNotValidNow) {
  const Timestamp later = test::kNow + Seconds(1);
  rats::Corim roots = device.roots();
  roots.validity = rats::Validity{.not_before = {}, .not_after = test::kNow};
  test::provision(*store, roots);
  EXPECT_TRUE(appraise().is_affirming());
  const auto expect_named = [&](Errc code) {
    const rats::Ear ear = appraise(later);
    test::expect_problem(ear.submodules.at("RIOT"), code, "");
    test::expect_root_expired(ear, "device roots");
    EXPECT_THAT(steps_beginning(ear, "signed under").at(0).subject, HasSubstr("O=Maker"));
  };
  expect_named(Errc::expired);
  // Of another maker, and good: the chain does not hang from it.
  test::provision(*store, roots_of_another("Another"));
  expect_named(Errc::untrusted_chain);
}

TEST_F(RiotTrace, SaysThatNoRootIsKnown) {
  const rats::Ear ear = appraise();
  test::expect_problem(ear.submodules.at("RIOT"), Errc::unknown_attester, "no root of devices is endorsed");
  test::expect_root_missing(ear, "signed under root");
}

TEST_F(RiotTrace, SaysWhatALayerSaysOfItsState) {
  test::provision(*store, device.roots());
  struct Case {
    std::uint8_t octet;  // of the BIT STRING
    std::string actual;
    bool closed;
  };
  for (const auto& [octet, actual, closed] :
       {Case{0x00, "none of them, flags 0x0", true}, Case{0x08, "none of them, flags 0x10", true},
        Case{0x80, "not configured, flags 0x1", false}, Case{0x40, "not secure, flags 0x2", false},
        Case{0x20, "recovery, flags 0x4", false}, Case{0x90, "not configured, debug, flags 0x9", false}}) {
    device.flags = octet;
    const rats::Ear ear = appraise();
    EXPECT_EQ(ear.is_affirming(), closed) << actual;
    const TraceSteps steps = steps_beginning(ear, "state of a layer");
    ASSERT_EQ(steps.size(), 1U);
    EXPECT_EQ(steps[0].claim, "configuration");
    EXPECT_EQ(steps[0].subject, "state of a layer, vendor Example");
    EXPECT_EQ(steps[0].expected, "none of not configured, not secure, recovery, debug");
    EXPECT_EQ(steps[0].actual, actual);
    EXPECT_EQ(steps[0].agrees, closed);
  }
}

}  // namespace
}  // namespace credence::verifier
