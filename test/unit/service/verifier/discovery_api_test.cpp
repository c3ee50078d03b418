#include "service/verifier/discovery_api.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include "crypto/key.h"
#include "support/open_router.h"

namespace credence::service {
namespace {

class DiscoveryApiTest : public testing::Test {
 protected:
  [[nodiscard]] static std::string header(const http::Response& response, std::string_view name) {
    for (const auto& [key, value] : response.headers)
      if (key == name) return value;
    return {};
  }
  [[nodiscard]] http::Response get(std::string_view path, std::string_view accept = {}) const {
    http::Request request;
    request.target = http::parse_target(path).value();
    if (!accept.empty()) request.headers.emplace_back("Accept", accept);
    return router.handle(std::move(request));
  }
  // Of every document, once it says so: the check runs on a thread of its own.
  void expect_state(std::string_view state, std::string_view cache_control) const {
    for (int i = 0; i < 500 && health->state() != state; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    for (const std::string_view kind : {"verification", "provisioning", "management"}) {
      const http::Response response = get("/.well-known/veraison/" + std::string(kind));
      ASSERT_EQ(response.status, http::kOk) << response.body;
      EXPECT_EQ(json::parse(response.body)->at("service-state").as_string(), state) << kind;
      EXPECT_EQ(header(response, "Cache-Control"), cache_control) << kind;
      EXPECT_EQ(header(response, "Expires").empty(), cache_control == "no-store") << kind;
    }
  }

  std::atomic<bool> well = true;
  std::shared_ptr<Health> health =
      std::make_shared<Health>(std::vector<HealthCheck>{{.name = "store",
                                                         .check = [this]() -> Result<void> {
                                                           if (well) return {};
                                                           return fail(Errc::io, "the disk is gone");
                                                         },
                                                         .period = std::chrono::milliseconds(1)}},
                               no_log());
  http::Router router = test::open_router(
      DiscoveryApi({.signer = std::make_shared<const ResultSigner>(
                        ResultSigner::make(crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value()).value()),
                    .evidence_types = {"application/psa-attestation-token"},
                    .corim_types = {"application/rim+cbor"},
                    .schemes = {"PSA_IOT"},
                    .policy_types = {"application/vnd.credence.policy.lua"},
                    .version = "1",
                    .clock = std::make_shared<FixedClock>(Timestamp(std::chrono::seconds(1'000))),
                    .health = health}));
};

TEST_F(DiscoveryApiTest, SaysWhetherTheServiceIsWell) {
  expect_state("READY", "max-age=60");
  well = false;
  expect_state("DOWN", "no-store");
  well = true;
  expect_state("READY", "max-age=60");
  health->drain();
  expect_state("TERMINATING", "no-store");
}

TEST_F(DiscoveryApiTest, AnswersInTheTypeThatIsAccepted) {
  constexpr std::string_view kPath = "/.well-known/veraison/management";
  EXPECT_EQ(header(get(kPath), "Content-Type"), "application/vnd.veraison.discovery+json");
  EXPECT_EQ(header(get(kPath, "application/json"), "Content-Type"), "application/json");
  EXPECT_EQ(get(kPath, "text/html").status, http::kNotAcceptable);
  EXPECT_EQ(get(kPath, "what").status, http::kBadRequest);
  EXPECT_EQ(json::parse(get(kPath).body)->at("attestation-schemes").as_array(), json::Array{"PSA_IOT"});
}

}  // namespace
}  // namespace credence::service
