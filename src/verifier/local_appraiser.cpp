// The engine as an Appraiser in this process.
#include <utility>

#include "evidence/media_types.h"
#include "verifier/engine.h"

namespace credence::verifier {
namespace {

class LocalAppraiser final : public Appraiser {
 public:
  explicit LocalAppraiser(std::shared_ptr<const Engine> engine) : engine_(std::move(engine)) {}

  // Without the challenge form, which says nothing of a channel.
  std::vector<std::string> media_types() const override {
    std::vector<std::string> types = engine_->media_types();
    std::erase(types, evidence::kTpmChallenge);
    return types;
  }

  void appraise(AppraisalRequest request, Verdict done) override { done(engine_->appraise(request)); }

 private:
  std::shared_ptr<const Engine> engine_;
};

}  // namespace

std::shared_ptr<Appraiser> local_appraiser(std::shared_ptr<const Engine> engine) {
  return std::make_shared<LocalAppraiser>(std::move(engine));
}

}  // namespace credence::verifier
