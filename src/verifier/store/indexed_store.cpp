#include "verifier/store/indexed_store.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <format>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "rats/corim/corim.h"
#include "verifier/store/content.h"
#include "verifier/store/index.h"
#include "verifier/store/submission.h"

namespace credence::verifier {
namespace {

using Event = Journal::Event;

constexpr std::chrono::seconds kRefreshPeriod{1};
constexpr std::uint8_t kSign1Head = 0xd2;  // CBOR tag 18: a signed CoRIM

bool is_signed(ByteView octets) noexcept { return !octets.empty() && octets.front() == kSign1Head; }

// The signature was checked before it was stored, against the anchors of that time.
Result<rats::Corim> decode_stored(ByteView octets) {
  if (!is_signed(octets)) return rats::decode_corim(octets);
  TRY(rats::SignedCorim message, rats::decode_signed_corim(octets));
  return rats::corim_of(std::move(message));
}

Result<Content> content_of(const Journal::Entry& entry) {
  auto content =
      decode_stored(entry.octets).and_then([&](const rats::Corim& corim) { return read_by_profile(corim, entry.id); });
  if (!content) return within(std::format("stored CoRIM {}", entry.id), std::move(content).error());
  return content;
}

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
    if (found != nullptr || !refresher_.joinable()) return found;
    CHECK(refresh());
    return index_.find(lookup);
  }

  Result<Stored> submit(const rats::Corim& corim, ByteView octets) override {
    TRY(std::string id, submission_id(octets));
    TRY(Content content, read_by_profile(corim, id));
    const std::lock_guard lock(mutex_);
    TRY(Transaction transaction, Transaction::begin(*journal_));
    CHECK(take_changes());  // what others have committed: a conflict with it must be seen
    TRY(const auto present, journal_->entry(id));
    if (present) return Stored{.id = std::move(id), .duplicate = true};
    CHECK(index_.check(content));
    TRY(const std::int64_t sequence, journal_->append(Event::added, id, octets));
    CHECK(transaction.commit());
    index_.add(std::move(content));
    sequence_.store(sequence);
    return Stored{.id = std::move(id), .duplicate = false};
  }

  Result<std::vector<StoredCorim>> list() const override {
    std::vector<StoredCorim> all;
    const std::lock_guard lock(mutex_);
    CHECK(journal_->for_each([&](Journal::Entry entry) -> Result<void> {
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
    const std::lock_guard lock(mutex_);
    TRY(auto entry, journal_->entry(id));
    if (!entry) return not_stored(id);
    return std::move(entry->octets);
  }

  Result<void> set_active(std::span<const std::string> ids, bool active) override {
    const std::lock_guard lock(mutex_);
    TRY(Transaction transaction, Transaction::begin(*journal_));
    CHECK(take_changes());
    TRY(std::vector<Content> changed, changed_by(ids, active));
    if (changed.empty()) return {};
    std::int64_t sequence = 0;
    for (const Content& content : changed) {
      TRY(sequence, journal_->append(active ? Event::activated : Event::deactivated, content.origin().id, {}));
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
    const std::lock_guard lock(mutex_);
    TRY(Transaction transaction, Transaction::begin(*journal_));
    CHECK(take_changes());
    TRY(const auto entry, journal_->entry(id));
    if (!entry) return not_stored(id);
    TRY(const std::int64_t sequence, journal_->append(Event::removed, id, {}));
    CHECK(transaction.commit());
    index_.remove(id);
    sequence_.store(sequence);
    return {};
  }

  std::uint64_t generation() const noexcept override { return static_cast<std::uint64_t>(sequence_.load()); }

 private:
  Result<void> load_all() {
    const std::lock_guard lock(mutex_);
    TRY(Transaction transaction, Transaction::begin(*journal_));
    TRY(const std::int64_t last, journal_->last_sequence());
    CHECK(journal_->for_each([&](const Journal::Entry& entry) -> Result<void> {
      if (!entry.active) return {};
      TRY(Content content, content_of(entry));
      index_.add(std::move(content));
      return {};
    }));
    sequence_.store(last);
    return {};
  }

  // Those of `ids` that are not yet as they shall be; activated ones are checked against what is active and each other.
  Result<std::vector<Content>> changed_by(std::span<const std::string> ids, bool active) const {
    std::vector<Content> changed;
    Index staged;
    for (const std::string& id : ids) {
      TRY(const auto entry, journal_->entry(id));
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
    const std::lock_guard lock(mutex_);
    TRY(const bool news, journal_->has_news());
    if (!news && up_to_date_) return {};
    up_to_date_ = false;
    CHECK(take_changes());
    up_to_date_ = true;
    return {};
  }

  Result<void> take_changes() const {
    TRY(const auto changes, journal_->changes_after(sequence_.load()));
    for (const Journal::Change& change : changes) {
      CHECK(take(change));
      sequence_.store(change.sequence);
    }
    return {};
  }

  Result<void> take(const Journal::Change& change) const {
    if (change.event == Event::removed || change.event == Event::deactivated) {
      index_.remove(change.id);
      return {};
    }
    TRY(const auto entry, journal_->entry(change.id));
    if (!entry || !entry->active) return {};  // a later change, still to come, took it away again
    TRY(Content content, content_of(*entry));
    index_.remove(change.id);
    index_.add(std::move(content));
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

  mutable std::mutex mutex_;  // the journal, and changes of the index
  std::unique_ptr<Journal> journal_;
  mutable Index index_;
  mutable std::atomic<std::int64_t> sequence_{0};  // of the last change in the index
  mutable bool up_to_date_ = true;                 // false: news were there and could not be taken over
  std::jthread refresher_;                         // last: it must stop before what it uses goes
};

}  // namespace

Result<std::shared_ptr<Store>> open_indexed_store(std::unique_ptr<Journal> journal, Sharing sharing) {
  auto store = std::make_shared<IndexedStore>(std::move(journal));
  CHECK(store->start(sharing));
  return store;
}

}  // namespace credence::verifier
