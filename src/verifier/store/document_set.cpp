#include "verifier/store/document_set.h"

#include <algorithm>
#include <format>
#include <iterator>
#include <mutex>
#include <set>
#include <utility>

namespace credence::verifier {
namespace {

auto find(Documents& documents, std::string_view id) {
  return std::ranges::find_if(documents, [&](const auto& document) { return document->id == id; });
}

}  // namespace

DocumentSet::DocumentSet() {
  for (Slot& slot : slots_) slot.published = std::make_shared<const Documents>();
}

void DocumentSet::add(DocumentKind kind, Document document) {
  slot(kind).next.push_back(std::make_shared<const Document>(std::move(document)));
  slot(kind).changed = true;
}

void DocumentSet::remove(DocumentKind kind, const std::set<std::string>& ids) {
  const auto is_gone = [&](const auto& document) { return ids.contains(document->id); };
  if (std::erase_if(slot(kind).next, is_gone) > 0) slot(kind).changed = true;
}

void DocumentSet::replace(DocumentKind kind, const std::set<std::string>& ids, std::vector<Document> documents) {
  Documents next;
  std::ranges::remove_copy_if(slot(kind).next, std::back_inserter(next),
                              [&](const auto& document) { return ids.contains(document->id); });
  for (Document& document : documents) next.push_back(std::make_shared<const Document>(std::move(document)));
  slot(kind).next = std::move(next);
  slot(kind).changed = true;
}

void DocumentSet::set_active(DocumentKind kind, std::string_view id, bool active) {
  Documents& next = slot(kind).next;
  const auto found = find(next, id);
  if (found == next.end() || (*found)->active == active) return;
  Document changed = **found;
  changed.active = active;
  *found = std::make_shared<const Document>(std::move(changed));
  slot(kind).changed = true;
}

void DocumentSet::clear() noexcept {
  for (Slot& slot : slots_) {
    slot.next.clear();
    slot.changed = true;
  }
}

void DocumentSet::publish(std::uint64_t sequence) {
  for (Slot& slot : slots_) {
    if (!slot.changed) continue;
    auto list = std::make_shared<const Documents>(slot.next);
    const std::unique_lock lock(mutex_);
    slot.published = std::move(list);
    slot.changed = false;  // not before: without memory for the list it is to be tried again
    // After the list: whoever sees the number and asks gets this list, or a later one.
    slot.version.store(sequence, std::memory_order_release);
  }
}

std::shared_ptr<const Documents> DocumentSet::documents(DocumentKind kind) const {
  const std::shared_lock lock(mutex_);
  return slots_.at(static_cast<std::size_t>(kind)).published;
}

std::uint64_t DocumentSet::version(DocumentKind kind) const noexcept {
  return slots_[static_cast<std::size_t>(kind)].version.load(std::memory_order_acquire);
}

Result<void> check_changes(const Documents& present, std::span<const DocumentChange> changes) {
  std::set<std::string, std::less<>> ids;
  for (const auto& document : present) ids.insert(document->id);
  for (const DocumentChange& change : changes) {
    if (change.event == DocumentChange::Event::added) {
      if (!ids.insert(change.id).second) return fail(Errc::conflict, std::format("{} is there already", change.id));
    } else if (!ids.contains(change.id)) {
      return fail(Errc::not_found, std::format("nothing with id {} is stored", change.id));
    } else if (change.event == DocumentChange::Event::removed) {
      ids.erase(change.id);
    }
  }
  return {};
}

}  // namespace credence::verifier
