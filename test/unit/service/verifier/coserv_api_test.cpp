#include "service/verifier/coserv_api.h"

#include <gtest/gtest.h>

#include <format>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "rats/corim/corim_tags.h"
#include "rats/coserv/coserv.h"
#include "service/http/concise_problem.h"
#include "support/dice_device.h"
#include "support/endorsed.h"
#include "support/evidence_maker.h"
#include "support/listed.h"
#include "support/open_router.h"
#include "support/ordered_diagnostic.h"
#include "support/refusal.h"
#include "support/set_clocks.h"
#include "verifier/revocation/deny_list_document.h"
#include "verifier/store/memory/store.h"
#include "wire/cbor/reader.h"
#include "wire/json/json.h"

namespace credence::service {
namespace {

using rats::ArtifactType;
using rats::ResultType;

const std::string kPath = "/endorsement-distribution/v1/coserv/";
constexpr Timestamp kNow{std::chrono::milliseconds{1'790'000'000'000}};

class CoservApiTest : public testing::Test {
 protected:
  void SetUp() override {
    for (rats::Corim corim : {evidence::tpm::veraison_corim(maker.endorsement()).value(),
                              evidence::tpm::keys_corim(maker.endorsement()).value()})
      provision(corim);
  }
  void provision(const rats::Corim& corim) {
    const auto stored = store->submit(corim, rats::encode_corim(corim).value());
    ASSERT_TRUE(stored) << stored.error().text();
  }
  [[nodiscard]] http::Response get(const std::string& path, const std::string& accept,
                                   const std::string& if_none_match = {}) const {
    const CoservApi api({.store = store, .key = [this](Timestamp) { return key; }, .version = "1.2.3", .clock = clock});
    http::Request request;
    request.target = http::parse_target(path).value();
    if (!accept.empty()) request.headers.emplace_back("Accept", accept);
    if (!if_none_match.empty()) request.headers.emplace_back("If-None-Match", if_none_match);
    return test::open_router(api).handle(std::move(request));
  }
  [[nodiscard]] http::Response ask(const rats::CoservQuery& query,
                                   const std::string& accept = "application/coserv+cbor") const {
    return get(kPath + to_base64url(rats::encode_coserv_query(query).value()), accept);
  }
  [[nodiscard]] rats::CoservResults results(const rats::CoservQuery& query) const {
    const http::Response response = ask(query);
    EXPECT_EQ(response.status, http::kOk) << response.body;
    return rats::decode_coserv(as_bytes(response.body)).value().results;
  }
  [[nodiscard]] rats::CoservQuery by_class(ResultType type = ResultType::collected) const {
    rats::Class selected;
    selected.id = rats::TaggedBytes{rats::kTagUuid, to_bytes(test::EvidenceMaker::class_id().octets)};
    return {.profile = profile,
            .query = rats::EnvironmentQuery{.artifact = ArtifactType::reference_values,
                                            .environments = rats::ClassSelectors{{.selected = selected}},
                                            .result = type}};
  }
  [[nodiscard]] rats::CoservQuery by_instance(ArtifactType artifact, Bytes instance) const {
    return {.profile = artifact == ArtifactType::endorsed_values ? "tag:credence.example,2026:tpm-key" : profile,
            .query = rats::EnvironmentQuery{
                .artifact = artifact,
                .environments = rats::InstanceSelectors{{{.selected = {rats::kTagBytes, std::move(instance)}}}},
                .result = ResultType::collected}};
  }
  static std::string header(const http::Response& response, std::string_view name) {
    for (const auto& [key, value] : response.headers)
      if (http::same_ignoring_case(key, name)) return value;
    return {};
  }

  const std::string profile = "tag:github.com/parallaxsecond,2023-03-03:tpm";
  crypto::PrivateKey key = test::make_key();
  std::shared_ptr<FixedClock> clock = std::make_shared<FixedClock>(kNow);
  std::shared_ptr<verifier::Store> store = verifier::memory_store();
  test::EvidenceMaker maker;
};

TEST_F(CoservApiTest, AnswersByClassAndInstance) {
  const rats::CoservResults values = results(by_class());
  ASSERT_EQ(values.reference_values.size(), 1U);
  EXPECT_FALSE(values.reference_values[0].triple.measurements.empty());
  EXPECT_EQ(rats::public_key_of(values.reference_values[0].authorities.at(0)).value(), key.public_key());
  const rats::CoservResults keys = results(by_instance(ArtifactType::trust_anchors, maker.kid()));
  ASSERT_EQ(keys.attestation_keys.size(), 1U);
  EXPECT_EQ(rats::public_key_of(keys.attestation_keys[0].triple.keys.at(0)).value(),
            maker.attestation_key.public_key());
  EXPECT_EQ(results(by_instance(ArtifactType::endorsed_values, maker.kid())).endorsed_values.size(), 1U);
  // Nothing is known: an answer with nothing in it.
  EXPECT_TRUE(results(by_instance(ArtifactType::trust_anchors, Bytes(33, 9))).attestation_keys.empty());
}

TEST_F(CoservApiTest, SignsForWhoTakesIt) {
  for (const std::string accept : {"application/coserv+cose", "*/*", ""}) {
    const http::Response response = ask(by_class(), accept);
    ASSERT_EQ(response.status, http::kOk);
    EXPECT_TRUE(header(response, "Content-Type").starts_with("application/coserv+cose; profile=\"tag:github"));
    const auto verified = rats::verify_coserv(as_bytes(response.body), std::vector{key.public_key()});
    ASSERT_TRUE(verified) << verified.error().text();
    EXPECT_EQ(verified->query_octets, rats::encode_coserv_query(by_class()).value());
    EXPECT_FALSE(rats::verify_coserv(as_bytes(response.body), std::vector{test::make_key().public_key()}));
  }
}

TEST_F(CoservApiTest, GivesTheDocumentsBehindItsAnswers) {
  const rats::CoservResults both = results(by_class(ResultType::both));
  EXPECT_EQ(both.reference_values.size(), 1U);
  ASSERT_EQ(both.source_artifacts.size(), 1U);
  EXPECT_TRUE(rats::decode_corim(both.source_artifacts[0].value));
  const rats::CoservResults source = results(by_class(ResultType::source));
  EXPECT_TRUE(source.reference_values.empty());
  EXPECT_EQ(source.source_artifacts.size(), 1U);
  const rats::Corim corim = evidence::tpm::veraison_corim(maker.endorsement()).value();
  const rats::CoservResults document =
      results({.profile = profile,
               .query = rats::RimQuery{{{.kind = rats::RimId::Kind::corim, .id = corim.id},
                                        {.kind = rats::RimId::Kind::corim, .id = "unknown"}}}});
  ASSERT_EQ(document.rims.size(), 1U);
  EXPECT_EQ(document.rims[0].second.value, rats::encode_corim(corim).value());
}

TEST_F(CoservApiTest, GivesTheDocumentsThatHaveATag) {
  using Kind = rats::RimId::Kind;
  rats::Corim corim = evidence::tpm::veraison_corim(maker.endorsement()).value();
  const rats::TagId tag = std::string("a tag of its own");
  corim.id = "the first";
  corim.comids.at(0).id = tag;
  corim.comids.at(0).version = 1;
  provision(corim);
  const auto ask_for = [&](std::vector<rats::RimId> ids) {
    return results({.profile = profile, .query = rats::RimQuery{std::move(ids)}});
  };
  const auto found = ask_for({{.kind = Kind::comid, .id = tag}, {.kind = Kind::comid, .id = "unknown"}});
  ASSERT_EQ(found.rims.size(), 1U);
  EXPECT_EQ(found.rims[0].first, "a tag of its own");
  EXPECT_EQ(found.rims[0].second.value, rats::encode_corim(corim).value());
  EXPECT_TRUE(ask_for({{.kind = Kind::coswid, .id = tag}, {.kind = Kind::corim, .id = tag}}).rims.empty());

  corim.id = "the second";
  corim.comids.at(0).version = 2;
  corim.validity = rats::Validity{.not_before = {}, .not_after = kNow + Seconds(60)};
  provision(corim);
  const auto newest = ask_for({{.kind = Kind::comid, .id = tag}});
  ASSERT_EQ(newest.rims.size(), 1U);
  EXPECT_EQ(newest.rims[0].second.value, rats::encode_corim(corim).value());
  EXPECT_EQ(newest.expires, kNow + Seconds(60));
  clock->advance(Seconds(61));
  EXPECT_TRUE(ask_for({{.kind = Kind::comid, .id = tag}}).rims.empty()) << "neither what has expired nor what is old";
}

TEST_F(CoservApiTest, GivesTheDocumentsThatHaveACoswid) {
  using Kind = rats::RimId::Kind;
  const test::DiceDevice device;
  rats::Corim corim = device.reference_values("the first");
  rats::Comid& comid = corim.comids.at(0);
  comid.id = std::string("a CoMID");
  comid.coswids.push_back({.environment = comid.reference_values.at(0).environment, .tags = {"firmware"}});
  comid.reference_values.clear();
  const auto carry = [&](int version, std::string_view id) {
    const std::string tag = std::format(
        R"({{0: "firmware", 12: {}, 1: "F", 2: {{31: "M", 33: 1}}, 6: {{17: [{{24: "f", 7: [1, h'{}']}}]}}}})", version,
        to_hex(device.firmware));
    corim.id = std::string(id);
    corim.other_tags = {{rats::kTagCoswid, test::Diagnostic::encode(tag)}};
    provision(corim);
    return rats::encode_corim(corim).value();
  };
  const auto ask_for = [&](Kind kind, const std::string& id) {
    return results({.profile = corim.profile.value(), .query = rats::RimQuery{{{.kind = kind, .id = id}}}}).rims;
  };
  const Bytes first = carry(1, "the first");
  const auto found = ask_for(Kind::coswid, "firmware");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].first, "firmware");
  EXPECT_EQ(found[0].second.value, first);
  EXPECT_TRUE(ask_for(Kind::coswid, "unknown").empty());
  EXPECT_TRUE(ask_for(Kind::comid, "firmware").empty()) << "a CoSWID is no CoMID";
  EXPECT_TRUE(ask_for(Kind::coswid, "a CoMID").empty());

  comid.version = 1;
  const Bytes second = carry(2, "the second");
  const auto newest = ask_for(Kind::coswid, "firmware");
  ASSERT_EQ(newest.size(), 1U);
  EXPECT_EQ(newest[0].second.value, second);
}

// Whoever may provision could name a CoMID so.
TEST_F(CoservApiTest, GivesNoOtherDocumentForTheDenyList) {
  rats::Corim corim = evidence::tpm::veraison_corim(maker.endorsement()).value();
  const std::string id(verifier::kDenyListId);
  corim.id = "other";
  corim.comids.at(0).id = id;
  provision(corim);
  const auto answer = results({.profile = profile,
                               .query = rats::RimQuery{{{.kind = rats::RimId::Kind::comid, .id = id},
                                                        {.kind = rats::RimId::Kind::corim, .id = id}}}});
  ASSERT_EQ(answer.rims.size(), 1U);
  EXPECT_TRUE(verifier::decode_deny_list(answer.rims[0].second.value));
}

TEST_F(CoservApiTest, LetsAnswersBeKeptUntilTheyExpire) {
  const http::Response response = ask(by_class());
  const rats::CoservResults read = rats::decode_coserv(as_bytes(response.body)).value().results;
  EXPECT_GT(read.expires, kNow);
  EXPECT_LE(read.expires, kNow + kDefaultCoservLifetime);
  const auto fresh = std::chrono::floor<Seconds>(read.expires - kNow);
  EXPECT_EQ(header(response, "Cache-Control"), std::format("max-age={}", fresh.count()));
  const std::string tag = header(response, "ETag");
  const std::string path = kPath + to_base64url(rats::encode_coserv_query(by_class()).value());
  EXPECT_EQ(get(path, "application/coserv+cbor", tag).status, http::kNotModified);
  EXPECT_EQ(get(path, "application/coserv+cbor", "\"other\"").status, http::kOk);
  clock->advance(kDefaultCoservLifetime);
  EXPECT_EQ(get(path, "application/coserv+cbor", tag).status, http::kOk);
}

TEST_F(CoservApiTest, ExpiresWithWhatItStemsFrom) {
  rats::Corim corim = evidence::tpm::veraison_corim(maker.endorsement()).value();
  corim.id = "short";
  corim.validity = rats::Validity{.not_before = {}, .not_after = kNow + Seconds(60)};
  provision(corim);
  EXPECT_EQ(results(by_class()).expires, kNow + Seconds(60));
  clock->advance(Seconds(61));
  EXPECT_EQ(results(by_class()).reference_values.size(), 1U);  // the one that goes on
}

TEST_F(CoservApiTest, LeavesOutWhatIsRevoked) {
  ASSERT_EQ(results(by_class()).reference_values.size(), 1U);
  const rats::Corim corim = evidence::tpm::veraison_corim(maker.endorsement()).value();
  const std::string entry =
      R"({"kind":"corim","value":")" + std::get<std::string>(corim.id) + R"(","reason":"withdrawn","since":1})";
  ASSERT_TRUE(store->change(verifier::DocumentKind::deny_entry, [&](const verifier::Documents&) {
    return std::vector<verifier::DocumentChange>{
        {.event = verifier::DocumentChange::Event::added, .id = "x", .octets = to_bytes(as_bytes(entry))}};
  }));
  EXPECT_TRUE(results(by_class()).reference_values.empty());
}

TEST_F(CoservApiTest, SaysWhatIsRevoked) {
  const rats::CoservQuery question{
      .profile = profile,
      .query = rats::RimQuery{{{.kind = rats::RimId::Kind::corim, .id = std::string(verifier::kDenyListId)}}}};
  const auto deny_list = [&] {
    const rats::CoservResults answer = results(question);
    EXPECT_EQ(answer.rims.size(), 1U);
    EXPECT_EQ(answer.rims.at(0).first, verifier::kDenyListId);
    return verifier::decode_deny_list(answer.rims.at(0).second.value).value();
  };
  EXPECT_TRUE(deny_list()->empty());  // said, not left out
  const std::string kid = to_hex(maker.kid());
  const std::string entry = R"({"kind":"kid","value":")" + kid + R"(","reason":"stolen","since":1})";
  ASSERT_TRUE(store->change(verifier::DocumentKind::deny_entry, [&](const verifier::Documents&) {
    return std::vector<verifier::DocumentChange>{
        {.event = verifier::DocumentChange::Event::added, .id = "x", .octets = to_bytes(as_bytes(entry))}};
  }));
  test::expect_refused(
      deny_list()->check(verifier::AttesterIdentity{.keys = {}, .kid = maker.kid(), .instance = {}}, kNow),
      Errc::untrusted_chain, "stolen");
  EXPECT_TRUE(deny_list()->check(verifier::AttesterIdentity{.keys = {}, .kid = Bytes(33, 1), .instance = {}}, kNow));
}

// Whoever keeps the answer must come for the next list before this one ends, and not in every moment.
TEST_F(CoservApiTest, LetsRevocationListsBeKeptUntilTheNextOnes) {
  const rats::CoservQuery question{
      .profile = profile,
      .query = rats::RimQuery{{{.kind = rats::RimId::Kind::corim, .id = std::string(verifier::kDenyListId)}}}};
  const auto end_with = [&](Timestamp next_update) {
    const test::DiceDevice maker_of_devices;
    EXPECT_TRUE(test::add_list(
        *store, test::list_entry(maker_of_devices.root_key, maker_of_devices.root, {.next_update = next_update})));
    return results(question).expires;
  };
  const Timestamp as_ever = results(question).expires;
  ASSERT_GT(as_ever, kNow + std::chrono::minutes(20));
  EXPECT_EQ(end_with(kNow - Seconds(1)), as_ever);
  EXPECT_EQ(end_with(as_ever + Seconds(1)), as_ever);
  EXPECT_EQ(end_with(kNow + std::chrono::minutes(10)), kNow + std::chrono::minutes(10));
  EXPECT_EQ(results(by_class()).expires, as_ever);  // no list is in it
  const Timestamp soon = std::chrono::ceil<std::chrono::minutes>(kNow) + std::chrono::minutes(1);
  EXPECT_EQ(end_with(kNow + Seconds(1)), soon);
}

TEST_F(CoservApiTest, SaysWhenItMadeASignedAnswer) {
  const http::Response response = ask(by_class(), "application/coserv+cose");
  const auto verified = rats::verify_coserv(as_bytes(response.body), std::vector{key.public_key()});
  EXPECT_EQ(verified.value().issued_at, kNow);
}

// A22: set back since whoever is in front of it has looked.
TEST_F(CoservApiTest, AnswersNothingByAClockThatWasSetBack) {
  test::SetClocks clocks(kNow);
  const CoservApi api(
      {.store = store, .key = [this](Timestamp) { return key; }, .version = "1.2.3", .clock = clocks.guarded()});
  http::Request request;
  request.path_parameters = {to_base64url(rats::encode_coserv_query(by_class()).value())};
  request.headers.emplace_back("Accept", "application/coserv+cbor");
  EXPECT_EQ(api.query(request).status, http::kOk);
  clocks.step(-std::chrono::hours(1));
  const http::Response refused = api.query(request);
  EXPECT_EQ(refused.status, http::kServiceUnavailable);
  EXPECT_EQ(header(refused, "Content-Type"), http::kConciseProblem);
  EXPECT_NE(refused.body.find("the clock here is 3600 s behind what it had told"), std::string::npos);
  clocks.step(std::chrono::hours(1));
  EXPECT_EQ(api.query(request).status, http::kOk);
}

// What is not known whole when the documents are asked for, after the rest, is not handed on without them either.
TEST_F(CoservApiTest, GivesNoDocumentsOfAStoreThatIsNotWhole) {
  class Torn final : public test::StoreAround {
   public:
    using StoreAround::StoreAround;
    Result<std::vector<std::shared_ptr<const verifier::Origin>>> origins(std::string_view) const override {
      return torn();
    }
    Result<std::shared_ptr<const verifier::Origin>> newest_with_tag(
        std::string_view, std::string_view, const std::function<bool(const verifier::Origin&)>&) const override {
      return torn();
    }

   private:
    static std::unexpected<Error> torn() { return fail(Errc::unavailable, "no verdict is given"); }
  };
  using Kind = rats::RimId::Kind;
  const auto by_id = [&](Kind kind) {
    return rats::CoservQuery{.profile = profile, .query = rats::RimQuery{{{.kind = kind, .id = "any"}}}};
  };
  const auto whole = store;
  const auto torn = std::make_shared<Torn>(whole);
  for (const rats::CoservQuery& query : {by_class(ResultType::both), by_class(ResultType::source), by_id(Kind::corim),
                                         by_id(Kind::comid), by_id(Kind::coswid)}) {
    store = whole;
    EXPECT_EQ(ask(query).status, http::kOk);
    store = torn;
    const http::Response refused = ask(query);
    EXPECT_EQ(refused.status, http::kServiceUnavailable) << refused.body;
    EXPECT_NE(refused.body.find("no verdict is given"), std::string::npos);
  }
  EXPECT_EQ(ask(by_class()).status, http::kOk) << "no document is asked for";
}

TEST_F(CoservApiTest, RefusesInConciseProblemDetails) {
  struct Case {
    http::Response response;
    unsigned status;
  };
  rats::CoservQuery unknown = by_class();
  unknown.profile = "tag:unknown";
  rats::CoservQuery nameless = by_class();
  std::get<rats::ClassSelectors>(std::get<rats::EnvironmentQuery>(nameless.query).environments)[0].selected = {
      .id = {}, .vendor = "", .model = {}, .layer = {}, .index = {}};
  for (const auto& [response, status] :
       {Case{get(kPath + "!!", "application/coserv+cbor"), http::kBadRequest},
        Case{get(kPath + "oA", "application/coserv+cbor"), http::kBadRequest},
        Case{ask(by_class(), "text/html"), http::kNotAcceptable},
        Case{ask(by_class(), "application/coserv+cbor; profile=\"tag:other\""), http::kNotAcceptable},
        Case{ask(unknown), http::kNotAcceptable}, Case{ask(nameless), http::kBadRequest}}) {
    EXPECT_EQ(response.status, status) << response.body;
    EXPECT_EQ(header(response, "Content-Type"), http::kConciseProblem);
    EXPECT_TRUE(cbor::check_well_formed(as_bytes(response.body)));
  }
}

TEST_F(CoservApiTest, SaysWhatItServes) {
  const std::string path = "/.well-known/coserv-configuration";
  const http::Response in_json = get(path, "application/coserv-discovery+json");
  const json::Value document = json::parse(in_json.body).value();
  EXPECT_EQ(document.at("version"), "1.2.3");
  EXPECT_EQ(document.at("api-endpoints").at("CoSERVRequestResponse"), "/endorsement-distribution/v1/coserv/{query}");
  EXPECT_EQ(document.at("result-verification-key").as_array().size(), 1U);
  ASSERT_FALSE(document.at("capabilities").as_array().empty());
  EXPECT_EQ(document.at("capabilities").at(0).at("artifact-support"), json::Value({"source", "collected", "rims"}));
  const http::Response in_cbor = get(path, "application/coserv-discovery+cbor");
  EXPECT_EQ(header(in_cbor, "Content-Type"), "application/coserv-discovery+cbor");
  EXPECT_TRUE(cbor::check_well_formed(as_bytes(in_cbor.body)));
  EXPECT_EQ(get(path, "text/html").status, http::kNotAcceptable);
}

}  // namespace
}  // namespace credence::service
