// The parsed content of a store: what look-ups read.
#pragma once

#include <cstddef>
#include <memory>
#include <shared_mutex>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "verifier/store.h"
#include "verifier/store/content.h"

namespace credence::verifier {

struct StoreKeyHash {
  std::size_t operator()(const Kid& kid) const noexcept;
  std::size_t operator()(const rats::TaggedBytes& id) const noexcept;
};
template <typename Key, typename Value>
using StoreMap = std::unordered_map<Key, Value, StoreKeyHash>;

// Thread-safe. Look-ups share a lock and hand out immutable objects; a change replaces objects and never alters one.
class Index {
 public:
  // The objects that a CoRIM adds or replaces. Nothing is visible before apply().
  struct Change {
    std::vector<std::shared_ptr<const TrustAnchor>> anchors;
    std::vector<std::shared_ptr<const ReferenceValues>> reference_values;
  };

  // Merges `content` with what is there. Errc::conflict when a kid is already known with another key, class or record.
  // Changes are prepared and applied by one thread at a time: the store's own lock sees to that.
  [[nodiscard]] Result<Change> prepare(const Content& content) const;
  void apply(Change change);

  [[nodiscard]] std::shared_ptr<const TrustAnchor> trust_anchor(const Kid& kid) const;
  [[nodiscard]] std::shared_ptr<const ReferenceValues> reference_values(const rats::TaggedBytes& class_id) const;

 private:
  mutable std::shared_mutex mutex_;
  StoreMap<Kid, std::shared_ptr<const TrustAnchor>> anchors_;
  StoreMap<rats::TaggedBytes, std::shared_ptr<const ReferenceValues>> reference_values_;
};

}  // namespace credence::verifier
