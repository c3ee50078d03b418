#include "service/verifier/revocations_api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <format>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/log.h"
#include "support/dice_device.h"
#include "support/endorsed.h"
#include "support/listed.h"
#include "support/open_router.h"
#include "support/refusal.h"
#include "verifier/revocation/deny_list_document.h"
#include "verifier/store/memory/store.h"
#include "wire/json/json.h"

namespace credence::service {
namespace {

const std::string kPath = "/endorsement-provisioning/v1/revocations";

class RevocationsApiTest : public testing::Test {
 protected:
  [[nodiscard]] http::Response call(http::Method method, const std::string& path, const std::string& body = {},
                                    std::string content_type = "application/json") const {
    http::Request request;
    request.method = method;
    request.target = http::parse_target(path).value();
    if (!content_type.empty()) request.headers = {{"Content-Type", std::move(content_type)}};
    request.body = to_bytes(as_bytes(body));
    return test::open_router(RevocationsApi(store, clock, no_log())).handle(std::move(request));
  }
  [[nodiscard]] json::Value list() const { return json::parse(call(http::Method::get, kPath).body).value(); }

  std::shared_ptr<FixedClock> clock = std::make_shared<FixedClock>(Timestamp(Seconds(1'790'000'000)));
  std::shared_ptr<verifier::Store> store = verifier::memory_store();
};

constexpr std::string_view kKid = R"({"kind": "kid", "value": "01ab", "reason": "stolen"})";

TEST_F(RevocationsApiTest, KeepsListsAndLiftsAnEntry) {
  const http::Response made = call(http::Method::post, kPath, std::string(kKid));
  ASSERT_EQ(made.status, http::kCreated) << made.body;
  const json::Value entry = json::parse(made.body).value();
  EXPECT_EQ(entry.at("kind"), "kid");
  EXPECT_EQ(entry.at("since"), 1'790'000'000);
  const std::string id(entry.at("id").as_string());
  EXPECT_EQ(list().at("revocations").as_array().size(), 1U);
  EXPECT_EQ(list().at("revocations").at(0), entry);
  EXPECT_FALSE(store->deny_list().value()->check(
      verifier::AttesterIdentity{.keys = {}, .kid = {1, 0xab}, .instance = {}}, clock->now()));

  // The same thing again: one entry, and the first reason stays.
  const http::Response again =
      call(http::Method::post, kPath, R"({"kind": "kid", "value": "01AB", "reason": "another"})");
  EXPECT_EQ(again.status, http::kOk);
  EXPECT_EQ(list().at("revocations").as_array().size(), 1U);
  EXPECT_EQ(list().at("revocations").at(0).at("reason"), "stolen");

  EXPECT_EQ(call(http::Method::remove, kPath + "/" + id).status, http::kNoContent);
  EXPECT_TRUE(store->deny_list().value()->empty());
  EXPECT_EQ(call(http::Method::remove, kPath + "/" + id).status, http::kNotFound);
}

TEST_F(RevocationsApiTest, RefusesWhatItDoesNotUnderstand) {
  EXPECT_EQ(call(http::Method::post, kPath, std::string(kKid), "text/plain").status, http::kUnsupportedMediaType);
  EXPECT_EQ(call(http::Method::post, kPath, "{").status, http::kBadRequest);
  EXPECT_EQ(call(http::Method::post, kPath, R"({"kind": "kid", "value": "01"})").status, http::kBadRequest);
  EXPECT_EQ(call(http::Method::post, kPath, R"({"kind": "all", "value": "01", "reason": "x"})").status,
            http::kBadRequest);
  EXPECT_TRUE(list().at("revocations").as_array().empty());
}

// --- revocation lists ---

class Remembered final : public Log {
 public:
  void write(LogLevel, std::string_view message) override { lines.emplace_back(message); }
  std::vector<std::string> lines;
};

class ListsApiTest : public RevocationsApiTest {
 protected:
  // As a client brings it: with the certificate of its issuer.
  [[nodiscard]] static json::Object given(const test::DiceDevice& by, const test::RevocationListFields& fields = {}) {
    json::Object entry = test::list_entry(by.root_key, by.root, fields);
    entry.erase("issuer-key");
    entry["issuer-certificate"] = by.root.pem();
    return entry;
  }
  [[nodiscard]] http::Response add(const json::Object& entry) const {
    return call(http::Method::post, kPath, json::to_text(entry));
  }
  void expect_problem(const json::Object& entry, unsigned status, std::string_view part) const {
    const http::Response response = add(entry);
    EXPECT_EQ(response.status, status);
    EXPECT_NE(response.body.find(part), std::string::npos) << response.body;
  }
  [[nodiscard]] Result<void> check(std::int64_t serial) const {
    test::DiceDevice other = maker;
    other.device_serial = serial;
    return store->deny_list().value()->check(
        verifier::AttesterIdentity{.keys = {}, .kid = {}, .instance = {}, .path = {other.device(), other.root}},
        clock->now());
  }

  [[nodiscard]] static json::Object list_of(const test::DiceDevice& by) {
    return test::list_entry(by.root_key, by.root);
  }
  using Event = verifier::DocumentChange::Event;
  [[nodiscard]] static Bytes entry_of(std::string_view text) { return to_bytes(as_bytes(text)); }
  static void put(verifier::Store& store, const std::vector<verifier::DocumentChange>& changes) {
    ASSERT_TRUE(store.change(verifier::DocumentKind::deny_entry, [&](const auto&) { return changes; }));
  }
  // By a list of `maker` that is taken.
  [[nodiscard]] std::vector<std::string> logged(const test::RevocationListFields& fields) const {
    Remembered log;
    http::Request request;
    request.method = http::Method::post;
    request.target = http::parse_target(kPath).value();
    request.headers = {{"Content-Type", "application/json"}};
    request.body = to_bytes(as_bytes(json::to_text(given(maker, fields))));
    EXPECT_EQ(test::open_router(RevocationsApi(store, clock, log)).handle(std::move(request)).status, http::kCreated);
    return log.lines;
  }

  test::DiceDevice maker;
};

TEST_F(ListsApiTest, ComesWithTheCertificateOfItsIssuerAndIsKeptWithItsKey) {
  const json::Object entry = given(maker, {.entries = {{.serial = 0x51}}});
  const http::Response made = add(entry);
  ASSERT_EQ(made.status, http::kCreated) << made.body;
  const json::Object kept = json::parse(made.body).value().as_object();
  EXPECT_EQ(kept.at("issuer"), "CN=Device root,O=Maker");
  EXPECT_EQ(kept.at("issuer-key").as_string(), to_hex(maker.root_key.public_key().spki()));
  EXPECT_EQ(kept.at("value"), entry.at("value"));
  EXPECT_FALSE(kept.contains("issuer-certificate"));
  EXPECT_EQ(list().at("revocations").at(0), json::Value(kept));
  EXPECT_TRUE(check(0x52));
  test::expect_refused(check(0x51), Errc::untrusted_chain, "certificate 51 of CN=Device root");

  EXPECT_EQ(add(entry).status, http::kOk);  // again
  EXPECT_EQ(list().at("revocations").as_array().size(), 1U);
  const std::string id(kept.at("id").as_string());
  EXPECT_EQ(call(http::Method::remove, kPath + "/" + id).status, http::kNoContent);
  EXPECT_TRUE(check(0x51));
  EXPECT_EQ(add(kept).status, http::kCreated);  // as it was listed, with the key
  EXPECT_FALSE(check(0x51));
}

// A22: whoever shows last month's list would have back what was revoked since.
TEST_F(ListsApiTest, IsReplacedByANewerOneAndByNoOlderOne) {
  const Timestamp september{std::chrono::sys_days(std::chrono::year{2026} / 9 / 1)};
  const json::Object older = given(maker, {.entries = {{.serial = 0x51}}, .number = 9});
  const json::Object newer = given(maker, {.entries = {{.serial = 0x51}, {.serial = 0x52}}, .number = 10});
  ASSERT_EQ(add(older).status, http::kCreated);
  EXPECT_TRUE(check(0x52));
  ASSERT_EQ(add(newer).status, http::kCreated);
  EXPECT_FALSE(check(0x52));
  EXPECT_EQ(list().at("revocations").as_array().size(), 1U);
  const std::uint64_t generation = store->generation();
  expect_problem(older, http::kConflict, "that is in force has number 0x0a of 2026-09-01");
  expect_problem(older, http::kConflict, "this one number 0x09 of 2026-09-01");
  const auto by_time = [&](int days) {
    return given(maker, {.number = {}, .this_update = september + std::chrono::days(days)});
  };
  expect_problem(by_time(-1), http::kConflict, "this one of 2026-08-31T00:00:00.000Z");
  EXPECT_EQ(store->generation(), generation);
  EXPECT_FALSE(check(0x52));
  EXPECT_EQ(add(by_time(1)).status, http::kCreated);
  EXPECT_TRUE(check(0x52));
  // Another issuer's is another entry.
  EXPECT_EQ(add(given(test::DiceDevice(), {.number = 1})).status, http::kCreated);
  EXPECT_EQ(list().at("revocations").as_array().size(), 2U);
}

TEST_F(ListsApiTest, IsRefusedUnlessItsIssuerSignedItAndItIsCurrent) {
  const test::DiceDevice other;
  const Timestamp now = clock->now();
  const auto with = [&](std::string_view member, const json::Value& value) {
    json::Object entry = given(maker);
    entry[member] = value;
    return entry;
  };
  json::Object without = given(maker);
  without.erase("issuer-certificate");
  expect_problem(without, http::kBadRequest, "issuer-key");
  expect_problem(with("issuer-certificate", json::Value(other.root.pem())), http::kBadRequest,
                 "bad_signature in value");
  expect_problem(with("issuer-certificate", json::Value(maker.device().pem())), http::kBadRequest,
                 "bad_signature in value");
  const auto renamed = test::make_certificate(maker.root_key.public_key(),
                                              {.common_name = "Root", .is_authority = true}, maker.root_key);
  expect_problem(with("issuer-certificate", json::Value(renamed.pem())), http::kBadRequest,
                 "untrusted_chain in issuer-certificate");
  const auto no_authority = test::make_certificate(
      maker.root_key.public_key(), {.organization = "Maker", .common_name = "Device root"}, maker.root_key);
  expect_problem(with("issuer-certificate", json::Value(no_authority.pem())), http::kBadRequest,
                 "untrusted_chain in issuer-certificate: expected the certificate of who issues the certificates");
  expect_problem(with("issuer-certificate", "no PEM"), http::kBadRequest, "issuer-certificate");
  expect_problem(with("value", "MAAA"), http::kBadRequest, "in value");
  expect_problem(given(maker, {.next_update = now}), http::kBadRequest,
                 "expired in value: the revocation list of CN=Device root,O=Maker expired at");
  using std::chrono::minutes, std::chrono::seconds;
  expect_problem(given(maker, {.this_update = now + minutes(5) + seconds(1)}), http::kBadRequest, "is valid from");
  expect_problem(given(maker, {.extensions = {{"2.5.29.27", {0x02, 0x01, 0x01}, true}}}), http::kBadRequest,
                 "unsupported in value");
  EXPECT_TRUE(list().at("revocations").as_array().empty());
  EXPECT_EQ(add(given(maker, {.next_update = now + seconds(1)})).status, http::kCreated);
  EXPECT_EQ(add(given(maker, {.this_update = now + minutes(5)})).status, http::kCreated);
}

// A document of another kind under the id of a list: of a restored store, perhaps.
TEST_F(ListsApiTest, TakesThePlaceOfAListOnly) {
  const http::Response made = add(given(maker));
  ASSERT_EQ(made.status, http::kCreated);
  const std::string id(json::parse(made.body).value().at("id").as_string());
  put(*store, {{.event = Event::removed, .id = id}, {.event = Event::added, .id = id, .octets = entry_of(kKid)}});
  expect_problem(given(maker, {.number = 6}), http::kConflict,
                 "expected a revocation list under this id, got a kid: lift it");
  EXPECT_EQ(call(http::Method::remove, kPath + "/" + id).status, http::kNoContent);
  EXPECT_EQ(add(given(maker, {.number = 6})).status, http::kCreated);
}

TEST_F(ListsApiTest, AreOfSoManyIssuersAndOfNoMore) {
  std::vector<test::DiceDevice> makers(64);
  for (const test::DiceDevice& one : makers) EXPECT_TRUE(test::add_list(*store, list_of(one)));
  expect_problem(given(maker), http::kContentTooLarge, "revocation lists of at most 64 issuers: lift those");
  EXPECT_EQ(add(given(makers[0], {.number = 6})).status, http::kCreated);  // in place of one
  EXPECT_EQ(call(http::Method::post, kPath, std::string(kKid)).status, http::kCreated);
  const std::string id(list().at("revocations").at(0).at("id").as_string());
  EXPECT_EQ(call(http::Method::remove, kPath + "/" + id).status, http::kNoContent);
  EXPECT_EQ(add(given(maker)).status, http::kCreated);
}

// What does not fit into an answer of CoSERV would stop whoever appraises elsewhere.
TEST_F(ListsApiTest, AreNotMoreThanOthersTake) {
  const auto large = [](const test::DiceDevice& by, std::int64_t number) {
    test::RevocationListFields fields{.number = number};
    for (std::int64_t serial = 1; serial <= 40'000; ++serial)
      fields.entries.push_back({.serial = serial, .reason = {}});
    return given(by, fields);
  };
  ASSERT_EQ(add(large(maker, 1)).status, http::kCreated);
  ASSERT_EQ(add(large(test::DiceDevice(), 1)).status, http::kCreated);
  expect_problem(large(test::DiceDevice(), 1), http::kContentTooLarge, "expected at most 3145728");
  EXPECT_EQ(add(large(maker, 2)).status, http::kCreated);  // in place of one
  EXPECT_EQ(call(http::Method::post, kPath, std::string(kKid)).status, http::kCreated);
}

TEST_F(ListsApiTest, LeaveRoomWithAllOthersForWhoAppraisesElsewhere) {
  const auto kid = [](std::size_t number, std::size_t reason) {
    return json::to_text(json::Object{
        {"kind", "kid"}, {"value", std::format("{:08x}", number)}, {"reason", std::string(reason, 'r')}, {"since", 1}});
  };
  const std::size_t each = kid(0, 1'024).size() + 1;
  const std::size_t fit = (verifier::kMostOctetsOfDenyList - std::string_view(R"({"revocations":[]})").size()) / each;
  std::vector<verifier::DocumentChange> changes;
  for (std::size_t number = 1; number < fit; ++number)
    changes.push_back({.event = Event::added, .id = std::to_string(number), .octets = entry_of(kid(number, 1'024))});
  put(*store, changes);
  const auto post = [&](const std::string& entry) { return call(http::Method::post, kPath, entry); };
  ASSERT_EQ(post(kid(fit, 1'024)).status, http::kCreated);
  const http::Response refused = post(kid(0, 1'024));
  EXPECT_EQ(refused.status, http::kContentTooLarge);
  EXPECT_NE(refused.body.find("expected at most 4128768, which is what others take: lift what is not endorsed any "
                              "more, or revoke the key of an issuer"),
            std::string::npos)
      << refused.body;
  json::Object large = given(maker);
  large["reason"] = std::string(1'024, 'r');
  expect_problem(large, http::kContentTooLarge, "with this one the deny list has");
  EXPECT_EQ(post(kid(fit, 1'024)).status, http::kOk);  // it is there
  const Bytes whole = verifier::encode_deny_list(*store->documents(verifier::DocumentKind::deny_entry)).value();
  EXPECT_LE(whole.size(), verifier::kMostOctetsOfDenyList);
  EXPECT_GT(whole.size() + each + 1, verifier::kMostOctetsOfDenyList);
  EXPECT_EQ(call(http::Method::remove, kPath + "/1").status, http::kNoContent);
  EXPECT_EQ(post(kid(0, 1'024)).status, http::kCreated);
}

TEST_F(ListsApiTest, AreNotLoggedInFull) {
  EXPECT_THAT(logged({.entries = {{.serial = 0x51}}}),
              testing::ElementsAre(
                  "revoked: what the list of CN=Device root,O=Maker names, number 0x05 of 2026-09-01T00:00:00.000Z, "
                  "1 certificates, current until 2026-10-01T00:00:00.000Z"));
}

// AMD signs two lists with one key: the one must not take the place of the other unseen.
TEST_F(ListsApiTest, SayInTheLogWhatIsOnThemNoMore) {
  using testing::_;
  test::RevocationListFields fields{.number = 1};
  for (std::int64_t serial = 0; serial < 7; ++serial) fields.entries.push_back({.serial = serial});
  EXPECT_THAT(logged(fields), testing::ElementsAre(_));
  fields.number = 2;
  fields.entries.push_back({.serial = 9});
  EXPECT_THAT(logged(fields), testing::ElementsAre(_));  // it names all of them
  const std::string is = "the revocation list of CN=Device root,O=Maker, ";
  EXPECT_THAT(logged({.entries = {{.serial = 1}, {.serial = 4}}, .number = 3}),
              testing::ElementsAre(_, is + "number 0x03 of 2026-09-01T00:00:00.000Z, does not name 6 certificates that "
                                           "the one before, number 0x02 of 2026-09-01T00:00:00.000Z, did: 00, 02, 03, "
                                           "05, 06, ..."));
  EXPECT_THAT(logged({.entries = {{.serial = 4}}, .number = 4}),
              testing::ElementsAre(_, testing::EndsWith("does not name 1 certificates that the one before, number 0x03 "
                                                        "of 2026-09-01T00:00:00.000Z, did: 01")));
}

// A25: in the table of operations, which the tests of the front hold against every role.
TEST(RevocationOperations, AreTheProvisionersAndAudited) {
  for (const auto operation : {Operation::add_revocation, Operation::remove_revocation}) {
    EXPECT_FALSE(row_of(operation).permission.everybody);
    EXPECT_EQ(row_of(operation).effect, Effect::changes);
  }
  EXPECT_FALSE(row_of(Operation::list_revocations).permission.everybody);
}

}  // namespace
}  // namespace credence::service
