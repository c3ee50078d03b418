// Sessions in the memory of this process. Bounded in number, memory and time.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/clock.h"
#include "base/random.h"
#include "service/verifier/recent_nonces.h"
#include "service/verifier/session.h"

namespace credence::service {

struct SessionLimits {
  std::chrono::milliseconds lifetime = kSessionLifetime;
  std::size_t sessions = 50'000;      // open at the same time
  std::size_t of_one_client = 5'000;  // of these
  std::size_t kept_octets = 4 << 20;  // of evidence and results that are kept for GET
};

class MemorySessions final : public Sessions {
 public:
  MemorySessions(SessionLimits limits, std::shared_ptr<const Clock> clock, std::shared_ptr<const Random> random)
      : limits_(limits), clock_(std::move(clock)), random_(std::move(random)) {}

  // The id is 32 hexadecimal digits. Errc::busy when too many are open, of this client or of all.
  [[nodiscard]] Result<Session> open(Nonce nonce, bool own_nonce, std::string_view client,
                                     ResultRequest request) override;
  [[nodiscard]] Result<Session> find(std::string_view id) override;
  [[nodiscard]] Result<Question> question(std::string_view id) override;
  // For exactly one caller: a verdict cannot be asked for twice with one nonce.
  [[nodiscard]] Result<Session> claim(std::string_view id, std::string evidence_type, Bytes evidence) override;
  // A session that is gone is left alone. Errc::conflict for one that has ended already.
  [[nodiscard]] Result<void> finish(Session& claimed, std::optional<std::string> result) override;
  [[nodiscard]] Result<void> remove(std::string_view id) override;
  [[nodiscard]] std::size_t count() override;

 private:
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>()(text); }
  };
  using Queue = std::list<std::string_view>;  // of ids, as the keys of table_ have them: erase() ends both
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
    Queue places;  // two for when it is finished, once it is claimed: that must not fail for want of memory
  };
  using Table = std::unordered_map<std::string, Slot, TextHash, std::equal_to<>>;
  using Clients = std::unordered_map<std::string, Client, TextHash, std::equal_to<>>;

  [[nodiscard]] Result<Table::iterator> locate(std::string_view id);
  [[nodiscard]] Result<void> make_room(std::string_view client);
  void record(Table::iterator position, SessionStatus status, std::string result) noexcept;
  void erase(Table::iterator position) noexcept;
  void drop_expired();

  const SessionLimits limits_;
  const std::shared_ptr<const Clock> clock_;
  const std::shared_ptr<const Random> random_;
  std::mutex mutex_;
  RecentNonces issued_{1 << 14};
  Table table_;
  Clients clients_;  // those that have sessions
  Queue by_age_;     // oldest first; all live for the same time, so this is also the order of expiry
  Queue finished_;   // oldest first
  std::size_t kept_octets_ = 0;
};

}  // namespace credence::service
