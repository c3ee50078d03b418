// What became of challenge-response sessions, for several verifiers that share it: a session is spent by whoever
// records its outcome first, and nobody else ever can.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"

namespace credence::verifier {

// Thread-safe. Durable: what was recorded survives a crash of this process and of the database. Errors are of the
// database (Errc::unavailable), and no statement about a session.
class SessionLedger {
 public:
  struct Outcome {
    std::string evidence_type;
    std::string result;  // signed; empty: it was taken back
    friend bool operator==(const Outcome&, const Outcome&) = default;
  };

  virtual ~SessionLedger() = default;
  // False when it has an outcome already; that one stays. `id` is unique among all sessions; what is known of it may
  // be forgotten some time after `expiry`.
  [[nodiscard]] virtual Result<bool> record(ByteView id, Timestamp expiry, const Outcome& outcome) = 0;
  // Takes the result away; the session stays, or becomes, spent.
  [[nodiscard]] virtual Result<void> take_back(ByteView id, Timestamp expiry) = 0;
  [[nodiscard]] virtual Result<std::optional<Outcome>> find(ByteView id) = 0;
  // Forgets what expired longer ago than `margin`, by the caller's clock and by the ledger's own: a clock that is ahead
  // makes no session fresh again for the others.
  [[nodiscard]] virtual Result<void> forget_expired(Timestamp now, std::chrono::milliseconds margin) = 0;
};

}  // namespace credence::verifier
