// Each kind of evidence: over CoSERV the engine finds what it finds in the store behind it, and says the same.
#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <ostream>

#include "../verifier/fixture.h"
#include "coserv_over_store.h"
#include "crypto/random.h"
#include "edge/appraiser.h"
#include "evidence/cca/token.h"
#include "evidence/parsec_cca/bundle.h"
#include "evidence/psa/token.h"
#include "evidence/sevsnp/tsm_report.h"
#include "support/cca_device.h"
#include "support/dice_device.h"
#include "support/enacttrust_node.h"
#include "support/listed.h"
#include "support/psa_device.h"
#include "support/snp_machine.h"
#include "verifier/policy/lua/language.h"

namespace credence::edge {
namespace {

const Bytes kNonce(32, 0x99);

// Evidence, and the CoRIMs that approve of it.
struct Attester {
  std::string media_type;
  Bytes evidence;
  std::vector<rats::Corim> corims;
  Bytes nonce = kNonce;
};
struct Kind {
  std::string name;
  std::function<Attester()> make;
};
void PrintTo(const Kind& kind, std::ostream* out) { *out << kind.name; }

Attester psa() {
  const test::PsaDevice device;
  return {std::string(evidence::psa::kMediaType), device.token(kNonce), {device.corim()}};
}
Attester cca() {
  const test::CcaDevice device;
  return {
      std::string(evidence::cca::kMediaType), device.token(kNonce), {device.platform_corim(), device.realm_corim()}};
}
Attester enacttrust() {
  const test::EnacttrustNode node;
  return {"application/vnd.enacttrust.tpm-evidence", node.token(kNonce), {node.corim()}};
}

Attester snp() {
  const test::SnpMachine machine;
  const Bytes nonce(64, 0x11);
  return {std::string(evidence::sevsnp::kTsmReportCbor),
          machine.evidence(nonce),
          {test::SnpMachine::roots(), machine.reference_values()},
          nonce};
}
Attester parsec_cca() {
  const test::CcaDevice device;
  const std::string profile = "tag:github.com/parallaxsecond,2023-03-03:cca";
  return {std::string(evidence::parsec_cca::kMediaType),
          device.bundle(kNonce, test::make_key().public_key()),
          {device.platform_corim(profile), device.realm_corim(profile)}};
}

Attester riot() {
  const test::DiceDevice device;
  return {"application/pem-certificate-chain",
          test::DiceDevice::pem(device.with_fresh_leaf(kNonce)),
          {device.roots(), device.reference_values()}};
}

class EachScheme : public testing::TestWithParam<Kind> {};
INSTANTIATE_TEST_SUITE_P(All, EachScheme,
                         testing::Values(Kind{"PSA_IOT", psa}, Kind{"ARM_CCA", cca}, Kind{"TPM_ENACTTRUST", enacttrust},
                                         Kind{"SEVSNP", snp}, Kind{"PARSEC_CCA", parsec_cca}, Kind{"RIOT", riot}),
                         [](const auto& tested) { return tested.param.name; });

Result<rats::Ear> appraise(const std::shared_ptr<verifier::Store>& store, const Attester& attester,
                           const std::shared_ptr<test::MovingClock>& clock, EdgeOptions options = {}) {
  const auto service = std::make_shared<test::CoservOverStore>(store, clock);
  const auto appraiser =
      edge_appraiser(service, "https://verifier.example", service->trust(), std::move(options), clock);
  std::optional<Result<rats::Ear>> verdict;
  appraiser->appraise(
      {.media_type = attester.media_type, .evidence = attester.evidence, .challenge = Nonce(attester.nonce)},
      [&](Result<rats::Ear> result) { verdict = std::move(result); });
  return verdict.value_or(fail(Errc::internal, "no verdict"));
}

TEST_P(EachScheme, IsAppraisedAsOverTheStore) {
  const Attester attester = GetParam().make();
  const auto clock = std::make_shared<test::MovingClock>(test::kNow);
  for (std::size_t provisioned = 0; provisioned <= attester.corims.size(); ++provisioned) {
    const auto store = verifier::memory_store();
    for (std::size_t i = 0; i < provisioned; ++i)
      ASSERT_TRUE(store->submit(attester.corims[i], rats::encode_corim(attester.corims[i]).value()));
    const auto here = appraise(store, attester, clock);
    ASSERT_TRUE(here) << here.error().text();
    const auto there = test::engine_over(store).appraise(
        {.media_type = attester.media_type, .evidence = attester.evidence, .challenge = Nonce(attester.nonce)});
    EXPECT_EQ(here->is_affirming(), provisioned == attester.corims.size());
    ASSERT_EQ(here->submodules.size(), there->submodules.size());
    for (const auto& [name, submodule] : there->submodules) {
      EXPECT_EQ(here->submodules.at(name).vector, submodule.vector) << name;
      EXPECT_EQ(here->submodules.at(name).policy_claims, submodule.policy_claims) << name;
    }
  }
}

// --- layers of DICE, which have several names ---

using Members = std::vector<Bytes>;  // of a TcbInfo, before its FWIDs

Attester dice_with(test::DiceDevice& device, Members members) {
  using namespace test::dice_der;
  members.push_back(element(0xa6, fwid(device.firmware)));
  device.more_of_alias = {{std::string(evidence::dice::kTcbInfo), element(0x30, joined(members)), true}};
  return {"application/pem-certificate-chain", test::DiceDevice::pem(device.with_fresh_leaf(kNonce)), {}};
}
Bytes layer_member() { return test::dice_der::element(0x84, Bytes{1}); }
Bytes vendor_member(std::string_view vendor) { return test::dice_der::element(0x80, as_bytes(vendor)); }
Bytes svn_member() { return test::dice_der::element(0x83, Bytes{3}); }

rats::Corim values_for(const test::DiceDevice& device, const rats::Class& layer) {
  rats::Corim corim = device.reference_values();
  corim.comids[0].reference_values[0].environment.class_map = layer;
  return corim;
}

std::shared_ptr<verifier::Store> store_with(const std::vector<rats::Corim>& corims) {
  auto store = verifier::memory_store();
  for (const rats::Corim& corim : corims) EXPECT_TRUE(store->submit(corim, rats::encode_corim(corim).value()));
  return store;
}

// A TcbInfo need not name its maker: the layer alone is a class that is asked for.
TEST(EdgeOfDice, AsksForLayersThatNameNoMaker) {
  test::DiceDevice device;
  const auto clock = std::make_shared<test::MovingClock>(test::kNow);
  // A vendor without a letter is nobody, and nobody is asked about it.
  for (const Members& members :
       {Members{svn_member(), layer_member()}, Members{vendor_member(""), svn_member(), layer_member()}})
    for (const std::uint64_t layer : {1U, 2U}) {
      const Attester attester = dice_with(device, members);
      const auto store = store_with(
          {device.roots(), values_for(device, {.id = {}, .vendor = {}, .model = {}, .layer = layer, .index = {}})});
      const auto verdict = appraise(store, attester, clock);
      ASSERT_TRUE(verdict) << verdict.error().text();
      EXPECT_EQ(verdict->is_affirming(), layer == 1) << testing::PrintToString(verdict->problems());
    }
}

// They come with its deny list.
TEST(EdgeOfDice, HeedsTheRevocationListsOfTheVerifier) {
  const test::DiceDevice device;
  const Attester attester{
      "application/pem-certificate-chain", test::DiceDevice::pem(device.with_fresh_leaf(kNonce)), {}};
  const auto store_that_knows = [&](const test::RevocationListFields& list) {
    auto store = store_with({device.roots(), device.reference_values()});
    EXPECT_TRUE(test::add_list(*store, test::list_entry(device.root_key, device.root, list)));
    return store;
  };
  const auto clock = std::make_shared<test::MovingClock>(test::kNow);
  const auto store = store_that_knows({});
  const auto good = appraise(store, attester, clock);
  ASSERT_TRUE(good) << good.error().text();
  EXPECT_TRUE(good->is_affirming()) << testing::PrintToString(good->problems());
  const auto listed = appraise(store_that_knows({.entries = {{.serial = device.device_serial}}}), attester, clock);
  ASSERT_TRUE(listed) << listed.error().text();
  test::expect_problem(listed->submodules.at("RIOT"), Errc::untrusted_chain, "by its revocation list");
  clock->advance(std::chrono::days(30));
  const auto stale = appraise(store, attester, clock);
  ASSERT_TRUE(stale) << stale.error().text();
  test::expect_problem(stale->submodules.at("RIOT"), Errc::expired, "provision a current one");
}

// More values of layer 1 than an answer has.
rats::Corim very_many_of_another_maker(const test::DiceDevice& device) {
  rats::Corim corim = values_for(device, {.id = {}, .vendor = "Another", .model = {}, .layer = 1, .index = {}});
  corim.id = corim.comids[0].id = std::string("of another maker");
  std::vector<rats::ReferenceTriple>& values = corim.comids[0].reference_values;
  values.resize(4'097, values.front());
  return corim;
}

TEST(EdgeOfDice, DoesWithoutWhatOtherMakersSayOfALayer) {
  test::DiceDevice device;
  const auto clock = std::make_shared<test::MovingClock>(test::kNow);
  const auto store = store_with({device.roots(), device.reference_values(), very_many_of_another_maker(device)});
  const Members members{vendor_member(device.vendor), svn_member(), layer_member()};
  const auto good = appraise(store, dice_with(device, members), clock);
  ASSERT_TRUE(good) << good.error().text();
  EXPECT_TRUE(good->is_affirming()) << testing::PrintToString(good->problems());
  device.firmware[0] ^= 1;
  const auto bad = appraise(store, dice_with(device, members), clock);
  ASSERT_TRUE(bad) << bad.error().text();
  test::expect_problem(bad->submodules.at("RIOT"), Errc::not_affirming, "no reference value");
  // Where the layer has no other name there is nothing else to go by.
  test::expect_refused(appraise(store, dice_with(device, {svn_member(), layer_member()}), clock), Errc::too_large,
                       "more than 4096");
}

// A policy may refuse for a value that is there: it is not shown some of them as if they were all.
TEST(EdgeOfDice, ShowsPoliciesAllThatIsSaidOfALayerOrNothing) {
  test::DiceDevice device;
  const auto clock = std::make_shared<test::MovingClock>(test::kNow);
  const auto with = [&](const std::string& rules) {
    auto policies =
        std::make_shared<verifier::Policies>(verifier::Policies::Parts{.store = verifier::memory_store(),
                                                                       .languages = {verifier::lua_language(clock)},
                                                                       .clock = clock,
                                                                       .random = crypto::system_random()});
    const auto version = policies->add({.scheme = "RIOT", .name = "site", .type = "lua", .rules = rules});
    EXPECT_TRUE(version && policies->activate("RIOT", version->id));
    EdgeOptions options;
    options.policies = std::move(policies);
    return options;
  };
  const std::string reading = "if #endorsements == 0 then executables = UNSAFE_RT end";
  const Attester attester = dice_with(device, {vendor_member(device.vendor), svn_member(), layer_member()});
  const auto few = store_with({device.roots(), device.reference_values()});
  const auto good = appraise(few, attester, clock, with(reading));
  ASSERT_TRUE(good) << good.error().text();
  EXPECT_TRUE(good->is_affirming()) << testing::PrintToString(good->problems());
  const auto many = store_with({device.roots(), device.reference_values(), very_many_of_another_maker(device)});
  test::expect_refused(appraise(many, attester, clock, with(reading)), Errc::too_large, "more than 4096");
  EXPECT_TRUE(appraise(many, attester, clock, with("-- it does not ask"))->is_affirming());
}

}  // namespace
}  // namespace credence::edge
