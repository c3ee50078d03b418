// The content of a store in memory: what look-ups read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "verifier/store.h"
#include "verifier/store/content.h"
#include "verifier/store/selection.h"
#include "verifier/store/subjects.h"
#include "verifier/store/tag_versions.h"

namespace credence::verifier {

// Thread-safe. Triples are kept encoded; what is looked up is parsed once and shared until a change of what it was made
// of. Look-ups share a lock; objects that were handed out are never altered.
//
// Changes come from one thread at a time: the store's own lock sees to that, so that nothing comes between check() and
// add().
class Index {
 public:
  // Errc::conflict when a trust anchor of `content` contradicts what is there, or `content` itself; Errc::stale when a
  // later version of one of its CoMIDs is there.
  [[nodiscard]] Result<void> check(const Content& content) const;
  void add(Content content);
  // Forgets what the submission with this id says; nothing happens when it is not there.
  void remove(std::string_view id);

  // What is revoked is not found from here on. An Error, of a list that cannot be read, is what find() returns then.
  void set_deny_list(Result<std::shared_ptr<const DenyList>> list);
  [[nodiscard]] Result<std::shared_ptr<const DenyList>> deny_list() const;

  [[nodiscard]] Result<std::shared_ptr<const Endorsed>> find(const Lookup& lookup) const;

  // What it is joined from; `visit` must not call the index.
  [[nodiscard]] Result<void> for_each_statement(const Lookup& lookup,
                                                const std::function<void(const Statement&)>& visit) const;
  // The questions of CoSERV. Those by identifiers look at what is about these; one by a vendor or a model walks over
  // everything, 20 ms for a million triples.
  [[nodiscard]] Result<std::vector<SelectedStatement>> select(std::string_view profile,
                                                              const rats::EnvironmentQuery& query) const;
  static constexpr std::size_t kMostSelected = 4'096;
  static constexpr std::size_t kMostLookedAt = 1 << 16;  // of a query by identifiers

  // Triples that look-ups can find.
  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] StoreSize store_size() const;

 private:
  struct Posting {
    std::uint32_t content = 0;  // key of contents_
    std::uint32_t offset = 0;   // of the entry
  };
  struct Joined {
    const Scheme* scheme = nullptr;
    Topic topic{};
    Bytes key;
    std::shared_ptr<const Endorsed> object;
  };

  [[nodiscard]] Result<void> select_by_identifiers(std::string_view profile, const StatementSelector& selector,
                                                   Selection& selection) const;
  [[nodiscard]] Result<void> select_by_walk(std::string_view profile, Selection& selection) const;
  // Of this profile, and by nobody who is revoked.
  [[nodiscard]] Result<bool> speaks(const Content& content, std::string_view profile) const;
  [[nodiscard]] std::shared_ptr<const Endorsed> any_conditional(const Scheme& scheme) const;
  [[nodiscard]] std::shared_ptr<const Endorsed> joined(const Lookup& lookup, std::uint64_t hash) const;
  [[nodiscard]] Result<std::vector<Statement>> statements(const Lookup& lookup, std::uint64_t hash) const;
  // Those whose origin is not revoked.
  [[nodiscard]] Result<std::vector<Statement>> valid_statements(const Lookup& lookup, std::uint64_t hash) const;

  mutable std::shared_mutex mutex_;
  std::unordered_map<std::uint32_t, std::unique_ptr<const Content>> contents_;
  std::unordered_map<std::string, std::uint32_t> numbers_;  // by id of the submission
  std::unordered_map<std::uint64_t, std::vector<Posting>> postings_;
  Subjects subjects_;
  TagVersions versions_;
  std::unordered_map<const Scheme*, std::size_t> conditional_;  // how many conditional endorsements
  std::uint32_t next_ = 0;
  std::size_t size_ = 0;
  Result<std::shared_ptr<const DenyList>> deny_list_ = std::make_shared<const DenyList>();
  std::uint64_t epoch_ = 0;  // of changes: what was joined before one is not kept after it
  mutable std::unordered_map<std::uint64_t, Joined> joined_;
};

}  // namespace credence::verifier
