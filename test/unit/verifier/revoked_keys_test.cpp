// A28: every key that a kind of evidence was verified with can be revoked, the root's too. What hangs from it is
// contraindicated by the next appraisal, and nothing else is.
#include <gtest/gtest.h>

#include <functional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "evidence/cca/token.h"
#include "evidence/enacttrust/token.h"
#include "evidence/parsec_cca/bundle.h"
#include "evidence/psa/token.h"
#include "evidence/sevsnp/tsm_report.h"
#include "fixture.h"
#include "support/cca_device.h"
#include "support/dice_device.h"
#include "support/enacttrust_node.h"
#include "support/psa_device.h"
#include "support/snp_machine.h"
#include "verifier/revocation/revocation.h"

namespace credence::verifier {
namespace {

using test::DiceDevice;
using test::EvidenceMaker;
using test::SnpMachine;

const Bytes kNonce(64, 0x6e);

struct Subject {
  std::string scheme;
  std::vector<rats::Corim> endorsements;
  AppraisalRequest request;
  AppraisalRequest neighbour;  // of an attester that does not rely on the key
  Bytes spki;
};

struct RevocableKey {
  std::string name;
  std::function<Subject()> make;
};
void PrintTo(const RevocableKey& key, std::ostream* out) { *out << key.name; }

Bytes spki_of(const crypto::PrivateKey& key) { return to_bytes(key.public_key().spki()); }

// A CoRIM and its tags under names of their own.
rats::Corim renamed(rats::Corim corim, const std::string& name) {
  corim.id = name;
  for (std::size_t i = 0; i < corim.comids.size(); ++i) corim.comids[i].id = name + " " + std::to_string(i);
  return corim;
}

AppraisalRequest about(std::string_view media_type, Bytes evidence, const Bytes& nonce = kNonce) {
  return {.media_type = std::string(media_type), .evidence = std::move(evidence), .challenge = Nonce(nonce)};
}

// --- SEV-SNP ---

const test::SnpMaker& genoa() {
  static const test::SnpMaker maker("Genoa");
  return maker;
}

AppraisalRequest report_of(const SnpMachine& machine) {
  return about(evidence::sevsnp::kTsmReportCbor, machine.evidence(kNonce));
}

// With the roots alone, or with the ASK before that of the first.
Subject snp(const SnpMachine& machine, const SnpMachine& neighbour, ByteView spki, bool provisions_ask = false) {
  rats::Corim roots = SnpMachine::roots();
  if (provisions_ask)
    roots.comids[0].attestation_keys[0].keys[0] = {
        .tag = rats::kTagPkixBase64CertPath,
        .value = to_bytes(as_bytes(machine.maker->ask(machine.vlek).pem() + machine.maker->ark.pem()))};
  return {.scheme = "SEVSNP",
          .endorsements = {renamed(roots, "roots of Milan"), renamed(SnpMachine::roots(genoa()), "roots of Genoa"),
                           machine.reference_values()},
          .request = report_of(machine),
          .neighbour = report_of(neighbour),
          .spki = to_bytes(spki)};
}

SnpMachine genoa_machine() {
  SnpMachine machine;
  machine.maker = &genoa();
  machine.cpuid = {0x19, 0x11, 0x01};
  return machine;
}

SnpMachine vlek_machine() {
  SnpMachine machine;
  machine.vlek = true;
  return machine;
}

SnpMachine another_chip() {
  SnpMachine machine;
  machine.chip_id = Bytes(64, 0xc2);
  return machine;
}

Subject snp_ark() { return snp({}, genoa_machine(), test::snp_maker().ark.spki()); }
Subject snp_ask() { return snp({}, genoa_machine(), test::snp_maker().ask().spki()); }
Subject snp_asvk() { return snp(vlek_machine(), genoa_machine(), test::snp_maker().ask(true).spki()); }
Subject snp_vcek() {
  const SnpMachine machine;
  return snp(machine, another_chip(), spki_of(machine.vek_key));
}
Subject snp_vlek() {
  const SnpMachine machine = vlek_machine();
  return snp(machine, another_chip(), spki_of(machine.vek_key));
}

Subject snp_provisioned_ask() {
  SnpMachine machine;
  machine.shows_ask = machine.shows_ark = false;
  return snp(machine, genoa_machine(), test::snp_maker().ask().spki(), true);
}

// The guest chooses what it shows: it must not choose which key is asked about.
Subject snp_provisioned_ask_behind_another() {
  SnpMachine machine;
  machine.shown_ask = genoa().ask();
  return snp(machine, genoa_machine(), test::snp_maker().ask().spki(), true);
}

// --- DICE ---

AppraisalRequest chain_of(const DiceDevice& device) {
  return about(evidence::dice::kPemChain, DiceDevice::pem(device.with_fresh_leaf(kNonce)));
}

DiceDevice of_another_maker() {
  DiceDevice device;
  device.root = test::make_certificate(
      device.root_key.public_key(),
      {.organization = "Another maker", .common_name = "Device root", .is_authority = true}, device.root_key);
  return device;
}

Subject dice(const DiceDevice& device, const DiceDevice& neighbour, Bytes spki) {
  return {.scheme = "RIOT",
          .endorsements = {renamed(device.roots(), "roots"), renamed(neighbour.roots(), "other roots"),
                           device.reference_values()},
          .request = chain_of(device),
          .neighbour = chain_of(neighbour),
          .spki = std::move(spki)};
}

Subject dice_root() {
  const DiceDevice device;
  return dice(device, of_another_maker(), spki_of(device.root_key));
}

// The neighbour hangs from the same root.
Subject of_one_root(const crypto::PrivateKey DiceDevice::* key) {
  const DiceDevice device;
  DiceDevice neighbour = device;
  neighbour.device_key = test::p256();
  neighbour.alias_key = test::p256();
  neighbour.fresh_key = test::p256();
  Subject subject = dice(device, neighbour, spki_of(device.*key));
  subject.endorsements = {device.roots(), device.reference_values()};
  return subject;
}
Subject dice_device() { return of_one_root(&DiceDevice::device_key); }
Subject dice_alias() { return of_one_root(&DiceDevice::alias_key); }
Subject dice_leaf() { return of_one_root(&DiceDevice::fresh_key); }

// --- Arm ---

Subject psa_key() {
  const Bytes nonce(32, 0x6e);
  const test::PsaDevice device;
  test::PsaDevice neighbour;
  neighbour.instance = Bytes(33, 0x01);
  neighbour.instance.back() = 2;
  return {.scheme = "PSA_IOT",
          .endorsements = {renamed(device.corim(), "device"), renamed(neighbour.corim(), "neighbour")},
          .request = about(evidence::psa::kMediaType, device.token(nonce), nonce),
          .neighbour = about(evidence::psa::kMediaType, neighbour.token(nonce), nonce),
          .spki = spki_of(device.key)};
}

// A platform and another one, with a realm each; `evidence` makes what the scheme takes.
Subject cca(std::string scheme, std::string_view media_type, const std::string& platform_profile,
            const std::string& realm_profile, const std::function<Bytes(const test::CcaDevice&)>& evidence,
            const crypto::PrivateKey test::CcaDevice::* key) {
  const test::CcaDevice device;
  test::CcaDevice neighbour;
  neighbour.instance.back() = 2;
  return {.scheme = std::move(scheme),
          .endorsements = {renamed(device.platform_corim(platform_profile), "platform"),
                           renamed(neighbour.platform_corim(platform_profile), "other platform"),
                           device.realm_corim(realm_profile)},
          .request = about(media_type, evidence(device)),
          .neighbour = about(media_type, evidence(neighbour)),
          .spki = spki_of(device.*key)};
}

Subject arm_cca(const crypto::PrivateKey test::CcaDevice::* key) {
  return cca(
      "ARM_CCA", evidence::cca::kMediaType, "tag:arm.com,2025:cca_platform#1.0.0", "tag:arm.com,2025:cca_realm#1.0.0",
      [](const test::CcaDevice& device) { return device.token(kNonce); }, key);
}
Subject cca_platform() { return arm_cca(&test::CcaDevice::platform_key); }
Subject cca_realm() { return arm_cca(&test::CcaDevice::realm_key); }

Subject parsec_cca(const crypto::PrivateKey test::CcaDevice::* key) {
  const std::string profile = "tag:github.com/parallaxsecond,2023-03-03:cca";
  return cca(
      "PARSEC_CCA", evidence::parsec_cca::kMediaType, profile, profile,
      [](const test::CcaDevice& device) { return device.bundle(kNonce, test::make_key().public_key()); }, key);
}
Subject parsec_cca_platform() { return parsec_cca(&test::CcaDevice::platform_key); }
Subject parsec_cca_realm() { return parsec_cca(&test::CcaDevice::realm_key); }

// --- TPMs. Their schemes have no certificates: the root is whoever signed the CoRIM ---

Subject enacttrust_key() {
  const Bytes nonce(32, 0x6e);
  const test::EnacttrustNode node;
  test::EnacttrustNode neighbour;
  neighbour.node.octets[0] ^= 1;
  return {.scheme = "TPM_ENACTTRUST",
          .endorsements = {renamed(node.corim(), "node"), renamed(neighbour.corim(), "neighbour")},
          .request = about(evidence::enacttrust::kMediaType, node.token(nonce), nonce),
          .neighbour = about(evidence::enacttrust::kMediaType, neighbour.token(nonce), nonce),
          .spki = spki_of(node.key)};
}

Subject attestation_key() {
  const EvidenceMaker maker, neighbour;
  Subject subject{.scheme = "PARSEC_TPM",
                  .endorsements = {},
                  .request = test::channel_request(maker),
                  .neighbour = test::channel_request(neighbour),
                  .spki = spki_of(maker.attestation_key)};
  for (const auto& [one, name] : {std::pair{&maker, "maker"}, std::pair{&neighbour, "neighbour"}}) {
    const auto endorsement = one->endorsement();
    subject.endorsements.push_back(
        renamed(evidence::tpm::veraison_corim(endorsement).value(), std::string("values of ") + name));
    subject.endorsements.push_back(
        renamed(evidence::tpm::keys_corim(endorsement).value(), std::string("key of ") + name));
  }
  return subject;
}

class RevokedKey : public testing::TestWithParam<RevocableKey> {};
INSTANTIATE_TEST_SUITE_P(
    OfEachScheme, RevokedKey,
    testing::Values(RevocableKey{"SnpArk", snp_ark}, RevocableKey{"SnpAsk", snp_ask}, RevocableKey{"SnpAsvk", snp_asvk},
                    RevocableKey{"SnpVcek", snp_vcek}, RevocableKey{"SnpVlek", snp_vlek},
                    RevocableKey{"SnpProvisionedAsk", snp_provisioned_ask},
                    RevocableKey{"SnpProvisionedAskBehindAnother", snp_provisioned_ask_behind_another},
                    RevocableKey{"DiceRoot", dice_root}, RevocableKey{"DiceDevice", dice_device},
                    RevocableKey{"DiceAlias", dice_alias}, RevocableKey{"DiceLeaf", dice_leaf},
                    RevocableKey{"Psa", psa_key}, RevocableKey{"CcaPlatform", cca_platform},
                    RevocableKey{"CcaRealm", cca_realm}, RevocableKey{"ParsecCcaPlatform", parsec_cca_platform},
                    RevocableKey{"ParsecCcaRealm", parsec_cca_realm}, RevocableKey{"Enacttrust", enacttrust_key},
                    RevocableKey{"TpmAttestationKey", attestation_key}),
    [](const auto& example) { return example.param.name; });

void change(Store& store, DocumentChange::Event event, const Revocation& revocation) {
  const std::string id = revocation_id(revocation).value();
  EXPECT_TRUE(store.change(DocumentKind::deny_entry, [&](const Documents&) {
    return std::vector<DocumentChange>{
        {.event = event, .id = id, .octets = to_bytes(as_bytes(json::to_text(to_json(revocation))))}};
  }));
}

TEST_P(RevokedKey, RefusesWhatHangsFromItAndNothingElse) {
  const Subject subject = GetParam().make();
  const auto store = memory_store();
  for (const rats::Corim& corim : subject.endorsements) test::provision(*store, corim);
  const auto appraise = [&](const AppraisalRequest& request) {
    return test::engine_over(store).appraise(request).value();
  };
  const auto expect_affirmed = [&](const AppraisalRequest& request) {
    const rats::Ear ear = appraise(request);
    EXPECT_TRUE(ear.is_affirming()) << testing::PrintToString(ear.problems());
  };
  expect_affirmed(subject.request);
  expect_affirmed(subject.neighbour);

  const auto digest = crypto::digest(crypto::HashAlgorithm::sha256, subject.spki).value();
  const Revocation revocation =
      revocation_from_json({{"kind", "key"}, {"value", to_hex(digest.view())}, {"reason", "stolen in June"}},
                           test::kNow)
          .value();
  change(*store, DocumentChange::Event::added, revocation);
  const rats::Ear refused = appraise(subject.request);
  EXPECT_EQ(refused.status(), rats::Tier::contraindicated);
  test::expect_problem(refused.submodules.at(subject.scheme), Errc::untrusted_chain, "revoked: key");
  test::expect_problem(refused.submodules.at(subject.scheme), Errc::untrusted_chain, "stolen in June");
  EXPECT_FALSE(refused.submodules.at(subject.scheme).attested_key);
  expect_affirmed(subject.neighbour);

  change(*store, DocumentChange::Event::removed, revocation);
  expect_affirmed(subject.request);
}

// An identity is for those whose evidence was verified with its key. The certificate of an ASK is public: whoever shows
// one beside that of the CoRIM has not been verified with it.
TEST(ShownAsk, IsNoIdentity) {
  const auto identities = [](const test::SnpMaker& maker) {
    SnpMachine machine;
    machine.shown_ask = genoa().ask();
    const rats::Corim values = machine.reference_values();
    const Subject subject = snp(machine, machine, {}, true);
    const auto store = memory_store();
    for (const rats::Corim& corim : subject.endorsements) test::provision(*store, corim);
    rats::Corim identity;
    identity.id = std::string("identity");
    identity.profile = values.profile;
    rats::Comid& comid = identity.comids.emplace_back();
    comid.id = std::string("identity");
    const std::string pem = maker.ask_key.public_key().pem();
    comid.identity_keys.push_back({.environment = values.comids[0].reference_values[0].environment,
                                   .keys = {{.tag = rats::kTagPkixBase64Key, .value = to_bytes(as_bytes(pem))}}});
    test::provision(*store, identity);
    const rats::Ear ear = test::engine_over(store).appraise(subject.request).value();
    EXPECT_TRUE(ear.is_affirming()) << testing::PrintToString(ear.problems());
    const json::Object& claims = ear.submodules.at("SEVSNP").annotated_evidence;
    return claims.contains("endorsed") ? claims.at("endorsed").as_array().size() : 0;
  };
  EXPECT_EQ(identities(test::snp_maker()), 1U);
  EXPECT_EQ(identities(genoa()), 0U);
}

}  // namespace
}  // namespace credence::verifier
