#include "verifier/store/activation.h"

#include <cstdint>
#include <format>
#include <set>
#include <utility>

#include "verifier/store/submission.h"

namespace credence::verifier {
namespace {

using Event = DocumentChange::Event;
using Ids = std::set<std::string, std::less<>>;

const std::string& id_of(const Content& content) { return content.origin().id; }

// Those of `ids` that are not yet as they shall be.
Result<std::vector<Content>> changed_corims(const Replica& replica, std::span<const std::string> ids, bool active) {
  std::vector<Content> changed;
  Ids seen;
  for (const std::string& id : ids) {
    TRY(const auto entry, replica.journal().entry(DocumentKind::corim, id));
    if (!entry) return not_stored(id);
    if (entry->active == active || !seen.insert(id).second) continue;
    TRY(Content content, content_of(*entry));
    changed.push_back(std::move(content));
  }
  return changed;
}

std::vector<DocumentChange> changed_parts(const Replica& replica, std::span<const std::string> ids, bool active) {
  Ids off;
  for (const auto& document : *replica.documents().documents(DocumentKind::deactivation)) off.insert(document->id);
  std::vector<DocumentChange> changed;
  for (const std::string& id : ids) {
    if (active ? off.erase(id) == 0 : !off.insert(id).second) continue;
    changed.push_back(
        {.event = active ? Event::removed : Event::added, .id = id, .octets = to_bytes(kDeactivationOctets)});
  }
  return changed;
}

// To be appended to `parts`; their ids.
Result<std::vector<std::string>> add_disregarded(const Replica& replica, std::span<const std::string> corims,
                                                 std::vector<DocumentChange>& parts) {
  TRY(std::vector<DocumentChange> disregarded, disregarded_without(replica, corims));
  Ids selected;
  for (const DocumentChange& part : parts) selected.insert(part.id);
  std::vector<std::string> ids;
  for (DocumentChange& part : disregarded) {
    if (selected.contains(part.id)) continue;
    ids.push_back(part.id);
    parts.push_back(std::move(part));
  }
  return ids;
}

// What of these CoRIMs stays off when `lifted` is not any more.
std::vector<std::string> still_off(const Replica& replica, std::span<const std::string> corims,
                                   std::span<const DocumentChange> lifted) {
  const Ids of(corims.begin(), corims.end());
  Ids gone;
  for (const DocumentChange& part : lifted) gone.insert(part.id);
  std::vector<std::string> ids;
  for (const auto& document : *replica.documents().documents(DocumentKind::deactivation))
    if (of.contains(corim_of_deactivation(document->id)) && !gone.contains(document->id)) ids.push_back(document->id);
  return ids;
}

// What is to count must contradict neither what does nor itself, and bring back nothing that is off elsewhere.
Result<void> check_activation(const Replica& replica, std::span<const Content> corims,
                              std::span<const DocumentChange> parts) {
  const Index& index = replica.index();
  Deactivated off = index.deactivated();
  std::set<const Content*> touched;
  for (const DocumentChange& part : parts) {
    off.remove(part.id);
    if (const Content* content = index.content(corim_of_deactivation(part.id))) touched.insert(content);
  }
  Index staged;
  for (const Content& content : corims) {
    CHECK(index.check_versions(content));
    CHECK(index.check_deactivated(content, off));
    CHECK(replica.check_inactive(content, off));
    CHECK(staged.check_versions(content));
    staged.add(content);
    touched.insert(&content);
  }
  std::vector<Index::Candidate> candidates;
  for (const Content* content : touched) candidates.push_back({.content = content, .off = off.of(*content)});
  return index.check_anchors(candidates);
}

// What is turned off is known by it.
Result<std::vector<Bytes>> said_by(std::span<const Content> corims) {
  std::vector<Bytes> all;
  for (const Content& content : corims) {
    TRY(all.emplace_back(), content.fingerprint_without_signer());
  }
  return all;
}

}  // namespace

Result<std::vector<DocumentChange>> disregarded_without(const Replica& replica, std::span<const std::string> corims) {
  TRY(const std::vector<std::string> ids, replica.index().replaced_by(corims));
  std::vector<DocumentChange> changes = changed_parts(replica, ids, false);
  if (changes.size() <= kMostDisregarded) return changes;
  return fail(Errc::too_large,
              std::format("{} CoMIDs are replaced by nothing else (linked-tags), and would all have to be deactivated: "
                          "expected at most {}. Remove their CoRIMs first, or put this one on the deny list",
                          changes.size(), kMostDisregarded));
}

Result<LifecycleChange> activate(Replica& replica, JournalTransaction& transaction, const LifecycleSelection& selection,
                                 bool active) {
  TRY(std::vector<Content> corims, changed_corims(replica, selection.corims, active));
  std::vector<DocumentChange> parts = changed_parts(replica, selection.deactivations, active);
  LifecycleChange outcome{.selected = selection.corims, .off = {}};
  outcome.selected.insert(outcome.selected.end(), selection.deactivations.begin(), selection.deactivations.end());
  if (active) {
    outcome.off = still_off(replica, selection.corims, parts);
  } else {
    TRY(outcome.off, add_disregarded(replica, selection.corims, parts));
  }
  if (corims.empty() && parts.empty()) return outcome;
  if (active) CHECK(check_activation(replica, corims, parts));
  TRY(std::vector<Bytes> said, said_by(corims));
  std::vector<DocumentChange> switched;
  for (const Content& content : corims)
    switched.push_back({.event = active ? Event::activated : Event::deactivated, .id = id_of(content)});
  // For whoever follows, nothing may count on the way: neither what is replaced, nor what of a CoRIM is off.
  TRY(std::int64_t sequence, transaction.append(DocumentKind::deactivation, parts));
  if (!switched.empty()) {
    TRY(sequence, transaction.append(DocumentKind::corim, switched));
  }
  CHECK(transaction.commit());
  replica.apply(DocumentKind::deactivation, std::move(parts));
  for (std::size_t i = 0; i < corims.size(); ++i) {
    if (active) {
      replica.add(std::move(corims[i]));
    } else {
      replica.deactivate(switched[i].id, std::move(said[i]));
    }
  }
  replica.publish(sequence);
  return outcome;
}

}  // namespace credence::verifier
