#include "verifier/store/memory/store.h"

#include <algorithm>
#include <array>
#include <deque>
#include <format>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "verifier/store/indexed_store.h"
#include "verifier/store/journal.h"

namespace credence::verifier {
namespace {

constexpr std::size_t kKeptChanges = 1'024;

// Nothing here fails half way, but for want of memory: what a transaction did is undone then.
class MemoryJournal final : public Journal {
 public:
  Result<bool> has_news() override { return false; }
  Result<std::int64_t> last_sequence() override { return sequence_; }
  Result<std::vector<Change>> changes_after(std::int64_t sequence) override {
    const auto first = std::ranges::upper_bound(changes_, sequence, {}, &Change::sequence);
    const auto missing = sequence_ - sequence - (changes_.end() - first);
    if (missing > 0)
      return fail(Errc::unavailable, std::format("expected at most {} changes, got {} more", kKeptChanges, missing));
    return std::vector<Change>(first, changes_.end());
  }

  Result<std::optional<Entry>> entry(Kind kind, std::string_view id) override {
    const auto found = find(kind, id);
    if (found == of(kind).end()) return std::nullopt;
    return *found;
  }

  Result<void> for_each(Kind kind, const std::function<Result<void>(Entry)>& visit) override {
    for (const Entry& entry : of(kind)) CHECK(visit(entry));
    return {};
  }

  Result<std::int64_t> highest_kind() override { return std::int64_t{kDocumentKinds - 1}; }

  Result<void> begin() override { return {}; }
  Result<void> begin_snapshot() override { return {}; }
  Result<void> commit() override {
    done_.clear();
    while (changes_.size() > kKeptChanges) changes_.pop_front();
    return {};
  }
  void roll_back() noexcept override {
    for (; !done_.empty(); done_.pop_back()) undo(done_.back());
  }

  // All that takes memory comes before what it changes.
  Result<std::int64_t> append(Event event, Kind kind, std::string_view id, ByteView octets) override {
    std::vector<Entry>& entries = of(kind);
    if (event == Event::added) make_room(entries);
    const auto found = event == Event::added ? entries.end() : find(kind, id);
    if (event != Event::added && found == entries.end())
      return fail(Errc::not_found, std::format("nothing with id {} is stored", id));
    Done done{.event = event, .kind = kind, .at = found - entries.begin(), .entry = {}};
    if (event == Event::added) done.entry = {.id = std::string(id), .octets = to_bytes(octets), .active = true};
    make_room(done_);
    changes_.push_back({.sequence = sequence_ + 1, .event = event, .kind = kind, .id = std::string(id)});
    ++sequence_;
    if (event == Event::added) {
      entries.push_back(std::exchange(done.entry, {}));
    } else if (event == Event::removed) {
      done.entry = std::move(*found);
      entries.erase(found);
    } else {
      done.was_active = std::exchange(found->active, event == Event::activated);
    }
    done_.push_back(std::move(done));
    return sequence_;
  }

 private:
  struct Done {
    Event event{};
    Kind kind{};
    std::ptrdiff_t at = 0;  // of the entry
    Entry entry;            // that was removed
    bool was_active = false;
  };

  template <typename T>
  static void make_room(std::vector<T>& for_one) {
    if (for_one.size() == for_one.capacity()) for_one.reserve(2 * for_one.size() + 1);
  }
  // In the opposite order: each finds what it left.
  void undo(Done& done) noexcept {
    std::vector<Entry>& entries = of(done.kind);
    const auto place = entries.begin() + done.at;
    if (done.event == Event::added) {
      entries.erase(place);
    } else if (done.event == Event::removed) {
      entries.insert(place, std::move(done.entry));  // into the room that it left
    } else {
      place->active = done.was_active;
    }
    changes_.pop_back();
    --sequence_;
  }
  std::vector<Entry>& of(Kind kind) { return entries_.at(static_cast<std::size_t>(kind)); }
  std::vector<Entry>::iterator find(Kind kind, std::string_view id) {
    return std::ranges::find(of(kind), id, &Entry::id);
  }

  std::array<std::vector<Entry>, kDocumentKinds> entries_;
  std::deque<Change> changes_;  // the last ones, and those of the transaction
  std::vector<Done> done_;      // in the transaction
  std::int64_t sequence_ = 0;
};

}  // namespace

std::shared_ptr<Store> memory_store() {
  auto store = open_indexed_store(std::make_unique<MemoryJournal>(), Sharing::alone);
  if (!store) throw std::logic_error("memory_store: " + store.error().text());
  return *std::move(store);
}

}  // namespace credence::verifier
