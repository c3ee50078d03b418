// The deny list: entries as JSON, what they name, and what the engine and the store make of them.
#include <gtest/gtest.h>

#include "any_store.h"
#include "base/text.h"
#include "fixture.h"
#include "support/endorsed.h"
#include "temporary_folder.h"
#include "verifier/revocation/deny_list.h"
#include "verifier/revocation/revocation.h"
#include "verifier/store/statement.h"

namespace credence::verifier {
namespace {

using test::EvidenceMaker;

json::Object entry(std::string_view kind, std::string_view value) {
  return {{"kind", kind}, {"value", value}, {"reason", "stolen"}};
}

// As the service does it.
std::string revoke(Store& store, const json::Object& object) {
  const Revocation revocation = revocation_from_json(object, test::kNow).value();
  std::string id = revocation_id(revocation).value();
  const Bytes octets = to_bytes(as_bytes(json::to_text(to_json(revocation))));
  EXPECT_TRUE(store.change(DocumentKind::deny_entry, [&](const Documents&) {
    return std::vector<DocumentChange>{{.event = DocumentChange::Event::added, .id = id, .octets = octets}};
  }));
  return id;
}

void lift(Store& store, const std::string& id) {
  EXPECT_TRUE(store.change(DocumentKind::deny_entry, [&](const Documents&) {
    return std::vector<DocumentChange>{{.event = DocumentChange::Event::removed, .id = id}};
  }));
}

std::string digest_of(ByteView octets) {
  return to_hex(crypto::digest(crypto::HashAlgorithm::sha256, octets).value().view());
}

TEST(Revocation, IsReadAndWrittenAsJson) {
  json::Object object = entry("certificate", "0001ff");
  object["issuer"] = "CN=CA";
  object["since"] = 1'790'000'000;
  const Revocation read = revocation_from_json(object, Timestamp{}).value();
  EXPECT_EQ(read.kind, Revoked::certificate);
  EXPECT_EQ(read.value, (Bytes{1, 0xff}));
  EXPECT_EQ(read.since, Timestamp(Seconds(1'790'000'000)));
  const Revocation again = revocation_from_json(to_json(read), Timestamp{}).value();
  EXPECT_EQ(revocation_id(again).value(), revocation_id(read).value());
  EXPECT_EQ(again.reason, "stolen");
  EXPECT_EQ(revocation_from_json(entry("corim", "my corim"), test::kNow).value().value, to_bytes(as_bytes("my corim")));
  EXPECT_NE(revocation_id(revocation_from_json(entry("kid", "01"), {}).value()).value(),
            revocation_id(revocation_from_json(entry("instance", "01"), {}).value()).value());
}

TEST(Revocation, NamesTheMemberThatIsWrong) {
  struct Case {
    json::Object object;
    Errc code;
    std::string_view path;
  };
  ASSERT_TRUE(revocation_from_json(entry("kid", "01"), {}));
  const auto without = [](std::string_view member) {
    json::Object object = entry("kid", "01");
    object.erase(member);
    return object;
  };
  for (const auto& [object, code, path] :
       {Case{without("kind"), Errc::missing_member, "kind"}, Case{without("value"), Errc::missing_member, "value"},
        Case{without("reason"), Errc::missing_member, "reason"}, Case{entry("root", "01"), Errc::invalid_value, "kind"},
        Case{entry("kid", "0x1"), Errc::malformed, "value"}, Case{entry("kid", ""), Errc::invalid_value, "value"},
        Case{entry("key", "01"), Errc::invalid_value, "value"},
        Case{entry("certificate", "01"), Errc::missing_member, "issuer"}}) {
    const auto read = revocation_from_json(object, {});
    ASSERT_FALSE(read) << json::to_text(object);
    EXPECT_EQ(read.error().code, code) << read.error().text();
    EXPECT_EQ(read.error().path, path) << read.error().text();
  }
}

TEST(DenyList, NamesOneAttesterAndNotItsNeighbour) {
  const AttesterIdentity good{.keys = {{1, 2}}, .kid = {1}, .instance = {2}};
  const AttesterIdentity neighbour{.keys = {{1, 3}}, .kid = {2}, .instance = {1}};
  for (const json::Object& object :
       {entry("kid", "01"), entry("instance", "02"), entry("key", digest_of(Bytes{1, 2}))}) {
    DenyList list;
    EXPECT_TRUE(list.check(good, test::kNow));
    list.add(revocation_from_json(object, test::kNow).value());
    const auto checked = list.check(good, test::kNow);
    ASSERT_FALSE(checked) << json::to_text(object);
    EXPECT_EQ(checked.error().code, Errc::untrusted_chain);
    EXPECT_NE(checked.error().why.find("revoked: "), std::string::npos);
    EXPECT_NE(checked.error().why.find("stolen"), std::string::npos);
    EXPECT_TRUE(list.check(neighbour, test::kNow)) << json::to_text(object);
  }
}

TEST(DenyList, NamesCorimsAndTheirSigners) {
  const Origin origin{
      .id = "s1",
      .source = "c1",
      .profile = "p",
      .validity = {},
      .signer = CorimSignerIdentity{.key_digest = Bytes(32, 1), .serial = {5}, .issuer = "CN=CA", .authority = {}}};
  json::Object certificate = entry("certificate", "05");
  certificate["issuer"] = "CN=CA";
  json::Object of_another_issuer = entry("certificate", "05");
  of_another_issuer["issuer"] = "CN=Other";
  const auto allows = [&](const json::Object& object) {
    DenyList list;
    list.add(revocation_from_json(object, test::kNow).value());
    return list.check(origin).has_value();
  };
  EXPECT_FALSE(allows(entry("corim", "c1")));
  EXPECT_FALSE(allows(entry("corim", "s1")));
  EXPECT_FALSE(allows(entry("signer", to_hex(Bytes(32, 1)))));
  EXPECT_FALSE(allows(certificate));
  EXPECT_TRUE(allows(entry("corim", "c2")));
  EXPECT_TRUE(allows(entry("signer", to_hex(Bytes(32, 2)))));
  EXPECT_TRUE(allows(of_another_issuer));
}

class AnyStoreRevokes : public testing::TestWithParam<test::StoreKind> {
 protected:
  void SetUp() override {
    for (const rats::Corim& corim : {keys, evidence::tpm::veraison_corim(maker.endorsement()).value()})
      ASSERT_TRUE(submit(corim));
  }
  Result<Stored> submit(const rats::Corim& corim) { return store->submit(corim, rats::encode_corim(corim).value()); }
  rats::Ear appraise() const { return test::engine_over(store).appraise(test::channel_request(maker)).value(); }

  test::TemporaryFolder folder;
  std::shared_ptr<Store> store = GetParam().open(folder.path());
  EvidenceMaker maker;
  rats::Corim keys = evidence::tpm::keys_corim(maker.endorsement()).value();
};
INSTANTIATE_TEST_SUITE_P(Stores, AnyStoreRevokes, testing::ValuesIn(test::store_kinds()),
                         [](const auto& example) { return example.param.name; });

// A28 and A21: what has just affirmed does not any more, and does again when the revocation is lifted.
TEST_P(AnyStoreRevokes, AnAttesterAtOnce) {
  const std::uint64_t before = store->generation();
  ASSERT_TRUE(appraise().is_affirming());
  for (const json::Object& object : {entry("kid", to_hex(maker.kid())), entry("instance", to_hex(maker.kid())),
                                     entry("key", digest_of(maker.attestation_key.public_key().spki()))}) {
    const std::string id = revoke(*store, object);
    const rats::Ear ear = appraise();
    EXPECT_EQ(ear.status(), rats::Tier::contraindicated) << json::to_text(object);
    test::expect_problem(test::submodule(ear), Errc::untrusted_chain, "stolen");
    EXPECT_FALSE(test::submodule(ear).attested_key);
    lift(*store, id);
    EXPECT_TRUE(appraise().is_affirming());
  }
  EXPECT_EQ(store->generation(), before + 6);
}

TEST_P(AnyStoreRevokes, ACorimWithAllItsStatements) {
  ASSERT_TRUE(appraise().is_affirming());
  const std::string id = revoke(*store, entry("corim", std::get<std::string>(keys.id)));
  EXPECT_FALSE(appraise().is_affirming());
  rats::Corim again = keys;
  again.id = "another id";
  EXPECT_TRUE(submit(again));
  EXPECT_TRUE(appraise().is_affirming());
  // The revoked one does not come back in other octets.
  again.id = keys.id;
  again.entities.push_back({.name = "E", .regid = {}, .roles = {1}});
  const auto refused = submit(again);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::untrusted_chain);
  EXPECT_NE(refused.error().why.find("stolen"), std::string::npos);
  lift(*store, id);
  EXPECT_TRUE(submit(again));
}

// Nobody knows what an entry forbids that cannot be read: no verdict at all, A19.
TEST_P(AnyStoreRevokes, NothingByAnEntryThatCannotBeRead) {
  EXPECT_TRUE(store->change(DocumentKind::deny_entry, [&](const Documents&) {
    return std::vector<DocumentChange>{{.event = DocumentChange::Event::added, .id = "x", .octets = {'{'}}};
  }));
  const auto result = test::engine_over(store).appraise(test::channel_request(maker));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().path, "deny list entry x");
  lift(*store, "x");
  EXPECT_TRUE(appraise().is_affirming());
}

}  // namespace
}  // namespace credence::verifier
