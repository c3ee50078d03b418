// Where a store keeps what was submitted: CoRIMs and other documents, and the one order of all changes to them. One for
// each kind of database.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "verifier/documents.h"

namespace credence::verifier {

// For one thread at a time. Errors are of the database, and are no statement about any CoRIM.
class Journal {
 public:
  virtual ~Journal() = default;

  using Kind = DocumentKind;
  using Entry = Document;
  using Event = DocumentChange::Event;
  struct Change {
    std::int64_t sequence = 0;
    Event event{};
    Kind kind{};
    std::string id;
  };

  // False when nobody has committed anything since the last call: the cheap question, asked often.
  [[nodiscard]] virtual Result<bool> has_news() = 0;
  // Of the last change; 0 when there was none.
  [[nodiscard]] virtual Result<std::int64_t> last_sequence() = 0;
  [[nodiscard]] virtual Result<std::vector<Change>> changes_after(std::int64_t sequence) = 0;
  [[nodiscard]] virtual Result<std::optional<Entry>> entry(Kind kind, std::string_view id) = 0;
  // Oldest first.
  [[nodiscard]] virtual Result<void> for_each(Kind kind, const std::function<Result<void>(Entry)>& visit) = 0;
  // Of what is stored and of all changes: perhaps of a newer program, and unknown here.
  [[nodiscard]] virtual Result<std::int64_t> highest_kind() = 0;

  // A transaction that excludes other writers, of other processes too; it sees what they have committed.
  [[nodiscard]] virtual Result<void> begin() = 0;
  // What is read until roll_back() is of one moment, whatever others commit meanwhile; they are not held up.
  [[nodiscard]] virtual Result<void> begin_snapshot() = 0;
  // Durable when it returns.
  [[nodiscard]] virtual Result<void> commit() = 0;
  virtual void roll_back() noexcept = 0;
  // Within a transaction. `octets` is for Event::added only. The sequence number of the change.
  [[nodiscard]] virtual Result<std::int64_t> append(Event event, Kind kind, std::string_view id, ByteView octets) = 0;

  // As Store has them; outside a transaction.
  [[nodiscard]] virtual Result<void> note_time(Timestamp /*told*/, TimeNote /*how*/) { return {}; }
  [[nodiscard]] virtual Result<std::optional<Timestamp>> noted_time() { return std::nullopt; }
};

}  // namespace credence::verifier
