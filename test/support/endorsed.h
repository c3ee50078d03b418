// Look-ups of a store in the terms of the TPM scheme.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/strong.h"
#include "verifier/scheme/parsec_tpm/endorsed.h"
#include "verifier/scheme/parsec_tpm/scheme.h"
#include "verifier/store.h"

namespace credence::test {

template <typename T>
Result<std::shared_ptr<const T>> find_endorsed(const verifier::Store& store, verifier::Topic topic, ByteView key) {
  TRY(auto found, store.find({.scheme = verifier::parsec_tpm_scheme(), .topic = topic, .key = key}));
  return std::static_pointer_cast<const T>(std::move(found));
}

inline auto trust_anchor(const verifier::Store& store, const Kid& kid) {
  return find_endorsed<verifier::TrustAnchor>(store, verifier::Topic::trust_anchor, kid.view());
}

inline auto reference_values(const verifier::Store& store, const rats::TaggedBytes& class_id) {
  return find_endorsed<verifier::ReferenceValues>(store, verifier::Topic::reference_values, class_id.value);
}

// A store that fails: nothing is decided, nothing is stored.
class BrokenStore final : public verifier::Store {
 public:
  explicit BrokenStore(std::string why) : why_(std::move(why)) {}

  Result<std::shared_ptr<const verifier::Endorsed>> find(const verifier::Lookup&) const override { return failure(); }
  Result<verifier::Stored> submit(const rats::Corim&, ByteView) override { return failure(); }
  Result<std::vector<verifier::StoredCorim>> list() const override { return failure(); }
  Result<Bytes> octets(std::string_view) const override { return failure(); }
  Result<void> set_active(std::span<const std::string>, bool) override { return failure(); }
  Result<void> remove(std::string_view) override { return failure(); }
  std::uint64_t generation() const noexcept override { return 1; }
  std::shared_ptr<const verifier::Documents> documents(verifier::DocumentKind) const override {
    return std::make_shared<const verifier::Documents>();
  }
  std::uint64_t version(verifier::DocumentKind) const noexcept override { return 0; }
  Result<void> change(verifier::DocumentKind, const Decision&) override { return failure(); }
  Result<std::vector<verifier::StoreChange>> changes_after(std::uint64_t) const override { return failure(); }

 private:
  std::unexpected<Error> failure() const { return fail(Errc::io, why_); }

  std::string why_;
};

}  // namespace credence::test
