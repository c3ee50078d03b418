// Challenge-response sessions: a nonce that was issued, and what became of it. Bounded in number, memory and time;
// each takes evidence once.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "base/strong.h"
#include "service/verifier/issued_nonces.h"
#include "service/verifier/result_request.h"

namespace credence::service {

enum class SessionStatus : std::uint8_t { waiting, processing, complete, failed };
[[nodiscard]] std::string_view name(SessionStatus status) noexcept;

struct Session {
  std::string id;  // 32 hexadecimal digits
  Nonce nonce;
  bool own_nonce = false;  // made here, so that `created` bounds the age of the evidence
  Timestamp created{};
  Timestamp expiry{};
  SessionStatus status = SessionStatus::waiting;
  std::string evidence_type;
  Bytes evidence;
  std::string result;     // EAR, signed
  ResultRequest request;  // how it shall be
};

struct SessionLimits {
  std::chrono::milliseconds lifetime{150'000};  // Veraison's 2m30s
  std::size_t sessions = 50'000;                // open at the same time
  std::size_t of_one_client = 5'000;            // of these
  std::size_t kept_octets = 4 << 20;            // of evidence and results that are kept for GET
};

// Thread-safe.
class Sessions {
 public:
  Sessions(SessionLimits limits, std::shared_ptr<const Clock> clock, std::shared_ptr<const Random> random)
      : limits_(limits), clock_(std::move(clock)), random_(std::move(random)) {}

  // Errc::busy when too many are open, of this client (http::Request::client) or of all. Errc::internal when a nonce
  // of this verifier's own was made before.
  [[nodiscard]] Result<Session> open(Nonce nonce, bool own_nonce, std::string_view client = {},
                                     ResultRequest request = {});
  // Errc::malformed for what is no id, not_found for an unknown or expired one.
  [[nodiscard]] Result<Session> find(std::string_view id);
  // Waiting becomes processing, for exactly one caller: Errc::conflict for any other, so that a verdict cannot be asked
  // for twice with one nonce.
  [[nodiscard]] Result<Session> claim(std::string_view id, std::string_view evidence_type, ByteView evidence);
  // Processing becomes complete, or failed when there is no result. A session that is gone is left alone.
  void finish(std::string_view id, std::optional<std::string> result);
  [[nodiscard]] Result<void> remove(std::string_view id);
  // Of sessions that are kept, whatever their status.
  [[nodiscard]] std::size_t count();

 private:
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>()(text); }
  };
  using Queue = std::list<std::string>;  // of ids
  struct Client {
    std::size_t open = 0;
    Queue finished;  // oldest first
  };
  struct Finished {
    Queue::iterator of_all;
    Queue::iterator of_client;
  };
  struct Slot {
    Session session;
    std::string client;
    Queue::iterator by_age;
    std::optional<Finished> finished;
  };
  using Table = std::unordered_map<std::string, Slot, TextHash, std::equal_to<>>;
  using Clients = std::unordered_map<std::string, Client, TextHash, std::equal_to<>>;

  [[nodiscard]] Result<Table::iterator> locate(std::string_view id);
  [[nodiscard]] Result<void> make_room(std::string_view client);
  void erase(Table::iterator position);
  void drop_expired(Timestamp now);

  const SessionLimits limits_;
  const std::shared_ptr<const Clock> clock_;
  const std::shared_ptr<const Random> random_;
  std::mutex mutex_;
  IssuedNonces issued_{1 << 14};
  Table table_;
  Clients clients_;  // those that have sessions
  Queue by_age_;     // oldest first; all live for the same time, so this is also the order of expiry
  Queue finished_;   // oldest first
  std::size_t kept_octets_ = 0;
};

}  // namespace credence::service
