#include "verifier/store/replica.h"

#include <algorithm>
#include <format>
#include <ranges>
#include <set>
#include <utility>

#include "verifier/store/submission.h"

namespace credence::verifier {
namespace {

using Event = DocumentChange::Event;

Result<void> check_kind(std::int64_t kind) {
  if (kind < std::int64_t{kDocumentKinds}) return {};
  return fail(Errc::configuration, std::format("the store has documents of kind {}, which this program does not know: "
                                               "use the version of Credence that wrote them",
                                               kind));
}

// What is taken at once. A transaction changes documents of one kind one after the other, and a change in the middle of
// them may be one that must not be in force alone; the journal does not say where it ends, the kind does at the latest.
// CoRIMs are in such an order that each may (Store::remove(), activate()), and there may be many to read.
std::span<const Journal::Change> next_run(std::span<const Journal::Change> changes) {
  const DocumentKind kind = changes.front().kind;
  if (kind == DocumentKind::corim) return changes.first(1);
  const auto end =
      std::ranges::find_if_not(changes, [&](DocumentKind of) { return of == kind; }, &Journal::Change::kind);
  return changes.first(static_cast<std::size_t>(end - changes.begin()));
}

// In their order, of each document the last that adds or removes it, and what turns it on or off after that.
std::vector<const Journal::Change*> last_changes(std::span<const Journal::Change> changes) {
  std::set<std::string_view> later;
  std::vector<const Journal::Change*> last;
  for (const Journal::Change& change : std::views::reverse(changes)) {
    if (later.contains(change.id)) continue;
    last.push_back(&change);
    if (change.event == Event::added || change.event == Event::removed) later.insert(change.id);
  }
  std::ranges::reverse(last);
  return last;
}

}  // namespace

std::unexpected<Error> not_stored(std::string_view id) {
  return fail(Errc::not_found, std::format("no CoRIM with id {} is stored", id));
}

std::unexpected<Error> already_deactivated(std::string_view id) {
  return fail(Errc::conflict,
              std::format("this CoRIM is there already and was deactivated: activate {}, or remove it first", id));
}

// Part of a change is no state that anybody has committed, and what holds the parts together may be missing: a CoRIM
// that is here and cannot be removed any more, say. What an exception ends in the index itself has torn it already.
template <typename Change>
void Replica::take_whole(const Change& change) {
  try {
    change();
  } catch (...) {
    index_.tear();
    throw;
  }
}

void Replica::forget_all() noexcept {
  index_.clear();
  documents_.clear();
  inactive_ = {};
  unread_.clear();
}

Result<void> Replica::load_all() { return read_all(Unread::refused); }

// It must not be a CoRIM of a newer program, which take_changes() goes on beside, that keeps it torn.
Result<void> Replica::read_again() {
  forget_all();
  CHECK(read_all(Unread::remembered));
  return check_read();
}

Result<void> Replica::read_all(Unread unread) {
  TRY(const std::int64_t last, journal_->last_sequence());
  TRY(const std::int64_t highest, journal_->highest_kind());
  CHECK(check_kind(highest));
  std::vector<std::string> parts;
  CHECK(journal_->for_each(DocumentKind::deactivation, [&](const Document& entry) -> Result<void> {
    parts.push_back(entry.id);
    return {};
  }));
  index_.set_active(parts, false);
  CHECK(journal_->for_each(DocumentKind::corim, [&](const Document& entry) { return load(entry, unread); }));
  for (std::size_t kind = 1; kind < kDocumentKinds; ++kind) {
    CHECK(journal_->for_each(static_cast<DocumentKind>(kind), [&](Document entry) -> Result<void> {
      documents_.add(static_cast<DocumentKind>(kind), std::move(entry));
      return {};
    }));
  }
  publish(last);
  index_.mend();
  current_at_.store(Clock::now());
  return {};
}

Result<void> Replica::load(const Document& entry, Unread unread) {
  if (!entry.active) return load_inactive(entry);
  auto content = content_of(entry);
  if (content) {
    index_.add(*std::move(content));
  } else if (unread == Unread::remembered) {
    unread_.emplace(entry.id, std::move(content).error());
  } else {
    return std::unexpected(std::move(content).error());
  }
  return {};
}

Result<void> Replica::load_inactive(const Document& entry) {
  const auto content = content_of(entry);
  if (!content) return {};  // of another program, perhaps: it says nothing here
  TRY(Bytes said, content->fingerprint_without_signer());
  take_whole([&] { inactive_.add(entry.id, std::move(said)); });
  return {};
}

// Signed once more, for another time or by somebody else, or with its signature altered (ECDSA has two for each), it is
// still what was deactivated.
Result<void> Replica::check_not_deactivated(const Content& content) const {
  TRY(const Bytes said, content.fingerprint_without_signer());
  if (const std::string* const id = inactive_.find(said)) return already_deactivated(*id);
  return {};
}

Result<void> Replica::check_inactive(const Content& content, const Deactivated& off) const {
  if (off.empty()) return {};
  for (const auto& [id, said] : inactive_.all()) {
    TRY(const bool has_one, off.has_comid_of(id, content));
    if (!has_one) continue;
    TRY(const auto entry, journal_->entry(DocumentKind::corim, id));
    if (!entry) continue;
    TRY(const Content known, content_of(*entry));
    CHECK(off.check(content, known));
  }
  return {};
}

void Replica::add(Content content) {
  take_whole([&] {
    inactive_.remove(content.origin().id);
    index_.add(std::move(content));
  });
}

void Replica::deactivate(const std::string& id, Bytes said) {
  take_whole([&] {
    index_.remove(id);
    inactive_.add(id, std::move(said));
  });
}

void Replica::remove(const std::string& id) {
  take_whole([&] {
    index_.remove(id);
    inactive_.remove(id);
  });
}

// Look-ups must not go on finding what has just been revoked, nor when there is no memory for the list that says so:
// what is published in part is torn, too. The sequence number comes last: whoever sees it, and reports or caches by it,
// has what it stands for.
void Replica::publish(std::int64_t sequence) {
  take_whole([&] {
    documents_.publish(static_cast<std::uint64_t>(sequence));
    publish_deny_list();
  });
  taken_ = sequence;
  sequence_.store(sequence);
}

// By the entries, not by their version: the list may be due still from the last time, when it could not be made.
void Replica::publish_deny_list() {
  if (auto read = check_read(); !read) {
    denied_ = {};  // another list is in force
    index_.set_deny_list(std::unexpected(std::move(read).error()));
    return;
  }
  auto entries = documents_.documents(DocumentKind::deny_entry);
  if (entries == denied_) return;
  auto list = deny_list_of(*entries, deny_list_.get());
  index_.set_deny_list(list);
  if (!list) return;  // no verdicts; what is wrong may pass, as a want of memory does
  deny_list_ = *std::move(list);
  denied_ = std::move(entries);
}

Result<void> Replica::take_changes() {
  if (is_torn()) return read_again();
  const Clock::time_point asked = Clock::now();
  TRY(const auto changes, journal_->changes_after(taken_));
  auto taken = take_all(changes);
  if (taken) taken = read_unread();
  publish(taken_);
  if (taken) current_at_.store(asked);
  // A kind that is not known may be there to take trust away: no verdicts until a program understands it. After
  // publish(), which sets the list that was taken before it.
  if (!taken && taken.error().code == Errc::configuration)
    take_whole([&] { index_.set_deny_list(std::unexpected(taken.error())); });
  CHECK(std::move(taken));
  return check_read();
}

// A CoRIM that counts may take the place of one that is known here, whose values would be affirmed for ever: no
// verdicts without it.
Result<void> Replica::check_read() const {
  if (unread_.empty()) return {};
  return fail(
      Errc::unavailable,
      std::format("{} CoRIMs in the store cannot be read here, the first is {}: {}: no verdict is given until a "
                  "newer program runs here, or deactivates them or removes them",
                  unread_.size(), unread_.begin()->first, unread_.begin()->second.text()));
}

// It may have been for want of memory: once more, up to the first that still cannot be read.
Result<void> Replica::read_unread() {
  while (!unread_.empty()) {
    const std::string id = unread_.begin()->first;
    CHECK(take_corim({.sequence = taken_, .event = Event::added, .kind = DocumentKind::corim, .id = id}));
    if (unread_.contains(id)) break;
  }
  return {};
}

// What was taken before an error stays taken: the caller publishes it, and asks for what comes after it again.
Result<void> Replica::take_all(std::span<const Journal::Change> changes) {
  while (!changes.empty()) {
    const DocumentKind kind = changes.front().kind;
    CHECK(check_kind(static_cast<std::int64_t>(kind)));
    const auto run = next_run(changes);
    if (kind == DocumentKind::deactivation) {
      take_parts(run);
    } else {
      CHECK(kind == DocumentKind::corim ? take_corim(run.front()) : take_documents(run));
    }
    taken_ = run.back().sequence;
    changes = changes.subspan(run.size());
    // A revocation does not wait for the CoRIMs behind it, however many there are to read.
    if (kind == DocumentKind::deny_entry) publish(taken_);
  }
  return {};
}

// One after the other: of a part that was turned off and on again the last counts.
void Replica::take_parts(std::span<const Journal::Change> changes) {
  std::map<std::string, Event> last;
  for (const Journal::Change& change : changes) last.insert_or_assign(change.id, change.event);
  std::vector<DocumentChange> parts;
  std::set<std::string> ids;
  for (const auto& [id, event] : last) {
    ids.insert(id);
    parts.push_back({.event = event, .id = id, .octets = to_bytes(kDeactivationOctets)});
  }
  documents_.remove(DocumentKind::deactivation, ids);
  apply(DocumentKind::deactivation, std::move(parts));
}

// Of one kind. All that there is to read is read before anything is applied: a newer revocation list comes as the
// removal of the older one, and then itself. Nobody sees what is between two changes: each document is read once,
// however often it was replaced, and taking the changes again alters nothing.
Result<void> Replica::take_documents(std::span<const Journal::Change> changes) {
  const DocumentKind kind = changes.front().kind;
  std::set<std::string> ids;
  std::vector<Document> added;
  std::vector<const Journal::Change*> turned;
  for (const Journal::Change* change : last_changes(changes)) {
    if (change->event != Event::added && change->event != Event::removed) {
      turned.push_back(change);
      continue;
    }
    ids.insert(change->id);
    if (change->event == Event::removed) continue;
    TRY(auto entry, journal_->entry(kind, change->id));
    if (entry) added.push_back(*std::move(entry));  // else a later change, still to come, removed it
  }
  take_whole([&] {
    if (!ids.empty()) documents_.replace(kind, ids, std::move(added));
    for (const Journal::Change* change : turned)
      documents_.set_active(kind, change->id, change->event == Event::activated);
  });
  return {};
}

void Replica::apply(DocumentKind kind, std::vector<DocumentChange> changes) {
  take_whole([&] { apply_all(kind, changes); });
}

void Replica::apply_all(DocumentKind kind, std::vector<DocumentChange>& changes) {
  if (kind == DocumentKind::deactivation) {
    // What is off is looked for in its CoRIM once, however many parts there are.
    for (const Event event : {Event::added, Event::removed}) {
      std::vector<std::string> ids;
      for (const DocumentChange& change : changes)
        if (change.event == event) ids.push_back(change.id);
      index_.set_active(ids, event == Event::removed);
    }
  }
  // In their order: what is removed may be added again. Those that are removed one after the other go at once.
  for (auto next = changes.begin(); next != changes.end();) {
    std::set<std::string> removed;
    for (; next != changes.end() && next->event == Event::removed; ++next) removed.insert(std::move(next->id));
    if (!removed.empty()) documents_.remove(kind, removed);
    if (next != changes.end()) apply_one(kind, std::move(*next++));
  }
}

void Replica::apply_one(DocumentKind kind, DocumentChange change) {
  if (change.event == Event::added) {
    documents_.add(kind, {.id = std::move(change.id), .octets = std::move(change.octets), .active = true});
  } else if (change.event == Event::removed) {
    documents_.remove(kind, std::set{std::move(change.id)});
  } else {
    documents_.set_active(kind, change.id, change.event == Event::activated);
  }
}

// What a newer program has written may be unreadable here. It is remembered as that: there are no verdicts, but what
// comes after it is taken.
Result<void> Replica::take_corim(const Journal::Change& change) {
  if (change.event == Event::removed || change.event == Event::deactivated) {
    if (change.event == Event::removed) {
      inactive_.remove(change.id);
    } else {
      CHECK(remember_inactive(change.id));
    }
    take_whole([&] { index_.remove(change.id); });
    unread_.erase(change.id);
    return {};
  }
  inactive_.remove(change.id);
  TRY(const auto entry, journal_->entry(DocumentKind::corim, change.id));
  if (!entry || !entry->active) {  // a later change, still to come, took it away again
    unread_.erase(change.id);
    return {};
  }
  auto content = content_of(*entry);
  take_whole([&] {
    index_.remove(change.id);
    if (!content) return static_cast<void>(unread_.insert_or_assign(change.id, std::move(content).error()));
    index_.add(*std::move(content));
    unread_.erase(change.id);
  });
  return {};
}

// The index does not have what was turned off before anybody here read it, restored as that for example.
Result<void> Replica::remember_inactive(const std::string& id) {
  if (const Content* const content = index_.content(id)) {
    TRY(Bytes said, content->fingerprint_without_signer());
    take_whole([&] { inactive_.add(id, std::move(said)); });
    return {};
  }
  TRY(const auto entry, journal_->entry(DocumentKind::corim, id));
  return entry ? load_inactive(*entry) : Result<void>{};  // else a later change, still to come, removed it
}

}  // namespace credence::verifier
