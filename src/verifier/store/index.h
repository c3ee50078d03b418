// The content of a store in memory: what look-ups read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <shared_mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "verifier/store.h"
#include "verifier/store/content.h"
#include "verifier/store/deactivated.h"
#include "verifier/store/selection.h"
#include "verifier/store/subjects.h"
#include "verifier/store/tag_versions.h"

namespace credence::verifier {

// Thread-safe. Triples are kept encoded; what is looked up is parsed once and shared until a change of what it was made
// of. Look-ups share a lock; objects that were handed out are never altered.
//
// Changes come from one thread at a time: the store's own lock sees to that, so that nothing comes between check() and
// add(). One that an exception ends leaves the index torn (tear()): nobody ever finds a part of it.
class Index {
 public:
  // Errc::conflict when a trust anchor of `content` contradicts what is there, or `content` itself, and when a CoMID of
  // it is off where it is; of CoMIDs the refusals of TagVersions.
  [[nodiscard]] Result<void> check(const Content& content) const;
  [[nodiscard]] Result<void> check_versions(const Content& content) const;
  // Of what is off with these documents, instead of those that set_active() was told.
  [[nodiscard]] Result<void> check_deactivated(const Content& content, const Deactivated& off) const;
  // What is to count from now on, of contents that may be in the index or not.
  struct Candidate {
    const Content* content = nullptr;
    Deactivated::Parts off;
  };
  [[nodiscard]] Result<void> check_anchors(std::span<const Candidate> candidates) const;
  void add(Content content);
  // Forgets what the submission with this id says; nothing happens when it is not there.
  void remove(std::string_view id);

  // Parts of CoRIMs that are there or not (store/deactivated.h), by the ids of the documents that say so.
  void set_active(std::span<const std::string> documents, bool active);
  [[nodiscard]] Deactivated deactivated() const;

  // The CoMIDs of others that nothing but these CoRIMs replaces (linked-tags), as the documents that deactivate them.
  [[nodiscard]] Result<std::vector<std::string>> replaced_by(std::span<const std::string> ids) const;

  // Null when it is not there. Valid until it is removed.
  [[nodiscard]] const Content* content(std::string_view id) const;
  // The id of one that says the same (Content::fingerprint_with_signer()).
  [[nodiscard]] Result<std::optional<std::string>> same_as(const Content& content) const;
  // Those whose CoRIM gives itself this id, in the order in which they were added: all, or those of which everything
  // counts. Those are for others to rely on: without a deny list there are none, its Error.
  enum class Whole : bool { no, yes };
  [[nodiscard]] Result<std::vector<std::shared_ptr<const Origin>>> origins(std::string_view source, Whole whole) const;

  // Of those of this profile with this tag (Content::Tag::id) in its highest version, of which everything counts: the
  // last that suits. Null when none does; without a deny list its Error. `suits` must not call the index.
  [[nodiscard]] Result<std::shared_ptr<const Origin>> newest_with_tag(
      std::string_view profile, std::string_view tag, const std::function<bool(const Origin&)>& suits) const;

  // What is revoked is not found from here on. An Error, of a list that cannot be read, is what find() returns then.
  void set_deny_list(Result<std::shared_ptr<const DenyList>> list);
  [[nodiscard]] Result<std::shared_ptr<const DenyList>> deny_list() const;

  // An exception has left a part of a change here: nothing is found and there is no deny list, Errc::unavailable, until
  // all that counts has been added after clear(), and mend() called.
  void tear() noexcept;
  [[nodiscard]] bool is_torn() const;
  // Everything but the deny list.
  void clear() noexcept;
  void mend() noexcept;

  [[nodiscard]] Result<std::shared_ptr<const Endorsed>> find(const Lookup& lookup) const;

  // What it is joined from; `visit` must not call the index.
  [[nodiscard]] Result<void> for_each_statement(const Lookup& lookup,
                                                const std::function<void(const Statement&)>& visit) const;
  // The questions of CoSERV. Only what is about the identifiers in it is looked at, or else about the vendor, the
  // model, the layer or the index of the class; what the whole store is about is walked over, 20 ms for a million
  // triples.
  [[nodiscard]] Result<std::vector<SelectedStatement>> select(std::string_view profile,
                                                              const rats::EnvironmentQuery& query) const;
  // Statements that answer such a question whether they count or not, as the documents that deactivate them.
  [[nodiscard]] Result<std::vector<std::string>> statements_about(std::string_view profile,
                                                                  const rats::EnvironmentQuery& query) const;
  // CoMIDs with this id, likewise.
  [[nodiscard]] Result<std::vector<std::string>> comids(std::string_view tag) const;
  static constexpr std::size_t kMostSelected = 4'096;
  static constexpr std::size_t kMostLookedAt = 1 << 16;  // of a query by identifiers

  // Triples that look-ups can find.
  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] StoreSize store_size() const;

 private:
  class Change;
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

  using Visit = std::function<Result<void>(std::uint32_t number, const Content& content, const Content::Entry& entry)>;
  // What may answer the question.
  [[nodiscard]] Result<void> visit_asked(const StatementSelector& selector, const Visit& visit) const;
  [[nodiscard]] Result<void> visit_all(const Visit& visit) const;
  // Neither replaced nor deactivated.
  [[nodiscard]] bool counts(std::uint32_t number, const Content& content, std::size_t offset) const;
  [[nodiscard]] bool is_off(std::uint32_t number, std::size_t offset) const;
  // Of this profile, and by nobody who is revoked.
  [[nodiscard]] Result<bool> speaks(const Content& content, std::string_view profile) const;
  [[nodiscard]] Result<std::shared_ptr<const Endorsed>> any_conditional(const Scheme& scheme) const;
  void forget(std::uint32_t number, const Content& content);
  // Of documents, that they are there or not: the CoRIMs here that they are about.
  [[nodiscard]] std::set<std::uint32_t> note(std::span<const std::string> documents, bool active);
  [[nodiscard]] std::vector<std::pair<std::uint32_t, Deactivated::Parts>> off_of(
      const std::set<std::uint32_t>& numbers) const;
  // Both for whoever holds the lock: that it is not torn; deny_list().
  [[nodiscard]] Result<void> check_whole() const;
  [[nodiscard]] Result<std::shared_ptr<const DenyList>> denied() const;
  [[nodiscard]] std::shared_ptr<const Endorsed> joined(const Lookup& lookup, std::uint64_t hash) const;
  // Those that count, or those too that something else replaces.
  enum class Replaced : bool { left_out, included };
  [[nodiscard]] Result<std::vector<Statement>> statements(const Lookup& lookup, std::uint64_t hash,
                                                          Replaced replaced) const;
  [[nodiscard]] Result<void> visit_statements(const Lookup& lookup, std::uint64_t hash, Replaced replaced,
                                              const Visit& visit) const;
  // Those whose origin is not revoked.
  [[nodiscard]] Result<std::vector<Statement>> valid_statements(const Lookup& lookup, std::uint64_t hash) const;

  mutable std::shared_mutex mutex_;
  std::unordered_map<std::uint32_t, std::unique_ptr<const Content>> contents_;
  std::unordered_map<std::string, std::uint32_t> numbers_;  // by id of the submission
  std::unordered_map<std::uint64_t, std::vector<Posting>> postings_;
  std::map<std::string, std::vector<std::uint32_t>, std::less<>> sources_;  // by the id that a CoRIM gives itself
  Subjects subjects_;
  TagVersions versions_;
  Deactivated deactivated_;
  std::unordered_map<std::uint32_t, Deactivated::Parts> off_;   // of contents of which something is
  std::unordered_map<const Scheme*, std::size_t> conditional_;  // how many conditional endorsements
  std::uint32_t next_ = 0;
  std::size_t size_ = 0;
  Result<std::shared_ptr<const DenyList>> deny_list_ = std::make_shared<const DenyList>();
  bool torn_ = false;
  std::uint64_t epoch_ = 0;  // of changes: what was joined before one is not kept after it
  mutable std::unordered_map<std::uint64_t, Joined> joined_;
};

}  // namespace credence::verifier
