// Numbers that a double does not hold are compared, shown to policies and put into results as they are. (Veraison
// passes claims on as JSON. Whoever reads numbers of JSON as doubles takes two versions that differ in a low bit for
// one.)
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "fixture.h"
#include "support/dice_device.h"
#include "support/enacttrust_node.h"
#include "support/snp_machine.h"
#include "under_policy.h"

namespace credence::verifier {
namespace {

using test::DiceDevice;
using test::SnpMachine;

const Bytes kExactNonce(64, 0x6e);
// The first integer that is no double, and the one that it becomes.
constexpr std::uint64_t kInexact = (1ULL << 53) + 1;
constexpr std::uint64_t kRounded = 1ULL << 53;
static_assert(static_cast<double>(kInexact) == static_cast<double>(kRounded));

AppraisalRequest request_of(std::string_view media_type, Bytes evidence) {
  return {.media_type = std::string(media_type), .evidence = std::move(evidence), .challenge = Nonce(kExactNonce)};
}

rats::Ear appraise(const std::shared_ptr<Store>& store, const AppraisalRequest& request) {
  return test::engine_over(store).appraise(request).value();
}

// --- SEV-SNP: the TCB has the microcode in its highest octet, and the boot loader in its lowest one ---

std::shared_ptr<Store> snp_store(const SnpMachine& approved, bool minimum) {
  auto store = memory_store();
  rats::Corim corim = approved.reference_values();
  corim.comids[0].reference_values[0].measurements[1] = SnpMachine::svn(647, approved.tcb, minimum);
  test::provision(*store, SnpMachine::roots());
  test::provision(*store, corim);
  return store;
}

TEST(ExactNumbers, OfATcbAreCompared) {
  const SnpMachine machine;
  const AppraisalRequest request = request_of(evidence::sevsnp::kTsmReportCbor, machine.evidence(kExactNonce));
  SnpMachine newer = machine;
  ++newer.tcb;
  ASSERT_EQ(static_cast<double>(machine.tcb), static_cast<double>(newer.tcb));
  for (const bool minimum : {false, true}) {
    EXPECT_TRUE(appraise(snp_store(machine, minimum), request).is_affirming());
    const rats::Ear ear = appraise(snp_store(newer, minimum), request);
    EXPECT_FALSE(ear.is_affirming());
    test::expect_problem(ear.submodules.at("SEVSNP"), Errc::not_affirming, "REPORTED_TCB");
  }
}

TEST(ExactNumbers, OfATcbReachAPolicyAndTheResult) {
  const SnpMachine machine;
  const std::string tcb = std::to_string(machine.tcb);
  const std::string rules =
      "for _, measurement in ipairs(evidence.triples[\"reference-values\"][1].measurements) do\n"
      "  if measurement.key.value == 647 then\n"
      "    local svn = measurement.value.svn.value\n"
      "    added_claims.svn = svn\n"
      "    added_claims.same = svn == " +
      tcb +
      "\n"
      "    added_claims.next = svn == " +
      tcb +
      " + 1\n"
      "  end\n"
      "end\n";
  const rats::Ear ear = test::engine_under(rules, "SEVSNP", snp_store(machine, true))
                            .appraise(request_of(evidence::sevsnp::kTsmReportCbor, machine.evidence(kExactNonce)))
                            .value();
  ASSERT_TRUE(ear.is_affirming()) << testing::PrintToString(ear.problems());
  const json::Object& seen = ear.submodules.at("SEVSNP").policy_claims;
  EXPECT_EQ(json::to_text(seen.at("svn")), tcb);
  EXPECT_EQ(seen.at("same"), true);
  EXPECT_EQ(seen.at("next"), false);
}

// --- DICE ---

// DiceTcbInfo of this device with an SVN of seven octets.
DiceDevice device_with_svn(std::uint64_t svn) {
  using namespace test::dice_der;
  DiceDevice device;
  Bytes octets(7);
  for (std::size_t i = octets.size(); i > 0; --i, svn >>= 8) octets[i - 1] = static_cast<std::uint8_t>(svn);
  const Bytes tcb_info = element(0x30, joined({element(0x80, as_bytes(device.vendor)), element(0x83, octets),
                                               element(0xa6, fwid(device.firmware))}));
  device.more_of_alias = {{std::string(evidence::dice::kTcbInfo), tcb_info, true}};
  return device;
}

bool affirms_svn(std::uint64_t stated, rats::Svn approved) {
  const DiceDevice device = device_with_svn(stated);
  rats::Corim corim = device.reference_values();
  corim.comids[0].reference_values[0].measurements[0].values.svn = approved;
  const auto store = memory_store();
  test::provision(*store, device.roots());
  test::provision(*store, corim);
  const rats::Ear ear =
      appraise(store, request_of(evidence::dice::kPemChain, DiceDevice::pem(device.with_fresh_leaf(kExactNonce))));
  if (!ear.is_affirming())
    test::expect_problem(ear.submodules.at("RIOT"), Errc::not_affirming, "no reference value that is valid now");
  return ear.is_affirming();
}

TEST(ExactNumbers, OfASecurityVersionAreCompared) {
  EXPECT_TRUE(affirms_svn(kInexact, {.value = kInexact, .minimum = false}));
  EXPECT_FALSE(affirms_svn(kInexact, {.value = kRounded, .minimum = false}));
  EXPECT_FALSE(affirms_svn(kRounded, {.value = kInexact, .minimum = false}));
  EXPECT_TRUE(affirms_svn(kInexact, {.value = kInexact, .minimum = true}));
  EXPECT_TRUE(affirms_svn(kInexact, {.value = kRounded, .minimum = true}));
  EXPECT_FALSE(affirms_svn(kRounded, {.value = kInexact, .minimum = true}));
}

// --- TPM ---

TEST(ExactNumbers, OfATpmReachAPolicyAndTheResult) {
  test::EnacttrustNode node;
  const auto store = memory_store();
  test::provision(*store, node.corim());
  const Engine engine = test::engine_under(
      "local version = evidence[\"firmware-version\"]\n"
      "added_claims.version = version\n"
      "added_claims.same = version == " +
          std::to_string(kInexact) + "\n",
      "TPM_ENACTTRUST", store);
  for (const std::uint64_t version : {kInexact, kRounded}) {
    node.firmware_version = version;
    const rats::Ear ear =
        engine.appraise(request_of(evidence::enacttrust::kMediaType, node.token(kExactNonce))).value();
    ASSERT_TRUE(ear.is_affirming()) << testing::PrintToString(ear.problems());
    const rats::Submodule& submodule = ear.submodules.at("TPM_ENACTTRUST");
    EXPECT_EQ(json::to_text(submodule.annotated_evidence.at("firmware-version")), std::to_string(version));
    EXPECT_EQ(json::to_text(submodule.policy_claims.at("version")), std::to_string(version));
    EXPECT_EQ(submodule.policy_claims.at("same"), version == kInexact);
  }
}

TEST(ExactNumbers, OfAClockReachTheResult) {
  test::EvidenceMaker maker;
  for (const std::uint64_t clock : {kInexact, kRounded}) {
    maker.quote_clock.clock = clock;
    const rats::Ear ear = appraise(test::store_for(maker), test::channel_request(maker));
    ASSERT_TRUE(ear.is_affirming()) << testing::PrintToString(ear.problems());
    EXPECT_EQ(json::to_text(test::submodule(ear).annotated_evidence.at("clock")), std::to_string(clock));
  }
}

}  // namespace
}  // namespace credence::verifier
