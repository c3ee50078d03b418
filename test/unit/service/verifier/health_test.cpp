#include "service/verifier/health.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <new>
#include <thread>

#include "service/verifier/operations_api.h"

namespace credence::service {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

template <typename Condition>
bool eventually(Condition condition) {
  for (int i = 0; i < 500 && !condition(); ++i) std::this_thread::sleep_for(10ms);
  return condition();
}

OperationsApi api_over(const std::shared_ptr<const Health>& health,
                       MetricsAccess access = MetricsAccess::local_callers) {
  const auto metrics = std::make_shared<Metrics>();
  metrics->gauge("a", "A.").set(1);
  return OperationsApi({.metrics = metrics, .health = health, .access = access});
}

http::Request from_this_machine() {
  http::Request request;
  request.local = true;
  request.headers.emplace_back("Host", "localhost:8443");
  return request;
}

TEST(Health, IsReadyOnlyWhileEveryCheckPasses) {
  std::atomic<bool> well = true;
  const auto check = [&]() -> Result<void> {
    if (well) return {};
    return fail(Errc::io, "cannot reach /secret/place");
  };
  const auto health = std::make_shared<Health>(std::vector<HealthCheck>{{"store", check, 1ms}}, no_log());
  EXPECT_TRUE(health->causes().empty());
  EXPECT_EQ(health->state(), Health::kReady);
  EXPECT_EQ(api_over(health).ready({}).status, http::kOk);

  well = false;
  ASSERT_TRUE(eventually([&] { return !health->causes().empty(); }));
  EXPECT_EQ(health->state(), Health::kDown);
  const auto refusal = api_over(health).ready({});
  EXPECT_EQ(refusal.status, http::kServiceUnavailable);
  EXPECT_EQ(refusal.body, R"({"status":"not ready","causes":["store"]})");  // and not where the store is

  well = true;
  EXPECT_TRUE(eventually([&] { return health->causes().empty(); }));
  EXPECT_EQ(health->state(), Health::kReady);
  well = false;
  ASSERT_TRUE(eventually([&] { return health->state() == Health::kDown; }));
  health->drain();
  EXPECT_EQ(health->state(), Health::kTerminating);  // what is wrong beside it matters no more
}

TEST(Health, CountsACheckThatHangsAsAFailure) {
  std::atomic<bool> hang = false;
  const auto check = [&]() -> Result<void> {
    while (hang) std::this_thread::sleep_for(1ms);
    return {};
  };
  const Health health({{"store", check, 1ms}}, no_log());
  EXPECT_TRUE(health.causes().empty());
  hang = true;
  const bool noticed =
      eventually([&] { return !health.causes().empty(); }) || eventually([&] { return !health.causes().empty(); });
  hang = false;
  ASSERT_TRUE(noticed);
}

// Nor does the process end, whose thread asks.
TEST(Health, CountsACheckThatLacksMemoryAsAFailure) {
  std::atomic<bool> lacks = true;
  std::atomic<int> asked = 0;
  const auto check = [&]() -> Result<void> {
    ++asked;
    if (lacks) throw std::bad_alloc();
    return {};
  };
  const Health health({{"store", check, 1ms}}, no_log());
  ASSERT_EQ(health.causes().size(), 1U);
  EXPECT_EQ(health.causes().front().name, "store");
  EXPECT_THAT(health.causes().front().detail, HasSubstr("no answer for"));
  EXPECT_TRUE(eventually([&] { return asked >= 2; }));
  EXPECT_EQ(health.state(), Health::kDown);
  lacks = false;
  EXPECT_TRUE(eventually([&] { return health.state() == Health::kReady; }));
}

TEST(Health, IsNotReadyOnceItDrainsAndStillAlive) {
  const auto health = std::make_shared<Health>(std::vector<HealthCheck>{}, no_log());
  health->drain();
  EXPECT_THAT(api_over(health).ready({}).body, HasSubstr("draining"));
  EXPECT_EQ(OperationsApi::alive({}).status, http::kOk);
}

TEST(Health, HasAHeartbeat) {
  std::atomic<int> beats = 0;
  const Health health({}, no_log(), [&] { ++beats; });
  EXPECT_TRUE(eventually([&] { return beats > 0; }));
}

// Each may take its time: whoever waits for the heartbeat does not wait for all of them together.
TEST(Health, HasAHeartbeatBetweenItsChecks) {
  std::atomic<int> beats = 0, rounds = 0, before = 0, between = -1;
  const auto first = [&]() -> Result<void> {
    before = beats.load();
    return {};
  };
  const auto second = [&]() -> Result<void> {
    if (++rounds == 2) between = beats - before;  // the first round has none: it is before the start
    return {};
  };
  const Health health({{"first", first, 1ms}, {"second", second, 1ms}}, no_log(), [&] { ++beats; });
  ASSERT_TRUE(eventually([&] { return between >= 0; }));
  EXPECT_GT(between, 0);
}

TEST(OperationsApi, GivesNumbersToProgramsOfThisMachineOnly) {
  const auto health = std::make_shared<Health>(std::vector<HealthCheck>{}, no_log());
  const OperationsApi api = api_over(health);
  const auto good = api.metrics(from_this_machine());
  EXPECT_EQ(good.status, http::kOk);
  EXPECT_THAT(good.body, HasSubstr("a 1\n"));

  http::Request remote = from_this_machine();
  remote.local = false;
  EXPECT_EQ(api.metrics(remote).status, http::kForbidden);
  http::Request proxied = from_this_machine();
  proxied.headers.emplace_back("X-Forwarded-For", "192.0.2.1");
  EXPECT_EQ(api.metrics(proxied).status, http::kForbidden);
  http::Request rebound = from_this_machine();
  rebound.headers.front().second = "attacker.example";
  EXPECT_EQ(api.metrics(rebound).status, http::kForbidden);

  EXPECT_EQ(api_over(health, MetricsAccess::everybody).metrics(remote).status, http::kOk);
}

TEST(OperationsApi, HasNoMetricsWhereAnotherListenerHasThem) {
  const auto health = std::make_shared<Health>(std::vector<HealthCheck>{}, no_log());
  for (const auto& [access, status] : {std::pair(MetricsAccess::local_callers, 200U), {MetricsAccess::nobody, 404U}}) {
    http::Router router;
    api_over(health, access).add_routes(router);
    http::Request request = from_this_machine();
    request.target = http::parse_target("/metrics").value();
    EXPECT_EQ(router.handle(request).status, status);
  }
}

}  // namespace
}  // namespace credence::service
