#include "service/metrics/registry.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <mutex>
#include <set>
#include <sstream>
#include <utility>

namespace credence::service {
namespace {

const prometheus::Histogram::BucketBoundaries& latency_buckets() {
  static const prometheus::Histogram::BucketBoundaries all = {0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
                                                              0.05,    0.1,    0.25,  0.5,    1,     2.5,  10};
  return all;
}

}  // namespace

void Counter::add(double value) const noexcept { counter_->Increment(value); }
void Gauge::set(double value) const noexcept { gauge_->Set(value); }
void Gauge::add(double value) const noexcept { gauge_->Increment(value); }
void Histogram::observe(double value) const noexcept { histogram_->Observe(value); }

struct Metrics::State {
  // The labels as they are, or all "other" when the name has enough series.
  Labels bounded(const std::string& name, const Labels& labels) {
    std::set<Labels>& known = series[name];
    if (known.contains(labels)) return labels;
    if (known.size() < kMostSeries) {
      known.insert(labels);
      return labels;
    }
    Labels other;
    for (const auto& [label, value] : labels) other[label] = "other";
    return other;
  }

  std::mutex mutex;
  std::mutex exposing;  // one at a time: updates need no locks of their own
  prometheus::Registry registry;
  std::map<std::string, std::set<Labels>> series;
  std::vector<std::function<void()>> updates;
};

Metrics::Metrics() : state_(std::make_unique<State>()) {}
Metrics::~Metrics() = default;

Counter Metrics::counter(const std::string& name, const std::string& help, const Labels& labels) {
  const std::lock_guard lock(state_->mutex);
  auto& family = prometheus::BuildCounter().Name(name).Help(help).Register(state_->registry);
  return Counter(family.Add(state_->bounded(name, labels)));
}

Gauge Metrics::gauge(const std::string& name, const std::string& help, const Labels& labels) {
  const std::lock_guard lock(state_->mutex);
  auto& family = prometheus::BuildGauge().Name(name).Help(help).Register(state_->registry);
  return Gauge(family.Add(state_->bounded(name, labels)));
}

Histogram Metrics::latency(const std::string& name, const std::string& help, const Labels& labels) {
  const std::lock_guard lock(state_->mutex);
  auto& family = prometheus::BuildHistogram().Name(name).Help(help).Register(state_->registry);
  return Histogram(family.Add(state_->bounded(name, labels), latency_buckets()));
}

void Metrics::before_exposition(std::function<void()> update) {
  const std::lock_guard lock(state_->mutex);
  state_->updates.push_back(std::move(update));
}

std::string Metrics::text() const {
  const std::lock_guard alone(state_->exposing);
  std::vector<std::function<void()>> updates;
  {
    const std::lock_guard lock(state_->mutex);
    updates = state_->updates;
  }
  for (const auto& update : updates) update();  // without that lock: they ask for series
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, state_->registry.Collect());
  return std::move(out).str();
}

}  // namespace credence::service
