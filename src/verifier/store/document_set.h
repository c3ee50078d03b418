// The documents of a store in memory, other kinds than CoRIMs.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <set>
#include <shared_mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "verifier/documents.h"

namespace credence::verifier {

// documents() and version() are for any thread. Changes come from one thread at a time, and are seen once publish() was
// called: those of one transaction together.
class DocumentSet {
 public:
  DocumentSet();

  void add(DocumentKind kind, Document document);
  // Both: nothing happens for what is not there.
  void remove(DocumentKind kind, const std::set<std::string>& ids);
  void set_active(DocumentKind kind, std::string_view id, bool active);
  // Those with these ids by `documents`: all of it, or, when memory is lacking for it, nothing.
  void replace(DocumentKind kind, const std::set<std::string>& ids, std::vector<Document> documents);
  // All of them, all kinds: seen by publish(), too.
  void clear() noexcept;
  // `sequence` is that of the last change.
  void publish(std::uint64_t sequence);

  [[nodiscard]] std::shared_ptr<const Documents> documents(DocumentKind kind) const;
  [[nodiscard]] std::uint64_t version(DocumentKind kind) const noexcept;

 private:
  struct Slot {
    Documents next;
    bool changed = false;
    std::shared_ptr<const Documents> published;
    std::atomic<std::uint64_t> version{0};
  };
  Slot& slot(DocumentKind kind) { return slots_.at(static_cast<std::size_t>(kind)); }

  mutable std::shared_mutex mutex_;  // Slot::published
  std::array<Slot, kDocumentKinds> slots_;
};

// Whether `changes` can be made to `present`, each after the ones before it: what DocumentStore::change() promises.
[[nodiscard]] Result<void> check_changes(const Documents& present, std::span<const DocumentChange> changes);

}  // namespace credence::verifier
