#include "service/policy/policy_appraiser.h"

#include <utility>

#include "service/policy/worker_pool.h"
#include "verifier/scheme/scheme.h"

namespace credence::service {
namespace {

constexpr std::size_t kThreads = 8, kMostWaiting = 256;

class PolicyAppraiser final : public verifier::Appraiser {
 public:
  PolicyAppraiser(std::shared_ptr<const verifier::Engine> engine, std::shared_ptr<const verifier::Policies> policies)
      : engine_(std::move(engine)),
        at_once_(verifier::local_appraiser(engine_)),
        policies_(std::move(policies)),
        pool_(kThreads, kMostWaiting) {}

  std::vector<std::string> media_types() const override { return at_once_->media_types(); }

  void appraise(verifier::AppraisalRequest request, verifier::Verdict done) override {
    if (!is_slow(request.media_type)) return at_once_->appraise(std::move(request), std::move(done));
    auto shared = std::make_shared<verifier::Verdict>(std::move(done));
    WorkerPool::Work work = [engine = engine_, request = std::move(request), shared](bool cancelled) {
      (*shared)(cancelled ? fail(Errc::unavailable, "the verifier ends") : engine->appraise(request));
    };
    if (!pool_.start(work)) (*shared)(fail(Errc::busy, "too many appraisals wait for their policy: come again"));
  }

 private:
  // A policy that is activated in this instant may still be asked on this thread, once.
  bool is_slow(std::string_view media_type) const {
    const verifier::Scheme* const scheme = verifier::find_scheme(media_type);
    if (scheme == nullptr) return false;
    const auto policy = policies_->active(scheme->name());
    return policy != nullptr && policy->is_remote;
  }

  const std::shared_ptr<const verifier::Engine> engine_;
  const std::shared_ptr<verifier::Appraiser> at_once_;
  const std::shared_ptr<const verifier::Policies> policies_;
  WorkerPool pool_;
};

}  // namespace

std::shared_ptr<verifier::Appraiser> policy_appraiser(std::shared_ptr<const verifier::Engine> engine,
                                                      std::shared_ptr<const verifier::Policies> policies) {
  return std::make_shared<PolicyAppraiser>(std::move(engine), std::move(policies));
}

}  // namespace credence::service
