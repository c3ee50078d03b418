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

// Nothing here can fail half way: a transaction has nothing to undo.
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
  Result<void> commit() override { return {}; }
  void roll_back() noexcept override {}

  Result<std::int64_t> append(Event event, Kind kind, std::string_view id, ByteView octets) override {
    if (event == Event::added) {
      of(kind).push_back({.id = std::string(id), .octets = to_bytes(octets), .active = true});
      return note(event, kind, id);
    }
    const auto found = find(kind, id);
    if (found == of(kind).end()) return fail(Errc::not_found, std::format("nothing with id {} is stored", id));
    if (event == Event::removed) {
      of(kind).erase(found);
    } else {
      found->active = event == Event::activated;
    }
    return note(event, kind, id);
  }

 private:
  std::vector<Entry>& of(Kind kind) { return entries_.at(static_cast<std::size_t>(kind)); }
  std::vector<Entry>::iterator find(Kind kind, std::string_view id) {
    return std::ranges::find(of(kind), id, &Entry::id);
  }
  std::int64_t note(Event event, Kind kind, std::string_view id) {
    if (changes_.size() == kKeptChanges) changes_.pop_front();
    changes_.push_back({.sequence = ++sequence_, .event = event, .kind = kind, .id = std::string(id)});
    return sequence_;
  }

  std::array<std::vector<Entry>, kDocumentKinds> entries_;
  std::deque<Change> changes_;  // the last ones
  std::int64_t sequence_ = 0;
};

}  // namespace

std::shared_ptr<Store> memory_store() {
  auto store = open_indexed_store(std::make_unique<MemoryJournal>(), Sharing::alone);
  if (!store) throw std::logic_error("memory_store: " + store.error().text());
  return *std::move(store);
}

}  // namespace credence::verifier
