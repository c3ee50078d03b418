#include "verifier/store/indexed_store.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <format>
#include <map>
#include <mutex>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include "verifier/store/content.h"
#include "verifier/store/document_set.h"
#include "verifier/store/index.h"
#include "verifier/store/selection.h"
#include "verifier/store/submission.h"

namespace credence::verifier {
namespace {

using Event = Journal::Event;
using Kind = Journal::Kind;

constexpr std::chrono::seconds kRefreshPeriod{1};
// For whoever uses the database: those who change something, and those whose verdict waits for it.
constexpr std::chrono::seconds kPatience{5}, kShortPatience{1};

std::unexpected<Error> not_stored(std::string_view id) {
  return fail(Errc::not_found, std::format("no CoRIM with id {} is stored", id));
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
    if (present) return Stored{.id = std::move(id), .duplicate = true};
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
    CHECK(journal_->for_each(Kind::corim, [&](Journal::Entry entry) -> Result<void> {
      TRY(const Content content, content_of(entry));
      const Origin& origin = content.origin();
      all.push_back({.id = std::move(entry.id),
                     .source = origin.source,
                     .profile = origin.profile,
                     .validity = origin.validity,
                     .is_signed = is_signed(entry.octets),
                     .active = entry.active,
                     .size = entry.octets.size()});
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
    TRY(std::vector<Content> changed, changed_by(ids, active));
    if (changed.empty()) return {};
    std::int64_t sequence = 0;
    for (const Content& content : changed) {
      const Event event = active ? Event::activated : Event::deactivated;
      TRY(sequence, journal_->append(event, Kind::corim, content.origin().id, {}));
    }
    CHECK(transaction.commit());
    for (Content& content : changed) {
      if (active) {
        index_.add(std::move(content));
      } else {
        index_.remove(content.origin().id);
      }
    }
    sequence_.store(sequence);
    return {};
  }

  Result<void> remove(std::string_view id) override {
    TRY(const auto turn, take_turn());
    TRY(Transaction transaction, Transaction::begin(*journal_));
    CHECK(take_changes());
    TRY(const auto entry, journal_->entry(Kind::corim, id));
    if (!entry) return not_stored(id);
    TRY(const std::int64_t sequence, journal_->append(Event::removed, Kind::corim, id, {}));
    CHECK(transaction.commit());
    index_.remove(id);
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
    std::int64_t sequence = 0;
    for (const DocumentChange& change : changes) {
      TRY(sequence, journal_->append(change.event, kind, change.id, change.octets));
    }
    CHECK(transaction.commit());
    for (DocumentChange& change : changes) apply(kind, std::move(change));
    publish(sequence);
    sequence_.store(sequence);
    return {};
  }

  Result<std::vector<SelectedStatement>> select(std::string_view profile,
                                                const rats::EnvironmentQuery& query) const override {
    return index_.select(profile, query);
  }

  Result<std::shared_ptr<const DenyList>> deny_list() const override { return index_.deny_list(); }

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
    CHECK(journal_->for_each(Kind::corim, [&](const Journal::Entry& entry) -> Result<void> {
      if (!entry.active) return {};
      TRY(Content content, content_of(entry));
      index_.add(std::move(content));
      return {};
    }));
    for (std::size_t kind = 1; kind < kDocumentKinds; ++kind) {
      CHECK(journal_->for_each(static_cast<Kind>(kind), [&](Journal::Entry entry) -> Result<void> {
        documents_.add(static_cast<Kind>(kind), std::move(entry));
        return {};
      }));
    }
    publish(last);
    sequence_.store(last);
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

  // Those of `ids` that are not yet as they shall be; activated ones are checked against what is active and each other.
  Result<std::vector<Content>> changed_by(std::span<const std::string> ids, bool active) const {
    std::vector<Content> changed;
    Index staged;
    for (const std::string& id : ids) {
      TRY(const auto entry, journal_->entry(Kind::corim, id));
      if (!entry) return not_stored(id);
      if (entry->active == active || std::ranges::contains(changed, id, &id_of)) continue;
      TRY(Content content, content_of(*entry));
      if (active) {
        CHECK(index_.check(content));
        CHECK(staged.check(content));
        staged.add(content);
      }
      changed.push_back(std::move(content));
    }
    return changed;
  }

  static const std::string& id_of(const Content& content) { return content.origin().id; }

  // Takes over what other processes have committed since the last time.
  Result<void> refresh() const {
    TRY(const auto turn, take_turn(kShortPatience));
    TRY(const bool news, journal_->has_news());
    if (!news && up_to_date_) return {};
    up_to_date_ = false;
    CHECK(take_changes());
    up_to_date_ = true;
    return {};
  }

  Result<void> take_changes() const {
    TRY(const auto changes, journal_->changes_after(sequence_.load()));
    auto taken = take_all(changes);
    publish(sequence_.load());
    // A kind that is not known may be there to take trust away: no verdicts until a program understands it. After
    // publish(), which sets the list that was taken before it.
    if (!taken && taken.error().code == Errc::configuration) index_.set_deny_list(std::unexpected(taken.error()));
    CHECK(std::move(taken));
    if (unread_.empty()) return {};
    return fail(Errc::io, std::format("{} CoRIMs in the store cannot be read here, the first is {}: {}", unread_.size(),
                                      unread_.begin()->first, unread_.begin()->second.text()));
  }

  Result<void> take_all(std::span<const Journal::Change> changes) const {
    for (const Journal::Change& change : changes) {
      CHECK(check_kind(static_cast<std::int64_t>(change.kind)));
      CHECK(change.kind == Kind::corim ? take_corim(change) : take_document(change));
      sequence_.store(change.sequence);
    }
    return {};
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
      index_.remove(change.id);
      return {};
    }
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
  mutable bool up_to_date_ = true;                 // false: news were there and could not be taken over
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
