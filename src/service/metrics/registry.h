// Numbers that Prometheus collects, over prometheus-cpp (docs/decisions/metrics.md). What a label may say is a small
// set of our own words: never an address, an id or anything else of a request.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
}  // namespace prometheus

namespace credence::service {

using Labels = std::map<std::string, std::string>;

// Handles of series, valid as long as the Metrics they come from. Any thread; they do not block.
class Counter {
 public:
  explicit Counter(prometheus::Counter& counter) : counter_(&counter) {}
  void add(double value = 1) const noexcept;

 private:
  prometheus::Counter* counter_;
};

class Gauge {
 public:
  explicit Gauge(prometheus::Gauge& gauge) : gauge_(&gauge) {}
  void set(double value) const noexcept;
  void add(double value) const noexcept;

 private:
  prometheus::Gauge* gauge_;
};

class Histogram {
 public:
  explicit Histogram(prometheus::Histogram& histogram) : histogram_(&histogram) {}
  void observe(double value) const noexcept;

 private:
  prometheus::Histogram* histogram_;
};

// Thread-safe. Asked twice for the same name and labels, it gives the same series; all series of one name have the same
// help text and the same names of labels.
class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  [[nodiscard]] Counter counter(const std::string& name, const std::string& help, const Labels& labels = {});
  [[nodiscard]] Gauge gauge(const std::string& name, const std::string& help, const Labels& labels = {});
  // In seconds, from a quarter of a millisecond to ten seconds.
  [[nodiscard]] Histogram latency(const std::string& name, const std::string& help, const Labels& labels = {});

  // Runs before each exposition, on its thread: to set what is looked up rather than counted.
  void before_exposition(std::function<void()> update);

  // Prometheus' text format, version 0.0.4.
  [[nodiscard]] std::string text() const;

  // Of one name. One series more is counted under labels that all say "other": whatever goes wrong with a label, memory
  // is bounded.
  static constexpr std::size_t kMostSeries = 512;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

inline constexpr std::string_view kMetricsType = "text/plain; version=0.0.4; charset=utf-8";

}  // namespace credence::service
