#include "verifier/store/indexed_store.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <format>
#include <map>
#include <mutex>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include "verifier/store/content.h"
#include "verifier/store/document_set.h"
#include "verifier/store/index.h"
#include "verifier/store/lifecycle.h"
#include "verifier/store/selection.h"
#include "verifier/store/submission.h"

namespace credence::verifier {
namespace {

using Event = Journal::Event;
using Kind = Journal::Kind;

constexpr std::chrono::seconds kRefreshPeriod{1};
constexpr std::chrono::seconds kDoubt{5};
// For whoever uses the database: those who change something, and those whose verdict waits for it.
constexpr std::chrono::seconds kPatience{5}, kShortPatience{1};

// A deactivation is there or not: it has nothing to say. Databases keep no empty document.
constexpr std::array<std::uint8_t, 1> kNothingElse{0xf6};  // CBOR null

std::unexpected<Error> not_stored(std::string_view id) {
  return fail(Errc::not_found, std::format("no CoRIM with id {} is stored", id));
}

std::unexpected<Error> deactivated(std::string_view id) {
  return fail(Errc::conflict, std::format("this CoRIM is there already and was deactivated: activate {}", id));
}

// Rolls back unless it was committed.
class Transaction {
 public:
  [[nodiscard]] static Result<Transaction> begin(Journal& journal) {
    CHECK(journal.begin());
    return Transaction(journal);
  }
  Transaction(Transaction&& other) noexcept : journal_(std::exchange(other.journal_, nullptr)) {}
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction() {
    if (journal_ != nullptr) journal_->roll_back();
  }
  Result<void> commit() {
    CHECK(journal_->commit());
    journal_ = nullptr;
    return {};
  }

 private:
  explicit Transaction(Journal& journal) : journal_(&journal) {}
  Journal* journal_;
};

class IndexedStore final : public Store {
 public:
  explicit IndexedStore(std::unique_ptr<Journal> journal) : journal_(std::move(journal)) {}

  // Before anything else, from one thread.
  Result<void> start(Sharing sharing) {
    CHECK(load_all());
    if (sharing == Sharing::shared)
      refresher_ = std::jthread([this](const std::stop_token& stop) { refresh_until(stop); });
    return {};
  }

  Result<std::shared_ptr<const Endorsed>> find(const Lookup& lookup) const override {
    TRY(auto found, index_.find(lookup));
    // Most attesters have no conditional endorsements: asking the database each time would be all that it does. News of
    // them are seen within a second.
    if (found != nullptr || !refresher_.joinable() || lookup.topic == Topic::conditional_endorsements) return found;
    CHECK(refresh());
    return index_.find(lookup);
  }

  Result<void> for_each_statement(const Lookup& lookup,
                                  const std::function<void(const Statement&)>& visit) const override {
    return index_.for_each_statement(lookup, visit);
  }

  Result<Stored> submit(const rats::Corim& corim, ByteView octets) override {
    TRY(std::string id, submission_id(octets));
    TRY(auto signer, signer_of(octets));
    TRY(Content content, read_by_profile(corim, id, std::move(signer)));
    TRY(const auto turn, take_turn());
    TRY(Transaction transaction, Transaction::begin(*journal_));
    CHECK(take_changes());  // what others have committed: a conflict with it, or a revocation, must be seen
    TRY(const auto denied, index_.deny_list());
    CHECK(denied->check(content.origin()));
    TRY(const auto present, journal_->entry(Kind::corim, id));
    if (present && !present->active) return deactivated(id);
    if (present) return Stored{.id = std::move(id), .duplicate = true};
    TRY(auto same, index_.same_as(content));
    if (same) return Stored{.id = *std::move(same), .duplicate = true};
    CHECK(check_not_deactivated(content));
    CHECK(index_.check(content));
    TRY(const std::int64_t sequence, journal_->append(Event::added, Kind::corim, id, octets));
    CHECK(transaction.commit());
    index_.add(std::move(content));
    sequence_.store(sequence);
    return Stored{.id = std::move(id), .duplicate = false};
  }

  Result<std::vector<StoredCorim>> list() const override {
    std::vector<StoredCorim> all;
    TRY(const auto turn, take_turn());
    const Deactivated deactivated = index_.deactivated();
    CHECK(journal_->for_each(Kind::corim, [&](Journal::Entry entry) -> Result<void> {
      TRY(const Content content, content_of(entry));
      const Origin& origin = content.origin();
      all.push_back({.id = std::move(entry.id),
                     .source = origin.source,
                     .profile = origin.profile,
                     .validity = origin.validity,
                     .is_signed = is_signed(entry.octets),
                     .active = entry.active,
                     .size = entry.octets.size(),
                     .deactivated = deactivated.count(origin.id)});
      return {};
    }));
    return all;
  }

  Result<Bytes> octets(std::string_view id) const override {
    TRY(const auto turn, take_turn());
    TRY(auto entry, journal_->entry(Kind::corim, id));
    if (!entry) return not_stored(id);
    return std::move(entry->octets);
  }

  Result<void> set_active(std::span<const std::string> ids, bool active) override {
    TRY(const auto turn, take_turn());
    TRY(Transaction transaction, Transaction::begin(*journal_));
    CHECK(take_changes());
    return activate({.corims = {ids.begin(), ids.end()}, .deactivations = {}}, active, transaction);
  }

  Result<std::vector<std::string>> set_active(const rats::CoservQuery& query, bool active) override {
    TRY(const auto turn, take_turn());
    TRY(Transaction transaction, Transaction::begin(*journal_));
    CHECK(take_changes());
    TRY(const LifecycleSelection selection, select_lifecycle(index_, *journal_, query));
    CHECK(activate(selection, active, transaction));
    std::vector<std::string> all = selection.corims;
    all.insert(all.end(), selection.deactivations.begin(), selection.deactivations.end());
    return all;
  }

  std::vector<std::shared_ptr<const Origin>> origins(std::string_view source) const override {
    return index_.origins(source, Index::Whole::yes);
  }

  Result<void> remove(std::string_view id) override {
    TRY(const auto turn, take_turn());
    TRY(Transaction transaction, Transaction::begin(*journal_));
    CHECK(take_changes());
    TRY(const auto entry, journal_->entry(Kind::corim, id));
    if (!entry) return not_stored(id);
    std::vector<DocumentChange> parts;
    for (const auto& document : *documents_.documents(Kind::deactivation))
      if (corim_of_deactivation(document->id) == id) parts.push_back({.event = Event::removed, .id = document->id});
    // The CoRIM first: for whoever follows, no part of it may count on the way.
    TRY(std::int64_t sequence, journal_->append(Event::removed, Kind::corim, id, {}));
    if (!parts.empty()) {
      TRY(sequence, append_all(Kind::deactivation, parts));
    }
    CHECK(transaction.commit());
    index_.remove(id);
    inactive_.erase(std::string(id));
    apply_parts(std::move(parts));
    publish(sequence);
    sequence_.store(sequence);
    return {};
  }

  std::shared_ptr<const Documents> documents(DocumentKind kind) const override { return documents_.documents(kind); }
  std::uint64_t version(DocumentKind kind) const noexcept override { return documents_.version(kind); }

  Result<void> change(DocumentKind kind, const Decision& decide) override {
    if (kind == DocumentKind::corim) throw std::logic_error("CoRIMs are submitted");
    TRY(const auto turn, take_turn());
    TRY(Transaction transaction, Transaction::begin(*journal_));
    CHECK(take_changes());
    TRY(std::vector<DocumentChange> changes, decide(*documents_.documents(kind)));
    if (changes.empty()) return {};
    CHECK(check_changes(*documents_.documents(kind), changes));
    TRY(const std::int64_t sequence, append_all(kind, changes));
    CHECK(transaction.commit());
    if (kind == Kind::deactivation) {
      apply_parts(std::move(changes));
    } else {
      for (DocumentChange& change : changes) apply(kind, std::move(change));
    }
    publish(sequence);
    sequence_.store(sequence);
    return {};
  }

  Result<std::vector<SelectedStatement>> select(std::string_view profile,
                                                const rats::EnvironmentQuery& query) const override {
    return index_.select(profile, query);
  }

  Result<std::shared_ptr<const DenyList>> deny_list() const override {
    CHECK(check_current());
    return index_.deny_list();
  }
  void bound_staleness(std::chrono::seconds most) override { most_stale_.store(most); }

  Result<std::vector<StoreChange>> changes_after(std::uint64_t generation) const override {
    TRY(const auto turn, take_turn());
    const std::int64_t last = sequence_.load();
    std::vector<StoreChange> changes;
    if (std::cmp_greater_equal(generation, last)) return changes;
    TRY(const auto entries, journal_->changes_after(static_cast<std::int64_t>(generation)));
    for (const Journal::Change& entry : entries)
      if (entry.sequence <= last)  // the index has no later ones yet
        changes.push_back({.generation = static_cast<std::uint64_t>(entry.sequence),
                           .kind = entry.kind,
                           .event = entry.event,
                           .id = entry.id});
    return changes;
  }

  std::uint64_t generation() const noexcept override { return static_cast<std::uint64_t>(sequence_.load()); }

  StoreSize size() const override { return index_.store_size(); }

  Result<void> probe() const override {
    TRY(const auto turn, take_turn(kShortPatience));
    return take_changes();
  }

 private:
  using Clock = std::chrono::steady_clock;

  // A node that is cut off from its database must not go on affirming for ever what the others have revoked.
  Result<void> check_current() const {
    if (!refresher_.joinable()) return {};
    const auto age = std::chrono::duration_cast<std::chrono::seconds>(Clock::now() - current_at_.load());
    if (age <= most_stale_.load()) return {};
    return fail(Errc::unavailable, std::format("nothing was heard of the database for {} s: revocations since then may "
                                               "have been missed, and no verdict is given",
                                               age.count()));
  }

  // One at a time asks the database. While it does not answer the others must not all wait for it: their threads serve
  // those, too, whose verdicts need no database.
  [[nodiscard]] Result<std::unique_lock<std::timed_mutex>> take_turn(std::chrono::seconds patience = kPatience) const {
    std::unique_lock turn(mutex_, patience);
    if (!turn) return fail(Errc::busy, "the store waits for its database: try again");
    return turn;
  }

  Result<void> load_all() {
    TRY(const auto turn, take_turn());
    TRY(Transaction transaction, Transaction::begin(*journal_));
    TRY(const std::int64_t last, journal_->last_sequence());
    TRY(const std::int64_t highest, journal_->highest_kind());
    CHECK(check_kind(highest));
    std::vector<std::string> parts;
    CHECK(journal_->for_each(Kind::deactivation, [&](const Journal::Entry& entry) -> Result<void> {
      parts.push_back(entry.id);
      return {};
    }));
    index_.set_active(parts, false);
    CHECK(journal_->for_each(Kind::corim, [&](const Journal::Entry& entry) { return load(entry); }));
    for (std::size_t kind = 1; kind < kDocumentKinds; ++kind) {
      CHECK(journal_->for_each(static_cast<Kind>(kind), [&](Journal::Entry entry) -> Result<void> {
        documents_.add(static_cast<Kind>(kind), std::move(entry));
        return {};
      }));
    }
    publish(last);
    sequence_.store(last);
    current_at_.store(Clock::now());
    return {};
  }

  Result<void> load(const Journal::Entry& entry) {
    auto content = content_of(entry);
    if (!entry.active) {
      if (!content) return {};  // of another program, perhaps: it says nothing here
      TRY(inactive_[entry.id], content->fingerprint());
      return {};
    }
    CHECK(std::move(content).transform([&](Content read) { index_.add(std::move(read)); }));
    return {};
  }

  // Signed once more, or with its signature altered (ECDSA has two for each), it is still what was deactivated.
  Result<void> check_not_deactivated(const Content& content) const {
    TRY(const Bytes wanted, content.fingerprint());
    for (const auto& [id, fingerprint] : inactive_)
      if (fingerprint == wanted) return deactivated(id);
    return {};
  }

  // Documents are seen from here on. Look-ups must not go on finding what has just been revoked.
  void publish(std::int64_t sequence) const {
    const std::uint64_t before = documents_.version(Kind::deny_entry);
    documents_.publish(static_cast<std::uint64_t>(sequence));
    if (documents_.version(Kind::deny_entry) == before) return;
    index_.set_deny_list(deny_list_of(*documents_.documents(Kind::deny_entry)));
  }

  static Result<void> check_kind(std::int64_t kind) {
    if (kind < std::int64_t{kDocumentKinds}) return {};
    return fail(Errc::configuration,
                std::format("the store has documents of kind {}, which this program does not know: "
                            "use the version of Credence that wrote them",
                            kind));
  }

  // Of the last one; 0 when there is none.
  Result<std::int64_t> append_all(Kind kind, std::span<const DocumentChange> changes) {
    std::int64_t sequence = 0;
    for (const DocumentChange& change : changes) {
      TRY(sequence, journal_->append(change.event, kind, change.id, change.octets));
    }
    return sequence;
  }

  // All of it or nothing.
  Result<void> activate(const LifecycleSelection& selection, bool active, Transaction& transaction) {
    TRY(std::vector<Content> corims, changed_by(selection.corims, active));
    std::vector<DocumentChange> parts = changed_parts(selection.deactivations, active);
    if (corims.empty() && parts.empty()) return {};
    if (active) CHECK(check_activation(corims, parts));
    TRY(std::int64_t sequence, append_all(Kind::deactivation, parts));
    std::vector<Bytes> fingerprints;
    for (const Content& content : corims) {
      TRY(fingerprints.emplace_back(), content.fingerprint());
      const Event event = active ? Event::activated : Event::deactivated;
      TRY(sequence, journal_->append(event, Kind::corim, content.origin().id, {}));
    }
    CHECK(transaction.commit());
    apply_parts(std::move(parts));
    for (std::size_t i = 0; i < corims.size(); ++i) {
      const std::string id = corims[i].origin().id;
      if (active) {
        inactive_.erase(id);
        index_.add(std::move(corims[i]));
      } else {
        index_.remove(id);
        inactive_.insert_or_assign(id, std::move(fingerprints[i]));
      }
    }
    publish(sequence);
    sequence_.store(sequence);
    return {};
  }

  // Those of `ids` that are not yet as they shall be.
  Result<std::vector<Content>> changed_by(std::span<const std::string> ids, bool active) const {
    std::vector<Content> changed;
    for (const std::string& id : ids) {
      TRY(const auto entry, journal_->entry(Kind::corim, id));
      if (!entry) return not_stored(id);
      if (entry->active == active || std::ranges::contains(changed, id, &id_of)) continue;
      TRY(Content content, content_of(*entry));
      changed.push_back(std::move(content));
    }
    return changed;
  }

  std::vector<DocumentChange> changed_parts(std::span<const std::string> ids, bool active) const {
    std::set<std::string> off;
    for (const auto& document : *documents_.documents(Kind::deactivation)) off.insert(document->id);
    std::vector<DocumentChange> changed;
    for (const std::string& id : ids) {
      if (active ? off.erase(id) == 0 : !off.insert(id).second) continue;
      changed.push_back({.event = active ? Event::removed : Event::added, .id = id, .octets = to_bytes(kNothingElse)});
    }
    return changed;
  }

  // What is to count must contradict neither what does nor itself.
  Result<void> check_activation(std::span<const Content> corims, std::span<const DocumentChange> parts) const {
    Deactivated off = index_.deactivated();
    std::set<const Content*> touched;
    for (const DocumentChange& part : parts) {
      off.remove(part.id);
      if (const Content* content = index_.content(corim_of_deactivation(part.id))) touched.insert(content);
    }
    Index staged;
    for (const Content& content : corims) {
      CHECK(index_.check_versions(content));
      CHECK(staged.check_versions(content));
      staged.add(content);
      touched.insert(&content);
    }
    std::vector<Index::Candidate> candidates;
    for (const Content* content : touched) candidates.push_back({.content = content, .off = off.of(*content)});
    return index_.check_anchors(candidates);
  }

  static const std::string& id_of(const Content& content) { return content.origin().id; }

  // Takes over what other processes have committed since the last time.
  Result<void> refresh() const {
    TRY(const auto turn, take_turn(kShortPatience));
    TRY(const bool news, journal_->has_news());
    // That nothing was announced is no proof that anybody is there.
    if (!news && up_to_date_ && Clock::now() - current_at_.load() < kDoubt) return {};
    up_to_date_ = false;
    CHECK(take_changes());
    up_to_date_ = true;
    return {};
  }

  Result<void> take_changes() const {
    const Clock::time_point asked = Clock::now();
    TRY(const auto changes, journal_->changes_after(sequence_.load()));
    auto taken = take_all(changes);
    publish(sequence_.load());
    if (taken) current_at_.store(asked);
    // A kind that is not known may be there to take trust away: no verdicts until a program understands it. After
    // publish(), which sets the list that was taken before it.
    if (!taken && taken.error().code == Errc::configuration) index_.set_deny_list(std::unexpected(taken.error()));
    CHECK(std::move(taken));
    if (unread_.empty()) return {};
    return fail(Errc::io, std::format("{} CoRIMs in the store cannot be read here, the first is {}: {}", unread_.size(),
                                      unread_.begin()->first, unread_.begin()->second.text()));
  }

  Result<void> take_all(std::span<const Journal::Change> changes) const {
    while (!changes.empty()) {
      CHECK(check_kind(static_cast<std::int64_t>(changes.front().kind)));
      const auto end = std::ranges::find_if_not(
          changes, [](Kind kind) { return kind == Kind::deactivation; }, &Journal::Change::kind);
      const std::size_t parts = static_cast<std::size_t>(end - changes.begin());
      if (parts > 0) {
        take_parts(changes.first(parts));
      } else {
        CHECK(changes.front().kind == Kind::corim ? take_corim(changes.front()) : take_document(changes.front()));
      }
      const std::size_t taken = std::max<std::size_t>(parts, 1);
      sequence_.store(changes[taken - 1].sequence);
      changes = changes.subspan(taken);
    }
    return {};
  }

  // One after the other: of a part that was turned off and on again the last counts.
  void take_parts(std::span<const Journal::Change> changes) const {
    std::map<std::string, Event> last;
    for (const Journal::Change& change : changes) last.insert_or_assign(change.id, change.event);
    std::vector<DocumentChange> parts;
    for (const auto& [id, event] : last) {
      documents_.remove(Kind::deactivation, id);
      parts.push_back({.event = event, .id = id, .octets = to_bytes(kNothingElse)});
    }
    apply_parts(std::move(parts));
  }

  Result<void> take_document(const Journal::Change& change) const {
    if (change.event != Event::added) {
      apply(change.kind, {.event = change.event, .id = change.id});
      return {};
    }
    TRY(auto entry, journal_->entry(change.kind, change.id));
    if (entry) documents_.add(change.kind, *std::move(entry));  // else a later change, still to come, removed it
    return {};
  }

  // What is off is looked for in its CoRIM once, however many parts there are.
  void apply_parts(std::vector<DocumentChange> changes) const {
    for (const Event event : {Event::added, Event::removed}) {
      std::vector<std::string> ids;
      for (const DocumentChange& change : changes)
        if (change.event == event) ids.push_back(change.id);
      index_.set_active(ids, event == Event::removed);
    }
    for (DocumentChange& change : changes) apply(Kind::deactivation, std::move(change));
  }

  void apply(DocumentKind kind, DocumentChange change) const {
    if (change.event == Event::added) {
      documents_.add(kind, {.id = std::move(change.id), .octets = std::move(change.octets), .active = true});
    } else if (change.event == Event::removed) {
      documents_.remove(kind, change.id);
    } else {
      documents_.set_active(kind, change.id, change.event == Event::activated);
    }
  }

  // What a newer program has written may be unreadable here. It is remembered as that, and holds up nothing: a
  // revocation that comes after it counts.
  Result<void> take_corim(const Journal::Change& change) const {
    unread_.erase(change.id);
    if (change.event == Event::removed || change.event == Event::deactivated) {
      const Content* const content = index_.content(change.id);
      if (change.event == Event::removed) {
        inactive_.erase(change.id);
      } else if (content != nullptr) {
        TRY(inactive_[change.id], content->fingerprint());
      }
      index_.remove(change.id);
      return {};
    }
    inactive_.erase(change.id);
    TRY(const auto entry, journal_->entry(Kind::corim, change.id));
    if (!entry || !entry->active) return {};  // a later change, still to come, took it away again
    auto content = content_of(*entry);
    index_.remove(change.id);
    if (content) {
      index_.add(*std::move(content));
    } else {
      unread_.emplace(change.id, std::move(content).error());
    }
    return {};
  }

  // A failure is not lost: what is known stays true, and a look-up that finds nothing tries again and reports it.
  void refresh_until(const std::stop_token& stop) {
    std::mutex waiting;
    std::condition_variable_any stopped;
    std::unique_lock lock(waiting);
    while (!stop.stop_requested()) {
      stopped.wait_for(lock, stop, kRefreshPeriod, [] { return false; });
      static_cast<void>(refresh());
    }
  }

  mutable std::timed_mutex mutex_;  // the journal, and changes of the index
  std::unique_ptr<Journal> journal_;
  mutable Index index_;
  mutable DocumentSet documents_;
  mutable std::atomic<std::int64_t> sequence_{0};  // of the last change in the index
  mutable std::atomic<Clock::time_point> current_at_{};
  std::atomic<std::chrono::seconds> most_stale_{std::chrono::seconds::max()};
  mutable bool up_to_date_ = true;                 // false: news were there and could not be taken over
  mutable std::map<std::string, Bytes> inactive_;  // fingerprints of CoRIMs that are not active, by id
  mutable std::map<std::string, Error> unread_;    // active CoRIMs that are not in the index, by id
  std::jthread refresher_;                         // last: it must stop before what it uses goes
};

}  // namespace

Result<std::shared_ptr<Store>> open_indexed_store(std::unique_ptr<Journal> journal, Sharing sharing) {
  auto store = std::make_shared<IndexedStore>(std::move(journal));
  CHECK(store->start(sharing));
  return store;
}

}  // namespace credence::verifier
