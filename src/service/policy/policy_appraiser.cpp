#include "service/policy/policy_appraiser.h"

#include <ctime>
#include <exception>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "service/policy/worker_pool.h"
#include "verifier/scheme/scheme.h"

namespace credence::service {
namespace {

// Not by the clock: what else the machine does is no fault of the policy.
std::chrono::nanoseconds time_of_this_thread() noexcept {
  timespec time{};
  if (::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time) != 0) return {};
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

// What appraisals under the policy in force take, by the last few: of each scheme one policy. Thread-safe.
class Paces {
 public:
  using Time = std::chrono::nanoseconds;

  [[nodiscard]] Time of(const verifier::LoadedPolicy& policy) const {
    const std::lock_guard lock(mutex_);
    const auto found = paces_.find(policy.version.scheme);
    return found == paces_.end() || found->second.version != policy.version.id ? Time{} : found->second.mean;
  }

  // One run in four decides; one that was slow is forgotten after about ten that were not.
  void took(const verifier::LoadedPolicy& policy, Time time) {
    constexpr int kMemory = 4;
    const std::lock_guard lock(mutex_);
    Pace& pace = paces_[policy.version.scheme];
    if (pace.version != policy.version.id) pace = {.version = policy.version.id, .mean = {}};
    pace.mean += (time - pace.mean) / kMemory;
  }

 private:
  struct Pace {
    std::string version;
    Time mean{};
  };
  mutable std::mutex mutex_;
  std::map<std::string, Pace> paces_;
};

class PolicyAppraiser final : public verifier::Appraiser {
 public:
  PolicyAppraiser(std::shared_ptr<const verifier::Engine> engine, std::shared_ptr<const verifier::Policies> policies,
                  std::shared_ptr<WorkerPool> pool, std::chrono::nanoseconds slow)
      : engine_(std::move(engine)),
        at_once_(verifier::local_appraiser(engine_)),
        policies_(std::move(policies)),
        slow_(slow),
        pool_(std::move(pool)) {}

  std::vector<std::string> media_types() const override { return at_once_->media_types(); }

  void appraise(verifier::AppraisalRequest request, verifier::Verdict done) override {
    const auto admitted = admit(request.media_type);
    if (!admitted) return done(std::unexpected(admitted.error()));
    (*admitted)(std::move(request), std::move(done));
  }

  // A policy that is activated after this may still be asked on the thread that serves, once.
  Result<verifier::Admitted> admit(std::string_view media_type) override {
    const auto policy = policy_for(media_type);
    if (policy == nullptr) {
      return [this](verifier::AppraisalRequest request, verifier::Verdict done) {
        at_once_->appraise(std::move(request), std::move(done));
      };
    }
    if (!policy->is_remote && paces_->of(*policy) < slow_) {
      return [this, policy](const verifier::AppraisalRequest& request, verifier::Verdict done) {
        done(timed(*engine_, *policy, request, *paces_));
      };
    }
    auto place = pool_->reserve();
    if (place == nullptr) return fail(Errc::busy, "too many appraisals wait for their policy: come again");
    return [this, policy, place = std::move(place)](verifier::AppraisalRequest request, verifier::Verdict done) {
      start(place, policy, std::move(request), std::move(done));
    };
  }

 private:
  using Policy = std::shared_ptr<const verifier::LoadedPolicy>;

  [[nodiscard]] Policy policy_for(std::string_view media_type) const {
    const verifier::Scheme* const scheme = verifier::find_scheme(media_type);
    return scheme == nullptr ? nullptr : policies_->active(scheme->name());
  }

  static Result<rats::Ear> timed(const verifier::Engine& engine, const verifier::LoadedPolicy& policy,
                                 const verifier::AppraisalRequest& request, Paces& paces) {
    const auto begun = time_of_this_thread();
    auto result = engine.appraise(request);
    paces.took(policy, time_of_this_thread() - begun);
    return result;
  }

  // On a thread of the pool, where nobody else would answer for it.
  static Result<rats::Ear> timed_and_caught(const verifier::Engine& engine, const verifier::LoadedPolicy& policy,
                                            const verifier::AppraisalRequest& request, Paces& paces) {
    try {
      return timed(engine, policy, request, paces);
    } catch (const std::exception& exception) {
      return fail(Errc::internal, exception.what());
    }
  }

  // The work does not hold this object, which may go while the last piece runs.
  void start(WorkerPool::Place place, Policy policy, verifier::AppraisalRequest request, verifier::Verdict done) {
    pool_->start(std::move(place), [engine = engine_, paces = paces_, policy = std::move(policy),
                                    request = std::move(request), done = std::move(done)](bool cancelled) mutable {
      done(cancelled ? fail(Errc::unavailable, "the verifier ends")
                     : timed_and_caught(*engine, *policy, request, *paces));
    });
  }

  const std::shared_ptr<const verifier::Engine> engine_;
  const std::shared_ptr<verifier::Appraiser> at_once_;
  const std::shared_ptr<const verifier::Policies> policies_;
  const std::chrono::nanoseconds slow_;
  const std::shared_ptr<Paces> paces_ = std::make_shared<Paces>();
  const std::shared_ptr<WorkerPool> pool_;
};

}  // namespace

std::shared_ptr<verifier::Appraiser> policy_appraiser(std::shared_ptr<const verifier::Engine> engine,
                                                      std::shared_ptr<const verifier::Policies> policies,
                                                      std::shared_ptr<WorkerPool> pool, std::chrono::nanoseconds slow) {
  return std::make_shared<PolicyAppraiser>(std::move(engine), std::move(policies), std::move(pool), slow);
}

}  // namespace credence::service
