#include "edge/bundle_appraiser.h"

#include <utility>

#include "edge/media_types.h"
#include "edge/own_rules.h"
#include "edge/view.h"
#include "verifier/scheme/scheme.h"

namespace credence::edge {
namespace {

using verifier::AppraisalRequest;

class BundleAppraiser final : public verifier::Appraiser {
 public:
  BundleAppraiser(std::shared_ptr<const OfflineAnswers> answers, BundleAppraiserOptions options,
                  std::shared_ptr<const Clock> clock)
      : answers_(std::move(answers)), options_(std::move(options)), clock_(std::move(clock)) {}

  std::vector<std::string> media_types() const override { return channel_media_types(options_.policy); }

  void appraise(AppraisalRequest request, verifier::Verdict done) override { done(judge(request)); }

 private:
  Result<rats::Ear> judge(const AppraisalRequest& request) const {
    const Timestamp now = clock_->now();
    CHECK(answers_->check_age(now));
    const verifier::Scheme* scheme = verifier::find_scheme(request.media_type);
    std::shared_ptr<View> view;
    if (scheme != nullptr)
      view = std::make_shared<View>(*answers_, *scheme, now,
                                    View::Options{.allow_insecure_no_deny_list = options_.allow_insecure_no_deny_list});
    const verifier::Engine engine(view, clock_, options_.policy, options_.identity, options_.policies);
    TRY(rats::Ear ear, engine.appraise(request));
    if (scheme != nullptr) warn_of_unknown(options_.policies.get(), scheme->name(), ear);
    ear.credence.warnings.push_back("appraised with an offline bundle, " + answers_->age().text(now));
    return ear;
  }

  const std::shared_ptr<const OfflineAnswers> answers_;
  const BundleAppraiserOptions options_;
  const std::shared_ptr<const Clock> clock_;
};

}  // namespace

std::shared_ptr<verifier::Appraiser> bundle_appraiser(std::shared_ptr<const OfflineAnswers> answers,
                                                      BundleAppraiserOptions options,
                                                      std::shared_ptr<const Clock> clock, Log& log) {
  log.write(LogLevel::info, "appraising with an offline bundle, " + answers->age().text(clock->now()));
  return std::make_shared<BundleAppraiser>(std::move(answers), std::move(options), std::move(clock));
}

}  // namespace credence::edge
