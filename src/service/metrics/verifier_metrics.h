// What the verifier decides and keeps, as metrics (docs/operating.md lists them).
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/error.h"
#include "rats/ear/ear.h"
#include "service/metrics/registry.h"
#include "verifier/store.h"

namespace credence::service {

// Thread-safe.
class VerifierMetrics {
 public:
  VerifierMetrics(std::shared_ptr<Metrics> metrics, std::string_view version);

  // One for each submodule of a result: its scheme, its status, and the code of the refusal.
  void appraised(const rats::Ear& result);
  // Nothing was decided.
  void undecided(Errc code);
  // "stored", "duplicate", "refused" or "failed".
  void provisioned(std::string_view outcome);
  void reloaded(bool success);

  // Once for each tenant; asked at each exposition.
  void watch(const std::string& tenant, std::shared_ptr<const verifier::Store> store,
             std::function<std::size_t()> open_sessions);
  void store_failed() const { store_errors_.add(); }

  [[nodiscard]] const std::shared_ptr<Metrics>& metrics() const noexcept { return metrics_; }

 private:
  using AppraisalLabels = std::array<std::string, 3>;  // scheme, status, code

  [[nodiscard]] Counter appraisals(const AppraisalLabels& labels);

  const std::shared_ptr<Metrics> metrics_;
  std::mutex mutex_;
  std::map<AppraisalLabels, Counter> appraisals_;  // found here faster than in the registry
  const Counter store_errors_;
  const Gauge last_reload_;
};

}  // namespace credence::service
