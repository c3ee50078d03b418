// What a journal says, in memory: what look-ups read, and what a change is checked against. It follows what this
// process commits, and what others do.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "verifier/documents.h"
#include "verifier/store/content.h"
#include "verifier/store/deactivated.h"
#include "verifier/store/document_set.h"
#include "verifier/store/inactive.h"
#include "verifier/store/index.h"
#include "verifier/store/journal.h"

namespace credence::verifier {

// For one thread at a time, but for index(), documents(), sequence() and current_at(), which are for any.
class Replica {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Replica(Journal& journal) : journal_(&journal) {}

  // Everything, before anything else. An error of a CoRIM that counts and cannot be read: nobody starts without it.
  [[nodiscard]] Result<void> load_all();
  // What others have committed since the last time; everything, once it is torn. There are no verdicts, and an error,
  // Errc::unavailable while there are CoRIMs that count and cannot be read, of a newer program perhaps;
  // Errc::configuration when one has stored what is not known here.
  [[nodiscard]] Result<void> take_changes();
  // An exception has come between what belongs together, for want of memory: there are no verdicts until take_changes()
  // has read everything again, best in a transaction.
  [[nodiscard]] bool is_torn() const { return index_.is_torn(); }

  [[nodiscard]] Journal& journal() const noexcept { return *journal_; }
  [[nodiscard]] Index& index() noexcept { return index_; }
  [[nodiscard]] const Index& index() const noexcept { return index_; }
  [[nodiscard]] const DocumentSet& documents() const noexcept { return documents_; }
  [[nodiscard]] const InactiveCorims& inactive() const noexcept { return inactive_; }
  // Of the last change that is in force, as all those before it are.
  [[nodiscard]] std::int64_t sequence() const noexcept { return sequence_.load(); }
  // When the journal was asked last, and answered.
  [[nodiscard]] Clock::time_point current_at() const noexcept { return current_at_.load(); }

  // Errc::conflict when a CoRIM that says the same, and is there, is not active.
  [[nodiscard]] Result<void> check_not_deactivated(const Content& content) const;
  // Deactivated::check() against the CoRIMs that are not active. Those that are: Index::check_deactivated().
  [[nodiscard]] Result<void> check_inactive(const Content& content, const Deactivated& off) const;

  // What has been committed. Documents are seen from publish() on, with the sequence number of the last change.
  void add(Content content);
  // `said`: Content::fingerprint_without_signer().
  void deactivate(const std::string& id, Bytes said);
  void remove(const std::string& id);
  void apply(DocumentKind kind, std::vector<DocumentChange> changes);
  void publish(std::int64_t sequence);

 private:
  template <typename Change>
  void take_whole(const Change& change);
  void forget_all() noexcept;
  // A CoRIM that counts and cannot be read.
  enum class Unread : std::uint8_t { refused, remembered };
  [[nodiscard]] Result<void> read_all(Unread unread);
  [[nodiscard]] Result<void> read_again();
  [[nodiscard]] Result<void> load(const Document& entry, Unread unread);
  [[nodiscard]] Result<void> load_inactive(const Document& entry);
  [[nodiscard]] Result<void> check_read() const;
  [[nodiscard]] Result<void> read_unread();
  [[nodiscard]] Result<void> take_all(std::span<const Journal::Change> changes);
  void take_parts(std::span<const Journal::Change> changes);
  [[nodiscard]] Result<void> take_documents(std::span<const Journal::Change> changes);
  [[nodiscard]] Result<void> take_corim(const Journal::Change& change);
  [[nodiscard]] Result<void> remember_inactive(const std::string& id);
  void publish_deny_list();
  void apply_all(DocumentKind kind, std::vector<DocumentChange>& changes);
  void apply_one(DocumentKind kind, DocumentChange change);

  Journal* journal_;
  Index index_;
  DocumentSet documents_;
  std::shared_ptr<const Documents> denied_;    // what deny_list_ was made of
  std::shared_ptr<const DenyList> deny_list_;  // the last that could be made
  std::int64_t taken_ = 0;  // the last change that is taken; sequence_ follows once all up to it is in force
  std::atomic<std::int64_t> sequence_{0};
  std::atomic<Clock::time_point> current_at_{};
  InactiveCorims inactive_;              // but for those that cannot be read
  std::map<std::string, Error> unread_;  // active CoRIMs that are not in the index, by id
};

// That this CoRIM is not there; that it is, and is off.
[[nodiscard]] std::unexpected<Error> not_stored(std::string_view id);
[[nodiscard]] std::unexpected<Error> already_deactivated(std::string_view id);

}  // namespace credence::verifier
