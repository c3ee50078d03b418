// Answers that are kept in memory: so many, and so many octets, and none for longer than it is good.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <unordered_map>

#include "edge/answers.h"

namespace credence::edge {

// Thread-safe. A look-up shares a lock for as long as it takes to find the entry.
class Cache final : public Answers {
 public:
  struct Limits {
    std::size_t entries = 4'096;
    std::size_t octets = 64 << 20;  // of the messages; what is made of them takes a small multiple
  };
  explicit Cache(Limits limits) : limits_(limits) {}

  // One, or none. What is no longer usable is not found.
  [[nodiscard]] Result<std::vector<Kept>> find(const rats::CoservQuery& query, ByteView octets,
                                               Timestamp now) const override;
  // Replaces what is kept for the query. What has expired goes first when there is no room, then what was used longest
  // ago. An answer that is larger than all the room is not kept.
  void put(ByteView query, Kept kept, Timestamp now);
  // Until when the answer to it was good, when it was known once: for the words of a refusal.
  [[nodiscard]] std::optional<Timestamp> last_known(ByteView query) const;

  [[nodiscard]] std::size_t entries() const;
  [[nodiscard]] std::size_t octets() const;

 private:
  struct Entry {
    Kept kept;
    mutable std::atomic<std::uint64_t> last_use{0};
  };
  using Map = std::unordered_map<std::string, std::unique_ptr<Entry>>;
  void erase(Map::iterator entry);
  void make_room(std::size_t octets, Timestamp now);

  const Limits limits_;
  mutable std::shared_mutex mutex_;
  mutable std::atomic<std::uint64_t> uses_{0};
  Map entries_;
  std::size_t octets_ = 0;
};

}  // namespace credence::edge
