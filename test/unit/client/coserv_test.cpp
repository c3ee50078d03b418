#include "client/coserv.h"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <ostream>
#include <string>
#include <thread>

#include "base/text.h"
#include "client/coserv_discovery.h"
#include "service/http/server.h"
#include "service/verifier/coserv_api.h"
#include "sign/jose/jwk.h"
#include "support/certificate_files.h"
#include "support/endorsed.h"
#include "support/evidence_maker.h"
#include "support/open_router.h"
#include "support/refusal.h"
#include "support/running.h"
#include "support/vectors.h"
#include "verifier/store/memory/store.h"

namespace credence::client {
namespace {

using service::http::Request;
using service::http::Response;
using test::Running;

constexpr Timestamp kNow{std::chrono::milliseconds{1'790'000'000'000}};
constexpr std::string_view kProfile = "tag:github.com/parallaxsecond,2023-03-03:tpm";

rats::CoservQuery query_for(std::uint8_t kid) {
  return {.profile = std::string(kProfile),
          .query = rats::EnvironmentQuery{
              .artifact = rats::ArtifactType::trust_anchors,
              .environments = rats::InstanceSelectors{{{.selected = {rats::kTagBytes, Bytes(33, kid)}}}},
              .result = rats::ResultType::collected}};
}

std::string discovery(std::string_view path, std::string_view type, std::string_view profile) {
  return std::format(R"({{"version": "1", "api-endpoints": {{"CoSERVRequestResponse": "{}"}}, "capabilities": [
    {{"media-type": "{}; profile=\"{}\"", "artifact-support": ["collected", "rims"]}}]}})",
                     path, type, profile);
}

// A service that does what a test wants.
struct Script {
  crypto::PrivateKey key = test::make_key();
  std::string discovery_document = discovery("/ask/{query}", rats::kSignedCoservMediaType, kProfile);
  std::function<Bytes(const rats::CoservQuery&)> answer;
  unsigned status = 200;
  std::chrono::milliseconds delay{0};
  std::atomic<int> discoveries = 0;

  [[nodiscard]] Bytes signed_answer(const rats::CoservQuery& query, Timestamp expires,
                                    std::optional<Timestamp> issued_at = {}) const {
    return rats::sign_coserv(query, {.expires = expires}, key, {}, issued_at).value();
  }
};

service::http::Router scripted(const std::shared_ptr<Script>& script) {
  service::http::Router router;
  router.add(service::http::Method::get, "/.well-known/coserv-configuration", 0, [script](const Request&) {
    ++script->discoveries;
    return Response{.status = 200, .body = script->discovery_document};
  });
  router.add(service::http::Method::get, "/ask/{}", 0, [script](const Request& request) {
    std::this_thread::sleep_for(script->delay);
    const Bytes octets = from_base64url(request.path_parameters.front()).value();
    const Bytes body = script->answer(rats::decode_coserv_query(octets).value());
    return Response{.status = script->status, .body = std::string(as_text(body))};
  });
  return router;
}

class CoservClientTest : public testing::Test {
 protected:
  CoservClientTest() {
    script->answer = [this](const rats::CoservQuery& query) {
      return script->signed_answer(query, kNow + Seconds(60));
    };
    service.url = "http://127.0.0.1:" + std::to_string(server->port());
    service.trust.keys = {script->key.public_key()};
  }
  Result<CoservAnswer> ask(rats::CoservQuery query = query_for(1)) {
    TRY(const auto client, coserv_client(std::move(service), clock));
    return ask_and_wait(*client, std::move(query));
  }

  std::shared_ptr<Script> script = std::make_shared<Script>();
  Running<service::http::Server> server{
      service::http::Server::start({.threads = 2}, scripted(script), no_log()).value()};
  std::shared_ptr<FixedClock> clock = std::make_shared<FixedClock>(kNow);
  CoservService service;
};

TEST(CoservClient, AsksAVerifier) {
  test::EvidenceMaker maker;
  const auto store = verifier::memory_store();
  const rats::Corim corim = evidence::tpm::veraison_corim(maker.endorsement()).value();
  ASSERT_TRUE(store->submit(corim, rats::encode_corim(corim).value()));
  const crypto::PrivateKey key = test::make_key();
  const auto clock = std::make_shared<FixedClock>(kNow);
  const service::CoservApi api(
      {.store = store, .key = [&key](Timestamp) { return key; }, .version = "1", .clock = clock});
  const Running<service::http::Server> server{
      service::http::Server::start({.threads = 1}, test::open_router(api), no_log()).value()};
  CoservService service;
  service.url = "http://127.0.0.1:" + std::to_string(server->port());
  service.trust.keys = {key.public_key()};
  const auto client = coserv_client(std::move(service), clock).value();
  rats::CoservQuery query = query_for(0);
  std::get<rats::InstanceSelectors>(std::get<rats::EnvironmentQuery>(query.query).environments)
      .instances[0]
      .selected.value = maker.kid();
  const auto answer = ask_and_wait(*client, query);
  ASSERT_TRUE(answer) << answer.error().text();
  EXPECT_EQ(answer->message.results.attestation_keys.size(), 1U);
  EXPECT_EQ(answer->message.issued_at, kNow);
  EXPECT_TRUE(rats::verify_coserv(answer->octets, std::vector{key.public_key()}));
}

TEST_F(CoservClientTest, AsksWhatIsServedOnceOnly) {
  const auto client = coserv_client(std::move(service), clock).value();
  for (std::uint8_t kid = 0; kid < 3; ++kid) {
    const auto answer = ask_and_wait(*client, query_for(kid));
    ASSERT_TRUE(answer) << answer.error().text();
    EXPECT_EQ(answer->message.query_octets, rats::encode_coserv_query(query_for(kid)).value());
  }
  EXPECT_EQ(script->discoveries, 1);
}

TEST_F(CoservClientTest, FollowsTheKeySet) {
  const test::TemporaryDirectory directory;
  const auto set_of = [](const crypto::PrivateKey& key) {
    return json::to_text(json::Object{{"keys", json::Array{jose::jwk_from_key(key.public_key()).value()}}});
  };
  const auto file = test::write_file(directory.path() / "jwks.json", set_of(test::make_key()));
  service.trust.keys.clear();
  service.trust.key_set = open_key_set({.location = file, .least_interval = std::chrono::milliseconds(0)}).value();
  const auto client = coserv_client(std::move(service), clock).value();
  test::expect_refused(ask_and_wait(*client, query_for(1)), Errc::untrusted_verifier, "none of the pinned keys");
  test::write_file(file, set_of(script->key));
  const auto answer = ask_and_wait(*client, query_for(1));
  EXPECT_TRUE(answer) << answer.error().text();
}

TEST_F(CoservClientTest, BelievesNothingUnsigned) {
  script->answer = [](const rats::CoservQuery& query) {
    return rats::encode_coserv(query, {.expires = kNow + Seconds(60)}).value();
  };
  CoservService again{.url = service.url, .trust = service.trust};
  test::expect_refused(ask(), Errc::untrusted_verifier, "expected a CoSERV result that is signed");
  script->discovery_document = discovery("/ask/{query}", rats::kCoservMediaType, kProfile);
  again.trust.allow_insecure_unsigned = true;
  service = std::move(again);
  EXPECT_TRUE(ask());
}

struct RefusalCase {
  std::string name;
  std::function<void(Script&, CoservService&)> change;
  Errc code;
  std::string_view part;
};
void PrintTo(const RefusalCase& example, std::ostream* out) { *out << example.name; }

class CoservRefusal : public CoservClientTest, public testing::WithParamInterface<RefusalCase> {};

using Query = rats::CoservQuery;
INSTANTIATE_TEST_SUITE_P(
    All, CoservRefusal,
    testing::Values(
        RefusalCase{"other_key", [](Script&, CoservService& c) { c.trust.keys = {test::make_key().public_key()}; },
                    Errc::untrusted_verifier, "none of the pinned keys"},
        RefusalCase{"answer_to_another_query",
                    [](Script& s, CoservService&) {
                      s.answer = [&s](const Query&) { return s.signed_answer(query_for(9), kNow + Seconds(60)); };
                    },
                    Errc::invalid_value, "the answer to another one"},
        RefusalCase{"expired",
                    [](Script& s, CoservService&) {
                      s.answer = [&s](const Query& query) { return s.signed_answer(query, kNow); };
                    },
                    Errc::expired, "good until"},
        RefusalCase{"made_in_the_future",
                    [](Script& s, CoservService&) {
                      s.answer = [&s](const Query& query) {
                        return s.signed_answer(query, kNow + Seconds(600), kNow + Seconds(60));
                      };
                    },
                    Errc::stale, "check the clocks"},
        RefusalCase{"no_coserv", [](Script& s, CoservService&) { s.answer = [](const Query&) { return Bytes{0xd2}; }; },
                    Errc::truncated, ""},
        RefusalCase{"too_large", [](Script&, CoservService& c) { c.http.max_response = 100; }, Errc::too_large,
                    "at most 100 octets"},
        RefusalCase{"other_profile_served",
                    [](Script& s, CoservService&) {
                      s.discovery_document = discovery("/ask/{query}", rats::kSignedCoservMediaType, "tag:other");
                    },
                    Errc::not_acceptable, "does not serve collected artifacts of profile"},
        RefusalCase{"leads_elsewhere",
                    [](Script& s, CoservService&) {
                      s.discovery_document =
                          discovery("https://other.example/{query}", rats::kSignedCoservMediaType, kProfile);
                    },
                    Errc::unsupported, "expected a path"},
        RefusalCase{"no_discovery", [](Script& s, CoservService&) { s.discovery_document = "{}"; },
                    Errc::missing_member, "api-endpoints"},
        RefusalCase{"overloaded", [](Script& s, CoservService&) { s.status = 503; }, Errc::unavailable, "503"},
        RefusalCase{"too_slow",
                    [](Script& s, CoservService& c) {
                      s.delay = std::chrono::milliseconds(500);
                      c.deadline = std::chrono::milliseconds(100);
                    },
                    Errc::timeout, ""},
        RefusalCase{"nothing_to_trust", [](Script&, CoservService& c) { c.trust.keys.clear(); }, Errc::configuration,
                    "expected at least one pinned key"},
        RefusalCase{"plain_HTTP", [](Script&, CoservService& c) { c.url = "http://verifier.example"; }, Errc::usage,
                    "plain HTTP"}),
    [](const auto& tested) { return tested.param.name; });

TEST_P(CoservRefusal, SaysWhy) {
  CoservService good{.url = service.url, .trust = service.trust};
  if (GetParam().name != "too_large") good.http.max_response = 4 << 20;
  std::swap(good, service);
  ASSERT_TRUE(ask());
  service = std::move(good);
  GetParam().change(*script, service);
  test::expect_refused(ask(), GetParam().code, GetParam().part);
}

TEST(CoservDiscovery, NamesThePathOfAQuery) {
  const auto document = parse_coserv_discovery(discovery("/a/{query}", rats::kSignedCoservMediaType, kProfile)).value();
  const auto path = path_for(document, query_for(1), rats::kSignedCoservMediaType);
  EXPECT_EQ(path.value(), "/a/" + to_base64url(rats::encode_coserv_query(query_for(1)).value()));
  auto source = query_for(1);
  std::get<rats::EnvironmentQuery>(source.query).result = rats::ResultType::source;
  test::expect_refused(path_for(document, source, rats::kSignedCoservMediaType), Errc::not_acceptable, "source");
  test::expect_refused(path_for(document, query_for(1), rats::kCoservMediaType), Errc::not_acceptable, "as");
}

TEST(CoservDiscovery, LeadsNowhereElse) {
  for (const std::string_view path : {"//host/{query}", "https://host/{query}", "a/{query}", "/a"})
    test::expect_refused(parse_coserv_discovery(discovery(path, rats::kSignedCoservMediaType, kProfile)),
                         Errc::unsupported, "expected a path with {query} in it");
  EXPECT_FALSE(parse_coserv_discovery("no JSON"));
}

// The form in CBOR is not asked for: the path and what is served are the same in both.
TEST(CoservDiscovery, OfVeraisonIsRead) {
  CREDENCE_VECTORS_OR_SKIP(root);
  const auto folder = root / "corim/veraison-corim/coserv/testvectors";
  auto query = query_for(1);
  query.profile = "tag:vendor.com,2025:cc_platform#1.0.0";
  const std::string path =
      "/endorsement-distribution/v1/coserv/" + to_base64url(rats::encode_coserv_query(query).value());
  const auto read = [&](const std::string& name) {
    return parse_coserv_discovery(test::read_text(folder / ("discovery-" + name)));
  };
  const auto signing = read("single-capability.json");
  ASSERT_TRUE(signing) << signing.error().text();
  EXPECT_EQ(path_for(*signing, query, rats::kSignedCoservMediaType).value(), path);
  const auto unsigned_only = read("unsigned.json");
  ASSERT_TRUE(unsigned_only) << unsigned_only.error().text();
  EXPECT_EQ(path_for(*unsigned_only, query, rats::kCoservMediaType).value(), path);
  test::expect_refused(path_for(*unsigned_only, query, rats::kSignedCoservMediaType), Errc::not_acceptable, "as");
  for (const std::string name : {"single-capability.cbor", "unsigned.cbor"}) EXPECT_FALSE(read(name)) << name;
}

}  // namespace
}  // namespace credence::client
