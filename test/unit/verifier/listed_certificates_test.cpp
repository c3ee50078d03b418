// A28, A22: revocation lists on the deny list. What they name is refused, and so is all that hangs from their issuer
// once they are stale.
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "evidence/sevsnp/tsm_report.h"
#include "fixture.h"
#include "support/dice_device.h"
#include "support/listed.h"
#include "support/snp_machine.h"
#include "verifier/revocation/deny_list.h"
#include "verifier/revocation/deny_list_document.h"

namespace credence::verifier {
namespace {

using namespace std::chrono_literals;
using test::DiceDevice;
using test::list_entry;
using test::RevocationListFields;
using test::SnpMachine;

constexpr Timestamp kListEnd = std::chrono::sys_days(2026y / 10 / 1);  // of lists that do not say

RevocationListFields naming(std::int64_t serial) { return {.entries = {{.serial = serial}}}; }

json::Object of_root(const DiceDevice& device, const RevocationListFields& fields = {}) {
  return list_entry(device.root_key, device.root, fields);
}

Revocation read(const json::Object& entry) { return revocation_from_json(entry, test::kNow).value(); }

// --- entries ---

TEST(ListEntry, IsReadAndWrittenAsJson) {
  const json::Object entry = of_root(DiceDevice(), naming(7));
  const Revocation revocation = read(entry);
  EXPECT_EQ(revocation.kind, Revoked::crl);
  EXPECT_EQ(revocation.issuer, "CN=Device root,O=Maker");
  ASSERT_TRUE(revocation.list);
  EXPECT_EQ(revocation.list->size(), 1U);
  const json::Object written = to_json(revocation);
  EXPECT_EQ(written.at("value"), entry.at("value"));
  EXPECT_EQ(written.at("issuer"), "CN=Device root,O=Maker");
  EXPECT_EQ(written.at("issuer-key"), entry.at("issuer-key"));
  EXPECT_EQ(to_json(read(written)), written);
}

// A newer list stands where the older one did, and no other one does.
TEST(ListEntry, IsTheOneOfItsIssuer) {
  const DiceDevice device, other;
  DiceDevice renamed = device;
  renamed.root = test::make_certificate(device.root_key.public_key(), {.common_name = "Root", .is_authority = true},
                                        device.root_key);
  const auto id = [](const json::Object& entry) { return revocation_id(read(entry)).value(); };
  EXPECT_EQ(id(of_root(device)), id(of_root(device, {.entries = {{.serial = 7}}, .number = 6})));
  EXPECT_NE(id(of_root(device)), id(of_root(other)));
  EXPECT_NE(id(of_root(device)), id(of_root(renamed)));
  renamed.root = test::make_certificate(device.root_key.public_key(),
                                        {.organization = "maker", .common_name = "DEVICE root", .is_authority = true},
                                        device.root_key);
  EXPECT_EQ(id(of_root(device)), id(of_root(renamed)));  // the same name
}

TEST(ListEntry, NamesTheMemberThatIsWrong) {
  const DiceDevice device, other;
  const json::Object good = of_root(device, naming(7));
  ASSERT_TRUE(revocation_from_json(good, {}));
  const auto with = [&](std::string_view member, const json::Value& value) {
    json::Object entry = good;
    entry[member] = value;
    return entry;
  };
  const auto without = [&](std::string_view member) {
    json::Object entry = good;
    entry.erase(member);
    return entry;
  };
  const std::string other_key = to_hex(other.root_key.public_key().spki());
  const json::Object partial = of_root(device, {.extensions = {{"2.5.29.27", {0x02, 0x01, 0x01}, true}}});
  struct Case {
    json::Object entry;
    Errc code;
    std::string_view path;
  };
  for (const auto& [entry, code, path] :
       {Case{without("value"), Errc::missing_member, "value"},
        Case{without("issuer-key"), Errc::missing_member, "issuer-key"},
        Case{without("reason"), Errc::missing_member, "reason"}, Case{with("value", "MA"), Errc::malformed, "value"},
        Case{with("value", ""), Errc::malformed, "value"},
        Case{with("issuer-key", "0102"), Errc::bad_key, "issuer-key"},
        Case{with("issuer-key", "0x"), Errc::malformed, "issuer-key"},
        Case{with("issuer-key", json::Value(other_key)), Errc::bad_signature, "value"},
        Case{of_root(device, {.more_units = 20}), Errc::too_large, "value"},
        Case{partial, Errc::unsupported, "value"}}) {
    const auto refused = revocation_from_json(entry, {});
    ASSERT_FALSE(refused) << path;
    EXPECT_EQ(name(refused.error().code), name(code)) << refused.error().text();
    EXPECT_EQ(refused.error().path, path) << refused.error().text();
  }
}

// Nobody knows what an issuer took back when its list cannot be believed.
TEST(ListEntry, ThatDoesNotVerifyIsAnErrorWhereverItIsRead) {
  const DiceDevice device, other;
  json::Object entry = to_json(read(of_root(device, naming(7))));
  const auto documents = [&] {
    return Documents{std::make_shared<const Document>("x", to_bytes(as_bytes(json::to_text(entry))), true)};
  };
  ASSERT_TRUE(deny_list_of(documents()));
  ASSERT_TRUE(decode_deny_list(encode_deny_list(documents()).value()));
  entry["issuer-key"] = to_hex(other.root_key.public_key().spki());
  test::expect_refused(deny_list_of(documents()), Errc::bad_signature, "deny list entry x.value");
  test::expect_refused(decode_deny_list(encode_deny_list(documents()).value()), Errc::bad_signature,
                       "revocations.[0].value");
}

// Lists are large, and each is signed: a change of one must not cost the reading of all.
TEST(ListEntry, IsReadOnceOfEachDocument) {
  const DiceDevice device, other;
  const auto document = [](const json::Object& entry) {
    return std::make_shared<Document>("x", to_bytes(as_bytes(json::to_text(to_json(read(entry))))), true);
  };
  const auto check = [&](const Result<std::shared_ptr<const DenyList>>& list) {
    return list.value()->check({.keys = {}, .kid = {}, .instance = {}, .path = {device.device(), device.root}},
                               test::kNow);
  };
  const auto known = document(of_root(device, naming(device.device_serial)));
  const Documents one{known};
  const auto before = deny_list_of(one);
  test::expect_refused(check(before), Errc::untrusted_chain, "revoked: certificate 0d01");

  known->octets = {0xff};  // whoever reads it again fails
  test::expect_refused(deny_list_of(one), Errc::malformed, "deny list entry x");
  Documents more{known, document(of_root(other))};
  const auto after = deny_list_of(more, before->get());
  test::expect_refused(check(after), Errc::untrusted_chain, "revoked: certificate 0d01");
  test::expect_refused(check(deny_list_of(more, after->get())), Errc::untrusted_chain, "revoked: certificate 0d01");
  // What is lifted is not in the list, and what stands under the same id now is read.
  EXPECT_TRUE(check(deny_list_of({more[1]}, after->get())));
  more[0] = document(of_root(device));
  EXPECT_TRUE(check(deny_list_of(more, after->get())));
  more[0] = std::make_shared<Document>("x", Bytes{0xff}, true);
  test::expect_refused(deny_list_of(more, after->get()), Errc::malformed, "deny list entry x");
}

// --- the deny list ---

struct Chain {
  DiceDevice device;
  [[nodiscard]] AttesterIdentity identity() const {
    return {.keys = {}, .kid = {}, .instance = {}, .path = {device.device(), device.root}};
  }
  [[nodiscard]] Result<void> check(const std::vector<json::Object>& entries, Timestamp at = test::kNow) const {
    DenyList list;
    EXPECT_TRUE(list.empty());
    for (const json::Object& entry : entries) list.add(read(entry));
    EXPECT_EQ(list.empty(), entries.empty());
    return list.check(identity(), at);
  }
};

TEST(DenyListWithLists, RefusesWhatAListNamesAndNothingElse) {
  const Chain chain;
  EXPECT_TRUE(chain.check({}));
  EXPECT_TRUE(chain.check({of_root(chain.device)}));
  EXPECT_TRUE(chain.check({of_root(chain.device, naming(chain.device.device_serial + 1))}));
  test::expect_refused(chain.check({of_root(chain.device, naming(chain.device.device_serial))}), Errc::untrusted_chain,
                       "revoked: certificate 0d01 of CN=Device root,O=Maker, since 2026-09-01T00:00:00.000Z "
                       "(keyCompromise), by its revocation list");
  // Its own certificate: it signs itself.
  test::expect_refused(chain.check({of_root(chain.device, naming(1))}), Errc::untrusted_chain, "certificate 01 of");
}

TEST(DenyListWithLists, HeedsListsOfTheIssuerOnly) {
  const Chain chain;
  const RevocationListFields fields = naming(chain.device.device_serial);
  EXPECT_FALSE(chain.check({of_root(chain.device, fields)}));
  // Another issuer of the same name, and the same key under another name.
  const DiceDevice other;
  EXPECT_TRUE(chain.check({of_root(other, fields)}));
  const auto renamed = test::make_certificate(chain.device.root_key.public_key(),
                                              {.common_name = "Root", .is_authority = true}, chain.device.root_key);
  const json::Object under_another_name = list_entry(chain.device.root_key, renamed, fields);
  EXPECT_TRUE(chain.check({under_another_name}));
  EXPECT_FALSE(chain.check({of_root(chain.device, fields), under_another_name}));
  EXPECT_FALSE(chain.check({under_another_name, of_root(chain.device, fields)}));
}

// The issuer may have taken anything back since.
TEST(DenyListWithLists, RefusesAllOfAnIssuerWhoseListIsStale) {
  const Chain chain;
  const json::Object entry = of_root(chain.device);
  EXPECT_TRUE(chain.check({entry}, kListEnd - 1ms));
  test::expect_refused(chain.check({entry}, kListEnd), Errc::expired,
                       "the revocation list of CN=Device root,O=Maker expired at 2026-10-01T00:00:00.000Z: provision a "
                       "current one");
  test::expect_refused(chain.check({entry}, std::chrono::sys_days(2026y / 8 / 31)), Errc::expired, "is valid from");
  // Of another it does not matter, and of what is named anyway it does.
  EXPECT_TRUE(chain.check({of_root(DiceDevice())}, kListEnd));
  const json::Object stale = of_root(chain.device, naming(chain.device.device_serial));
  // As that, also when another one is stale: whoever lifts the stale one must know.
  test::expect_refused(chain.check({stale}, kListEnd), Errc::untrusted_chain, "certificate 0d01 of CN=Device root");
  // Nor where evidence has no certificates.
  DenyList list;
  list.add(read(stale));
  EXPECT_TRUE(list.check(AttesterIdentity{.keys = {{1}}, .kid = {1}, .instance = {2}}, kListEnd));
}

TEST(DenyListWithLists, SaysWhatIsNamedBeforeItSaysWhatIsStale) {
  DiceDevice device;
  const AttesterIdentity identity{
      .keys = {}, .kid = {}, .instance = {}, .path = {device.alias(device.device()), device.device(), device.root}};
  const RevocationListFields longer{.entries = {{.serial = device.device_serial}},
                                    .next_update = kListEnd + std::chrono::days(7)};
  const json::Object stale = list_entry(device.device_key, device.device());
  const auto check = [&](const std::vector<json::Object>& entries) {
    DenyList list;
    for (const json::Object& entry : entries) list.add(read(entry));
    return list.check(identity, kListEnd);
  };
  test::expect_refused(check({stale}), Errc::expired, "the revocation list of CN=DeviceID");
  test::expect_refused(check({stale, of_root(device, longer)}), Errc::untrusted_chain, "certificate 0d01");
}

TEST(DenyListWithLists, SaysWhenTheNextOneHasToBeThere) {
  DenyList list;
  EXPECT_FALSE(list.next_update(test::kNow));
  list.add(read(of_root(DiceDevice(), {.next_update = kListEnd + 24h})));
  EXPECT_EQ(list.next_update(test::kNow), kListEnd + 24h);
  list.add(read(of_root(DiceDevice())));
  EXPECT_EQ(list.next_update(test::kNow), kListEnd);
  EXPECT_EQ(list.next_update(kListEnd), kListEnd + 24h);
  EXPECT_FALSE(list.next_update(kListEnd + 24h));
}

// --- evidence ---

const Bytes kNonce(64, 0x6e);

struct Subject {
  std::string scheme;
  std::vector<rats::Corim> endorsements;
  AppraisalRequest request;
  crypto::PrivateKey issuer_key;
  crypto::Certificate issuer;
  std::int64_t serial = 0;  // that the issuer gave
};
struct ListedPart {
  std::string name;
  std::function<Subject()> make;
};
void PrintTo(const ListedPart& part, std::ostream* out) { *out << part.name; }

Subject snp(const SnpMachine& machine, const crypto::PrivateKey& issuer_key, const crypto::Certificate& issuer,
            std::int64_t serial) {
  return {.scheme = "SEVSNP",
          .endorsements = {SnpMachine::roots(), machine.reference_values()},
          .request = {.media_type = std::string(evidence::sevsnp::kTsmReportCbor),
                      .evidence = machine.evidence(kNonce),
                      .challenge = Nonce(kNonce)},
          .issuer_key = issuer_key,
          .issuer = issuer,
          .serial = serial};
}
Subject by_ark(const SnpMachine& machine, std::int64_t serial) {
  return snp(machine, machine.maker->ark_key, machine.maker->ark, serial);
}
Subject by_ask(const SnpMachine& machine) {
  return snp(machine, machine.maker->ask_key, machine.maker->ask(machine.vlek), machine.vek_serial);
}

// As AMD's lists do.
Subject snp_ask() { return by_ark({}, test::SnpMaker::kAskSerial); }
Subject snp_ark() { return by_ark({}, 1); }
Subject snp_vcek() {
  SnpMachine machine;
  machine.vek_serial = 0;  // as in all of AMD's
  return by_ask(machine);
}
Subject snp_asvk() {
  SnpMachine machine;
  machine.vlek = true;
  return by_ark(machine, test::SnpMaker::kAskSerial + 1);
}
Subject snp_vlek() {
  SnpMachine machine;
  machine.vlek = true;
  machine.vek_serial = 0x7e1;
  return by_ask(machine);
}
// The guest chooses what it shows: it must not choose which certificate is asked about.
Subject snp_provisioned_ask_behind_another() {
  static const test::SnpMaker genoa("Genoa");
  SnpMachine machine;
  machine.shown_ask = genoa.ask();
  Subject subject = by_ark(machine, test::SnpMaker::kAskSerial);
  subject.endorsements[0].comids[0].attestation_keys[0].keys[0] = {
      .tag = rats::kTagPkixBase64CertPath,
      .value = to_bytes(as_bytes(machine.maker->ask().pem() + machine.maker->ark.pem()))};
  return subject;
}

Subject dice(const DiceDevice& device, const crypto::PrivateKey& issuer_key, const crypto::Certificate& issuer,
             std::int64_t serial) {
  return {.scheme = "RIOT",
          .endorsements = {device.roots(), device.reference_values()},
          .request = {.media_type = std::string(evidence::dice::kPemChain),
                      .evidence = DiceDevice::pem(device.with_fresh_leaf(kNonce)),
                      .challenge = Nonce(kNonce)},
          .issuer_key = issuer_key,
          .issuer = issuer,
          .serial = serial};
}
Subject dice_device() {
  const DiceDevice device;
  return dice(device, device.root_key, device.root, device.device_serial);
}
Subject dice_alias() {
  const DiceDevice device;
  return dice(device, device.device_key, device.device(), 1);
}

class ListedCertificate : public testing::TestWithParam<ListedPart> {
 protected:
  void SetUp() override {
    for (const rats::Corim& corim : subject.endorsements) test::provision(*store, corim);
  }
  [[nodiscard]] json::Object list(const RevocationListFields& fields) const {
    return list_entry(subject.issuer_key, subject.issuer, fields);
  }
  void expect_refused(Errc code, std::string_view part, Timestamp at = test::kNow) const {
    const rats::Ear ear = test::engine_over(store, {}, at).appraise(subject.request).value();
    EXPECT_EQ(ear.status(), rats::Tier::contraindicated);
    test::expect_problem(ear.submodules.at(subject.scheme), code, part);
    EXPECT_FALSE(ear.submodules.at(subject.scheme).attested_key);
  }
  void expect_affirmed(Timestamp at = test::kNow) const {
    const rats::Ear ear = test::engine_over(store, {}, at).appraise(subject.request).value();
    EXPECT_TRUE(ear.is_affirming()) << testing::PrintToString(ear.problems());
  }

  Subject subject = GetParam().make();
  std::shared_ptr<Store> store = memory_store();
};
INSTANTIATE_TEST_SUITE_P(
    Of, ListedCertificate,
    testing::Values(ListedPart{"SnpArk", snp_ark}, ListedPart{"SnpAsk", snp_ask}, ListedPart{"SnpAsvk", snp_asvk},
                    ListedPart{"SnpVcek", snp_vcek}, ListedPart{"SnpVlek", snp_vlek},
                    ListedPart{"SnpProvisionedAskBehindAnother", snp_provisioned_ask_behind_another},
                    ListedPart{"DiceDevice", dice_device}, ListedPart{"DiceAlias", dice_alias}),
    [](const auto& example) { return example.param.name; });

TEST_P(ListedCertificate, IsRefusedAndWhatIsNotListedIsNot) {
  expect_affirmed();
  ASSERT_TRUE(test::add_list(*store, list(naming(0x7fff))));
  expect_affirmed();
  const auto named = read(list({.entries = {{.serial = subject.serial}}, .number = 6}));
  const std::string id = revocation_id(named).value();
  ASSERT_TRUE(store->change(DocumentKind::deny_entry, [&](const Documents& present) {
    EXPECT_EQ(present.size(), 1U);
    return std::vector<DocumentChange>{
        {.event = DocumentChange::Event::removed, .id = id},
        {.event = DocumentChange::Event::added, .id = id, .octets = to_bytes(as_bytes(json::to_text(to_json(named))))}};
  }));
  expect_refused(Errc::untrusted_chain, "by its revocation list");
  expect_refused(Errc::untrusted_chain, "(keyCompromise)");
}

TEST_P(ListedCertificate, IsRefusedWithoutACurrentList) {
  ASSERT_TRUE(test::add_list(*store, list({})));
  expect_affirmed(kListEnd - 1ms);
  expect_refused(Errc::expired, "expired at 2026-10-01T00:00:00.000Z: provision a current one", kListEnd);
}

}  // namespace
}  // namespace credence::verifier
