#include "service/metrics/registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "service/metrics/process_metrics.h"

namespace credence::service {
namespace {

using testing::HasSubstr;

TEST(Metrics, AreWrittenInPrometheusTextFormat) {
  Metrics metrics;
  metrics.counter("a_total", "Things.", {{"kind", "x"}}).add(2);
  metrics.gauge("b", "Level.").set(1.5);
  metrics.latency("c_seconds", "Time.").observe(0.002);
  const std::string text = metrics.text();
  EXPECT_THAT(text, HasSubstr("# HELP a_total Things.\n# TYPE a_total counter\na_total{kind=\"x\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("# TYPE b gauge\nb 1.5\n"));
  EXPECT_THAT(text, HasSubstr("c_seconds_bucket{le=\"0.001\"} 0\nc_seconds_bucket{le=\"0.0025\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("c_seconds_count 1\n"));
}

TEST(Metrics, GiveTheSameSeriesForTheSameLabels) {
  Metrics metrics;
  for (int i = 0; i < 3; ++i) metrics.counter("a_total", "Things.", {{"kind", "x"}}).add();
  EXPECT_THAT(metrics.text(), HasSubstr("a_total{kind=\"x\"} 3\n"));
}

TEST(Metrics, BoundTheNumberOfSeriesWhateverLabelsSay) {
  Metrics metrics;
  for (std::size_t i = 0; i < Metrics::kMostSeries + 100; ++i)
    metrics.counter("a_total", "Things.", {{"kind", std::to_string(i)}}).add();
  const std::string text = metrics.text();
  EXPECT_THAT(text, HasSubstr("a_total{kind=\"0\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("a_total{kind=\"511\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("a_total{kind=\"other\"} 100\n"));
  EXPECT_THAT(text, testing::Not(HasSubstr("kind=\"512\"")));
}

TEST(Metrics, AskBeforeEachExposition) {
  Metrics metrics;
  int asked = 0;
  const Gauge gauge = metrics.gauge("a", "A.");
  metrics.before_exposition([&] { gauge.set(++asked); });
  EXPECT_THAT(metrics.text(), HasSubstr("a 1\n"));
  EXPECT_THAT(metrics.text(), HasSubstr("a 2\n"));
}

TEST(Metrics, CountFromSeveralThreads) {
  Metrics metrics;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&] {
        for (int i = 0; i < 1000; ++i) metrics.counter("a_total", "Things.", {{"kind", "x"}}).add();
      });
  }
  EXPECT_THAT(metrics.text(), HasSubstr("a_total{kind=\"x\"} 4000\n"));
}

TEST(ProcessMetrics, TellWhatTheProcessUses) {
  const auto metrics = std::make_shared<Metrics>();
  add_process_metrics(metrics);
  const std::string text = metrics->text();
  EXPECT_THAT(text, testing::ContainsRegex("process_resident_memory_bytes [1-9]"));
  EXPECT_THAT(text, testing::ContainsRegex("process_open_fds [1-9]"));
  EXPECT_THAT(text, testing::ContainsRegex("process_start_time_seconds [1-9]"));
  EXPECT_THAT(text, HasSubstr("# TYPE process_cpu_seconds_total counter\n"));
}

}  // namespace
}  // namespace credence::service
