// A transaction of a journal: rolled back unless it was committed.
#pragma once

#include <cstdint>
#include <span>
#include <utility>

#include "base/result.h"
#include "verifier/documents.h"
#include "verifier/store/journal.h"

namespace credence::verifier {

class JournalTransaction {
 public:
  [[nodiscard]] static Result<JournalTransaction> begin(Journal& journal) {
    CHECK(journal.begin());
    return JournalTransaction(journal);
  }
  JournalTransaction(JournalTransaction&& other) noexcept : journal_(std::exchange(other.journal_, nullptr)) {}
  JournalTransaction& operator=(JournalTransaction&&) = delete;
  ~JournalTransaction() {
    if (journal_ != nullptr) journal_->roll_back();
  }

  // The sequence number of the last one; 0 when there is none.
  [[nodiscard]] Result<std::int64_t> append(DocumentKind kind, std::span<const DocumentChange> changes) {
    std::int64_t sequence = 0;
    for (const DocumentChange& change : changes) {
      TRY(sequence, journal_->append(change.event, kind, change.id, change.octets));
    }
    return sequence;
  }

  Result<void> commit() {
    CHECK(journal_->commit());
    journal_ = nullptr;
    return {};
  }

 private:
  explicit JournalTransaction(Journal& journal) : journal_(&journal) {}
  Journal* journal_;
};

}  // namespace credence::verifier
