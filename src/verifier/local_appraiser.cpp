// The engine as an Appraiser in this process.
#include <utility>

#include "verifier/engine.h"
#include "verifier/scheme/scheme.h"

namespace credence::verifier {
namespace {

class LocalAppraiser final : public Appraiser {
 public:
  explicit LocalAppraiser(std::shared_ptr<const Engine> engine) : engine_(std::move(engine)) {}

  // Without those that say nothing of a channel.
  std::vector<std::string> media_types() const override {
    std::vector<std::string> types = engine_->media_types();
    std::erase_if(types, [](const std::string& type) {
      const Scheme* scheme = find_scheme(type);
      return scheme == nullptr || !scheme->is_for_channels(type);
    });
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
