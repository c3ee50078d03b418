#include "edge/cache.h"

#include <algorithm>
#include <mutex>
#include <utility>

namespace credence::edge {

Result<std::vector<Kept>> Cache::find(const rats::CoservQuery&, ByteView octets, Timestamp now) const {
  const std::shared_lock lock(mutex_);
  const auto found = entries_.find(std::string(as_text(octets)));
  if (found == entries_.end() || !found->second->kept.is_usable(now)) return std::vector<Kept>{};
  found->second->last_use = ++uses_;
  return std::vector{found->second->kept};
}

void Cache::put(ByteView query, Kept kept, Timestamp now) {
  const std::unique_lock lock(mutex_);
  if (const auto before = entries_.find(std::string(as_text(query))); before != entries_.end()) erase(before);
  if (limits_.entries == 0 || kept.size > limits_.octets) return;
  make_room(kept.size, now);
  octets_ += kept.size;
  auto entry = std::make_unique<Entry>();
  entry->kept = std::move(kept);
  entry->last_use = ++uses_;
  entries_[std::string(as_text(query))] = std::move(entry);
}

std::optional<Timestamp> Cache::last_known(ByteView query) const {
  const std::shared_lock lock(mutex_);
  const auto found = entries_.find(std::string(as_text(query)));
  if (found == entries_.end()) return std::nullopt;
  return found->second->kept.usable_until;
}

std::size_t Cache::entries() const {
  const std::shared_lock lock(mutex_);
  return entries_.size();
}

std::size_t Cache::octets() const {
  const std::shared_lock lock(mutex_);
  return octets_;
}

void Cache::erase(Map::iterator entry) {
  octets_ -= entry->second->kept.size;
  entries_.erase(entry);
}

void Cache::make_room(std::size_t octets, Timestamp now) {
  const auto is_full = [&] { return entries_.size() >= limits_.entries || octets_ + octets > limits_.octets; };
  if (!is_full()) return;
  for (auto entry = entries_.begin(); entry != entries_.end();) {
    const auto next = std::next(entry);
    if (!entry->second->kept.is_usable(now)) erase(entry);
    entry = next;
  }
  while (!entries_.empty() && is_full())
    erase(std::ranges::min_element(entries_, {}, [](const auto& entry) { return entry.second->last_use.load(); }));
}

}  // namespace credence::edge
