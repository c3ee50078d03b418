#include "verifier/store/memory/store.h"

#include <atomic>
#include <mutex>
#include <set>
#include <string>
#include <utility>

#include "verifier/profile/profile.h"
#include "verifier/store/index.h"
#include "verifier/store/submission.h"

namespace credence::verifier {
namespace {

class MemoryStore final : public Store {
 public:
  Result<std::shared_ptr<const TrustAnchor>> trust_anchor(const Kid& kid) const override {
    return index_.trust_anchor(kid);
  }

  Result<std::shared_ptr<const ReferenceValues>> reference_values(const rats::TaggedBytes& class_id) const override {
    return index_.reference_values(class_id);
  }

  Result<Stored> submit(const rats::Corim& corim, ByteView octets) override {
    TRY(const Content content, read_by_profile(corim));
    TRY(std::string id, submission_id(octets));
    const std::lock_guard lock(submitting_);
    if (submissions_.contains(id)) return Stored{.id = std::move(id), .duplicate = true};
    TRY(Index::Change change, index_.prepare(content));
    index_.apply(std::move(change));
    submissions_.insert(id);
    generation_.fetch_add(1);
    return Stored{.id = std::move(id), .duplicate = false};
  }

  std::uint64_t generation() const noexcept override { return generation_.load(); }

 private:
  Index index_;
  std::mutex submitting_;
  std::set<std::string> submissions_;
  std::atomic<std::uint64_t> generation_{0};
};

}  // namespace

std::shared_ptr<Store> memory_store() { return std::make_shared<MemoryStore>(); }

}  // namespace credence::verifier
