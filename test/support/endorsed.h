// Look-ups of a store in the terms of the TPM scheme.
#pragma once

#include <atomic>
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
#include "verifier/store/selection.h"

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
  Result<void> for_each_statement(const verifier::Lookup&,
                                  const std::function<void(const verifier::Statement&)>&) const override {
    return failure();
  }
  Result<verifier::Stored> submit(const rats::Corim&, ByteView) override { return failure(); }
  Result<std::vector<verifier::StoredCorim>> list() const override { return failure(); }
  Result<verifier::StoredCorim> stored(std::string_view) const override { return failure(); }
  Result<Bytes> octets(std::string_view) const override { return failure(); }
  Result<verifier::LifecycleChange> set_active(std::span<const std::string>, bool) override { return failure(); }
  Result<verifier::LifecycleChange> set_active(const rats::CoservQuery&, bool) override { return failure(); }
  Result<std::vector<std::shared_ptr<const verifier::Origin>>> origins(std::string_view) const override {
    return failure();
  }
  Result<std::shared_ptr<const verifier::Origin>> newest_with_tag(
      std::string_view, std::string_view, const std::function<bool(const verifier::Origin&)>&) const override {
    return failure();
  }
  Result<verifier::LifecycleChange> remove(std::string_view) override { return failure(); }
  Result<std::vector<verifier::SelectedStatement>> select(std::string_view,
                                                          const rats::EnvironmentQuery&) const override {
    return failure();
  }
  Result<std::shared_ptr<const verifier::DenyList>> deny_list() const override { return failure(); }
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

// Another store, for tests that change an answer of it.
class StoreAround : public verifier::Store {
 public:
  explicit StoreAround(std::shared_ptr<verifier::Store> inner) : inner_(std::move(inner)) {}

  Result<std::shared_ptr<const verifier::Endorsed>> find(const verifier::Lookup& lookup) const override {
    return inner_->find(lookup);
  }
  Result<void> for_each_statement(const verifier::Lookup& lookup,
                                  const std::function<void(const verifier::Statement&)>& visit) const override {
    return inner_->for_each_statement(lookup, visit);
  }
  Result<verifier::Stored> submit(const rats::Corim& corim, ByteView octets) override {
    return inner_->submit(corim, octets);
  }
  Result<std::vector<verifier::StoredCorim>> list() const override { return inner_->list(); }
  Result<verifier::StoredCorim> stored(std::string_view id) const override { return inner_->stored(id); }
  Result<Bytes> octets(std::string_view id) const override { return inner_->octets(id); }
  Result<verifier::LifecycleChange> set_active(std::span<const std::string> ids, bool active) override {
    return inner_->set_active(ids, active);
  }
  Result<verifier::LifecycleChange> set_active(const rats::CoservQuery& query, bool active) override {
    return inner_->set_active(query, active);
  }
  Result<std::vector<std::shared_ptr<const verifier::Origin>>> origins(std::string_view source) const override {
    return inner_->origins(source);
  }
  Result<std::shared_ptr<const verifier::Origin>> newest_with_tag(
      std::string_view profile, std::string_view tag,
      const std::function<bool(const verifier::Origin&)>& suits) const override {
    return inner_->newest_with_tag(profile, tag, suits);
  }
  Result<verifier::LifecycleChange> remove(std::string_view id) override { return inner_->remove(id); }
  Result<std::vector<verifier::SelectedStatement>> select(std::string_view profile,
                                                          const rats::EnvironmentQuery& query) const override {
    return inner_->select(profile, query);
  }
  Result<std::shared_ptr<const verifier::DenyList>> deny_list() const override { return inner_->deny_list(); }
  std::uint64_t generation() const noexcept override { return inner_->generation(); }
  std::shared_ptr<const verifier::Documents> documents(verifier::DocumentKind kind) const override {
    return inner_->documents(kind);
  }
  std::uint64_t version(verifier::DocumentKind kind) const noexcept override { return inner_->version(kind); }
  Result<void> change(verifier::DocumentKind kind, const Decision& decide) override {
    return inner_->change(kind, decide);
  }
  Result<std::vector<verifier::StoreChange>> changes_after(std::uint64_t generation) const override {
    return inner_->changes_after(generation);
  }

 private:
  std::shared_ptr<verifier::Store> inner_;
};

// One that others change too, and that can be cut off from where they do it: what happened since may have been missed.
class RemoteStore final : public StoreAround {
 public:
  using StoreAround::StoreAround;
  Result<std::shared_ptr<const verifier::DenyList>> deny_list() const override {
    if (is_cut_off) return fail(Errc::unavailable, "revocations may have been missed");
    return StoreAround::deny_list();
  }

  std::atomic<bool> is_cut_off = false;
};

}  // namespace credence::test
