#include "service/metrics/verifier_metrics.h"

#include <chrono>
#include <utility>

namespace credence::service {
namespace {

constexpr std::size_t kMostKnown = 256;  // as the registry, codes may be a policy's own

std::string code_of(const rats::Submodule& submodule) {
  const auto* code = submodule.policy_claims.if_contains("code");
  return code != nullptr && code->is_string() ? std::string(code->as_string()) : std::string("none");
}

}  // namespace

VerifierMetrics::VerifierMetrics(std::shared_ptr<Metrics> metrics, std::string_view version)
    : metrics_(std::move(metrics)),
      store_errors_(metrics_->counter("credence_store_errors_total", "Look-ups and changes that the store failed.")),
      last_reload_(metrics_->gauge("credence_config_last_reload_successful",
                                   "0 when the last change of the configuration was refused.")) {
  metrics_->gauge("credence_build_info", "1, with the version of the program.", {{"version", std::string(version)}})
      .set(1);
  last_reload_.set(1);
}

void VerifierMetrics::appraised(const rats::Ear& result) {
  for (const auto& [name, submodule] : result.submodules)
    appraisals({name, std::string(rats::name(submodule.status)), code_of(submodule)}).add();
}

Counter VerifierMetrics::appraisals(const AppraisalLabels& labels) {
  const std::lock_guard lock(mutex_);
  if (const auto known = appraisals_.find(labels); known != appraisals_.end()) return known->second;
  const auto& [scheme, status, code] = labels;
  const Counter counter =
      metrics_->counter("credence_appraisals_total", "Submodules of signed results, by what they say.",
                        {{"scheme", scheme}, {"status", status}, {"code", code}});
  if (appraisals_.size() < kMostKnown) appraisals_.emplace(labels, counter);
  return counter;
}

void VerifierMetrics::undecided(Errc code) {
  metrics_
      ->counter("credence_appraisals_undecided_total", "Sessions that ended without a result.",
                {{"code", std::string(name(code))}})
      .add();
}

void VerifierMetrics::provisioned(std::string_view outcome) {
  metrics_->counter("credence_provisioning_total", "CoRIMs that were submitted.", {{"outcome", std::string(outcome)}})
      .add();
}

void VerifierMetrics::reloaded(bool success) {
  metrics_
      ->counter("credence_config_reloads_total", "Changes of the configuration at run time.",
                {{"outcome", success ? "success" : "failure"}})
      .add();
  last_reload_.set(success ? 1 : 0);
}

void VerifierMetrics::watch(const std::string& tenant, std::shared_ptr<const verifier::Store> store,
                            std::function<std::size_t()> open_sessions) {
  const Labels labels{{"tenant", tenant}};
  const Gauge generation = metrics_->gauge("credence_store_generation", "Changes that the store has seen.", labels);
  const Gauge corims = metrics_->gauge("credence_store_corims", "Active CoRIMs.", labels);
  const Gauge triples = metrics_->gauge("credence_store_triples", "Triples that look-ups can find.", labels);
  const Gauge sessions =
      metrics_->gauge("credence_sessions_open", "Challenge-response sessions that are kept.", labels);
  metrics_->before_exposition([=, store = std::move(store), open = std::move(open_sessions)] {
    const verifier::StoreSize size = store->size();
    generation.set(static_cast<double>(store->generation()));
    corims.set(static_cast<double>(size.corims));
    triples.set(static_cast<double>(size.triples));
    sessions.set(static_cast<double>(open()));
  });
}

}  // namespace credence::service
