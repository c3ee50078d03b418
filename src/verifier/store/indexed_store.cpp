#include "verifier/store/indexed_store.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <format>
#include <mutex>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include "verifier/store/activation.h"
#include "verifier/store/content.h"
#include "verifier/store/journal_transaction.h"
#include "verifier/store/lifecycle.h"
#include "verifier/store/replica.h"
#include "verifier/store/selection.h"
#include "verifier/store/submission.h"

namespace credence::verifier {
namespace {

using Event = Journal::Event;
using Kind = Journal::Kind;

constexpr std::chrono::seconds kRefreshPeriod{1};
// A pooler that gives each transaction another session loses what is announced, and says nothing. A revocation must not
// wait for somebody to notice.
constexpr std::chrono::seconds kDoubt{5};
// For whoever uses the database: those who change something, and those whose verdict waits for it.
constexpr std::chrono::seconds kPatience{5}, kShortPatience{1};

// There already, by this id: success, if all that it says counts.
Result<Stored> duplicate(std::string id, const Deactivated& off) {
  if (const std::size_t parts = off.count(id); parts > 0)
    return fail(Errc::conflict, std::format("this CoRIM is there already, and {} of its CoMIDs and statements {} "
                                            "deactivated: activate what is meant to count in {}",
                                            parts, parts == 1 ? "is" : "are", id));
  return Stored{.id = std::move(id), .duplicate = true};
}

// Of a CoRIM that is off and cannot be read, of a newer program perhaps, what is known without: it is to be listed,
// since it can be removed.
Result<StoredCorim> described(const Journal::Entry& entry, const Deactivated& off) {
  StoredCorim corim{.id = entry.id,
                    .source = {},
                    .profile = {},
                    .validity = {},
                    .is_signed = is_signed(entry.octets),
                    .active = entry.active,
                    .size = entry.octets.size(),
                    .deactivated = off.count(entry.id)};
  auto content = content_of(entry);
  if (!content && !entry.active) return corim;
  if (!content) return std::unexpected(std::move(content).error());
  corim.source = content->origin().source;
  corim.profile = content->origin().profile;
  corim.validity = content->origin().validity;
  return corim;
}

class IndexedStore final : public Store {
 public:
  explicit IndexedStore(std::unique_ptr<Journal> journal) : journal_(std::move(journal)), replica_(*journal_) {}

  // Before anything else, from one thread.
  Result<void> start(Sharing sharing) {
    CHECK(load());
    if (sharing == Sharing::shared)
      refresher_ = std::jthread([this](const std::stop_token& stop) { refresh_until(stop); });
    return {};
  }

  Result<std::shared_ptr<const Endorsed>> find(const Lookup& lookup) const override {
    TRY(auto found, replica_.index().find(lookup));
    // Most attesters have no conditional endorsements, and nothing under most of several keys: asking the database each
    // time would be all that it does. News of them are seen within a second.
    if (found != nullptr || !refresher_.joinable() || lookup.if_unknown == IfUnknown::leave_it ||
        lookup.topic == Topic::conditional_endorsements)
      return found;
    CHECK(refresh());
    return replica_.index().find(lookup);
  }

  Result<void> for_each_statement(const Lookup& lookup,
                                  const std::function<void(const Statement&)>& visit) const override {
    return replica_.index().for_each_statement(lookup, visit);
  }

  Result<Stored> submit(const rats::Corim& corim, ByteView octets) override {
    TRY(std::string id, submission_id(octets));
    TRY(auto signer, signer_of(octets));
    TRY(Content content, read_by_profile(corim, id, std::move(signer)));
    TRY(const auto turn, take_turn());
    TRY(JournalTransaction transaction, JournalTransaction::begin(*journal_));
    CHECK(replica_.take_changes());  // what others have committed: a conflict with it, or a revocation, must be seen
    TRY(const auto denied, replica_.index().deny_list());
    CHECK(denied->check(content.origin()));
    const Deactivated off = replica_.index().deactivated();
    TRY(const auto present, journal_->entry(Kind::corim, id));
    if (present && !present->active) return already_deactivated(id);
    if (present) return duplicate(std::move(id), off);
    TRY(auto same, replica_.index().same_as(content));
    if (same) return duplicate(*std::move(same), off);
    CHECK(replica_.check_not_deactivated(content));
    CHECK(replica_.check_inactive(content, off));
    CHECK(replica_.index().check(content));
    TRY(const std::int64_t sequence, journal_->append(Event::added, Kind::corim, id, octets));
    CHECK(transaction.commit());
    replica_.add(std::move(content));
    replica_.publish(sequence);
    return Stored{.id = std::move(id), .duplicate = false};
  }

  Result<std::vector<StoredCorim>> list() const override {
    std::vector<Journal::Entry> entries;
    TRY(auto turn, take_turn());
    const Deactivated off = replica_.index().deactivated();
    CHECK(journal_->for_each(Kind::corim, [&](Journal::Entry entry) -> Result<void> {
      entries.push_back(std::move(entry));
      return {};
    }));
    turn.unlock();  // reading them all takes its time, and a revocation must not wait for it
    std::vector<StoredCorim> all;
    for (Journal::Entry& entry : entries) {
      TRY(all.emplace_back(), described(entry, off));
      entry = {};
    }
    return all;
  }

  Result<StoredCorim> stored(std::string_view id) const override {
    TRY(auto turn, take_turn());
    const Deactivated off = replica_.index().deactivated();
    TRY(const auto entry, journal_->entry(Kind::corim, id));
    if (!entry) return not_stored(id);
    turn.unlock();
    return described(*entry, off);
  }

  Result<Bytes> octets(std::string_view id) const override {
    TRY(const auto turn, take_turn());
    TRY(auto entry, journal_->entry(Kind::corim, id));
    if (!entry) return not_stored(id);
    return std::move(entry->octets);
  }

  Result<LifecycleChange> set_active(std::span<const std::string> ids, bool active) override {
    TRY(const auto turn, take_turn());
    TRY(JournalTransaction transaction, JournalTransaction::begin(*journal_));
    CHECK(replica_.take_changes());
    return activate(replica_, transaction, {.corims = {ids.begin(), ids.end()}, .deactivations = {}}, active);
  }

  Result<LifecycleChange> set_active(const rats::CoservQuery& query, bool active) override {
    // Each holds all that is not active, decoded: one at a time.
    const std::unique_lock query_turn(queries_, kPatience);
    if (!query_turn) return fail(Errc::busy, "another query that turns endorsements on or off is under way: try again");
    InactiveContents inactive;
    CHECK(read_inactive(inactive));
    TRY(const auto turn, take_turn());
    TRY(JournalTransaction transaction, JournalTransaction::begin(*journal_));
    CHECK(replica_.take_changes());
    CHECK(inactive.bring_to(replica_));  // others may have turned on or off what there was
    TRY(const LifecycleSelection selection, select_lifecycle(replica_.index(), inactive.index(), query));
    return activate(replica_, transaction, selection, active);
  }

  Result<std::vector<std::shared_ptr<const Origin>>> origins(std::string_view source) const override {
    CHECK(check_current());
    return replica_.index().origins(source, Index::Whole::yes);
  }
  Result<std::shared_ptr<const Origin>> newest_with_tag(
      std::string_view profile, std::string_view tag, const std::function<bool(const Origin&)>& suits) const override {
    CHECK(check_current());
    return replica_.index().newest_with_tag(profile, tag, suits);
  }

  Result<LifecycleChange> remove(std::string_view id) override {
    TRY(const auto turn, take_turn());
    TRY(JournalTransaction transaction, JournalTransaction::begin(*journal_));
    CHECK(replica_.take_changes());
    TRY(const auto entry, journal_->entry(Kind::corim, id));
    if (!entry) return not_stored(id);
    const std::string removed(id);
    TRY(std::vector<DocumentChange> disregarded, disregarded_without(replica_, {&removed, 1}));
    std::vector<DocumentChange> parts;
    for (const auto& document : *replica_.documents().documents(Kind::deactivation))
      if (corim_of_deactivation(document->id) == id) parts.push_back({.event = Event::removed, .id = document->id});
    LifecycleChange outcome{.selected = {removed}, .off = {}};
    for (const DocumentChange& part : disregarded) outcome.off.push_back(part.id);
    // For whoever follows, nothing may count on the way: neither what this one replaced, nor what of it is off.
    CHECK(transaction.append(Kind::deactivation, disregarded));
    TRY(std::int64_t sequence, journal_->append(Event::removed, Kind::corim, id, {}));
    if (!parts.empty()) {
      TRY(sequence, transaction.append(Kind::deactivation, parts));
    }
    CHECK(transaction.commit());
    replica_.apply(Kind::deactivation, std::move(disregarded));
    replica_.remove(removed);
    replica_.apply(Kind::deactivation, std::move(parts));
    replica_.publish(sequence);
    return outcome;
  }

  std::shared_ptr<const Documents> documents(DocumentKind kind) const override {
    return replica_.documents().documents(kind);
  }
  std::uint64_t version(DocumentKind kind) const noexcept override { return replica_.documents().version(kind); }

  Result<void> change(DocumentKind kind, const Decision& decide) override {
    if (kind == DocumentKind::corim) throw std::logic_error("CoRIMs are submitted");
    TRY(const auto turn, take_turn());
    TRY(JournalTransaction transaction, JournalTransaction::begin(*journal_));
    CHECK(replica_.take_changes());
    TRY(std::vector<DocumentChange> changes, decide(*replica_.documents().documents(kind)));
    if (changes.empty()) return {};
    CHECK(check_changes(*replica_.documents().documents(kind), changes));
    TRY(const std::int64_t sequence, transaction.append(kind, changes));
    CHECK(transaction.commit());
    replica_.apply(kind, std::move(changes));
    replica_.publish(sequence);
    return {};
  }

  Result<std::vector<SelectedStatement>> select(std::string_view profile,
                                                const rats::EnvironmentQuery& query) const override {
    return replica_.index().select(profile, query);
  }

  Result<std::shared_ptr<const DenyList>> deny_list() const override {
    CHECK(check_current());
    return replica_.index().deny_list();
  }
  void bound_staleness(std::chrono::seconds most) override { most_stale_.store(most); }

  Result<std::vector<StoreChange>> changes_after(std::uint64_t generation) const override {
    TRY(const auto turn, take_turn());
    const std::int64_t last = replica_.sequence();
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

  std::uint64_t generation() const noexcept override { return static_cast<std::uint64_t>(replica_.sequence()); }

  StoreSize size() const override { return replica_.index().store_size(); }

  Result<void> probe() const override {
    TRY(const auto turn, take_turn(kShortPatience));
    return catch_up();
  }

  Result<void> note_time(Timestamp told, TimeNote how) override {
    TRY(const auto turn, take_turn(kShortPatience));
    return journal_->note_time(told, how);
  }

  Result<std::optional<Timestamp>> noted_time() const override {
    TRY(const auto turn, take_turn());
    return journal_->noted_time();
  }

 private:
  using Clock = Replica::Clock;

  // A node that is cut off from its database must not go on affirming for ever what the others have revoked.
  Result<void> check_current() const {
    if (!refresher_.joinable()) return {};
    const auto age = std::chrono::duration_cast<std::chrono::seconds>(Clock::now() - replica_.current_at());
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

  Result<void> load() {
    TRY(const auto turn, take_turn());
    TRY(JournalTransaction transaction, JournalTransaction::begin(*journal_));
    return replica_.load_all();
  }

  Result<void> catch_up() const {
    if (!replica_.is_torn()) return replica_.take_changes();
    TRY(JournalTransaction transaction, JournalTransaction::begin(*journal_));
    return replica_.take_changes();
  }

  // Decoding them all takes its time, and a revocation must not wait for it: the turn is taken for each.
  Result<void> read_inactive(InactiveContents& contents) const {
    std::vector<std::string> ids;
    {
      TRY(const auto turn, take_turn());
      for (const auto& [id, said] : replica_.inactive().all()) ids.push_back(id);
    }
    for (const std::string& id : ids) {
      TRY(auto turn, take_turn());
      TRY(const auto entry, journal_->entry(Kind::corim, id));
      turn.unlock();
      if (entry) contents.add(*entry);
    }
    return {};
  }

  // Takes over what other processes have committed since the last time.
  Result<void> refresh() const {
    TRY(const auto turn, take_turn(kShortPatience));
    TRY(const bool news, journal_->has_news());
    // That nothing was announced is no proof that anybody is there, nor that nothing has changed.
    if (!news && up_to_date_ && !replica_.is_torn() && Clock::now() - replica_.current_at() < kDoubt) return {};
    up_to_date_ = false;
    CHECK(catch_up());
    up_to_date_ = true;
    return {};
  }

  // A failure is not lost: what is known stays true, and a look-up that finds nothing tries again and reports it. Nor
  // is one for want of memory, which must not end the process: a change that it came between is torn.
  void refresh_until(const std::stop_token& stop) {
    std::mutex waiting;
    std::condition_variable_any stopped;
    std::unique_lock lock(waiting);
    while (!stop.stop_requested()) {
      stopped.wait_for(lock, stop, kRefreshPeriod, [] { return false; });
      try {
        static_cast<void>(refresh());
      } catch (const std::exception&) {
        continue;
      }
    }
  }

  std::timed_mutex queries_;        // set_active(query); taken before mutex_
  mutable std::timed_mutex mutex_;  // the journal, and changes of the index
  std::unique_ptr<Journal> journal_;
  mutable Replica replica_;
  std::atomic<std::chrono::seconds> most_stale_{std::chrono::seconds::max()};
  mutable bool up_to_date_ = true;  // false: news were there and could not be taken over
  std::jthread refresher_;          // last: it must stop before what it uses goes
};

}  // namespace

Result<std::shared_ptr<Store>> open_indexed_store(std::unique_ptr<Journal> journal, Sharing sharing) {
  auto store = std::make_shared<IndexedStore>(std::move(journal));
  CHECK(store->start(sharing));
  return store;
}

}  // namespace credence::verifier
