#include "verifier/store/sqlite/store.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <format>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "rats/corim/corim.h"
#include "verifier/profile/profile.h"
#include "verifier/store/index.h"
#include "verifier/store/sqlite/database.h"
#include "verifier/store/sqlite/schema.h"
#include "verifier/store/submission.h"

namespace credence::verifier {
namespace {

using sqlite::Database;
using sqlite::Statement;
using sqlite::Transaction;

constexpr std::chrono::seconds kRefreshPeriod{1};
constexpr std::uint8_t kSign1Head = 0xd2;  // CBOR tag 18: a signed CoRIM

// The signature was checked before it was stored, against the anchors of that time.
Result<rats::Corim> decode_stored(ByteView octets) {
  if (octets.empty() || octets.front() != kSign1Head) return rats::decode_corim(octets);
  TRY(rats::SignedCorim message, rats::decode_signed_corim(octets));
  return rats::corim_of(std::move(message));
}

struct Statements {
  Statement newer;    // sequence and octets after a sequence number
  Statement by_id;    // whether an id is there
  Statement insert;   // id, octets
  Statement version;  // changes when another connection has committed
};

Result<Statements> prepare_statements(const Database& database) {
  TRY(Statement newer, database.prepare("SELECT sequence, octets FROM corim WHERE sequence > ? ORDER BY sequence"));
  TRY(Statement by_id, database.prepare("SELECT 1 FROM corim WHERE id = ?"));
  TRY(Statement insert, database.prepare("INSERT INTO corim (id, octets) VALUES (?, ?)"));
  TRY(Statement version, database.prepare("PRAGMA data_version"));
  return Statements{
      .newer = std::move(newer), .by_id = std::move(by_id), .insert = std::move(insert), .version = std::move(version)};
}

// A statement in use; reset when done, so that it holds no read lock.
class Use {
 public:
  explicit Use(Statement& statement) : statement_(statement) {}
  ~Use() { statement_.reset(); }
  Use(const Use&) = delete;
  Use& operator=(const Use&) = delete;
  Statement* operator->() const { return &statement_; }

 private:
  Statement& statement_;
};

class SqliteStore final : public Store {
 public:
  SqliteStore(Database database, Statements statements)
      : database_(std::move(database)), statements_(std::move(statements)) {}

  // Before anything else, from one thread.
  Result<void> start() {
    CHECK(refresh());
    refresher_ = std::jthread([this](const std::stop_token& stop) { refresh_until(stop); });
    return {};
  }

  Result<std::shared_ptr<const TrustAnchor>> trust_anchor(const Kid& kid) const override {
    if (auto found = index_.trust_anchor(kid)) return found;
    CHECK(refresh());
    return index_.trust_anchor(kid);
  }

  Result<std::shared_ptr<const ReferenceValues>> reference_values(const rats::TaggedBytes& class_id) const override {
    if (auto found = index_.reference_values(class_id)) return found;
    CHECK(refresh());
    return index_.reference_values(class_id);
  }

  Result<Stored> submit(const rats::Corim& corim, ByteView octets) override {
    TRY(const Content content, read_by_profile(corim));
    TRY(std::string id, submission_id(octets));
    const std::lock_guard lock(mutex_);
    TRY(Transaction transaction, Transaction::begin(database_));
    CHECK(load_newer());  // what others have committed: a conflict with it must be seen
    TRY(const bool duplicate, is_stored(id));
    if (duplicate) return Stored{.id = std::move(id), .duplicate = true};
    TRY(Index::Change change, index_.prepare(content));
    CHECK(insert(id, octets));
    const std::int64_t sequence = database_.last_insert_rowid();
    CHECK(transaction.commit());
    index_.apply(std::move(change));
    sequence_.store(sequence);
    return Stored{.id = std::move(id), .duplicate = false};
  }

  std::uint64_t generation() const noexcept override { return static_cast<std::uint64_t>(sequence_.load()); }

 private:
  // Takes over what other processes have committed since the last time.
  Result<void> refresh() const {
    const std::lock_guard lock(mutex_);
    TRY(const std::int64_t version, data_version());
    if (version == data_version_) return {};
    CHECK(load_newer());
    data_version_ = version;
    return {};
  }

  Result<std::int64_t> data_version() const {
    const Use statement(statements_.version);
    TRY(const bool row, statement->step());
    if (!row) return fail(Errc::io, "SQLite: no data_version");
    return statement->integer(0);
  }

  Result<void> load_newer() const {
    const Use statement(statements_.newer);
    CHECK(statement->bind(1, sequence_.load()));
    while (true) {
      TRY(const bool row, statement->step());
      if (!row) return {};
      const std::int64_t sequence = statement->integer(0);
      if (auto loaded = load(statement->octets(1)); !loaded)
        return within(std::format("stored CoRIM {}", sequence), std::move(loaded).error());
      sequence_.store(sequence);
    }
  }

  Result<void> load(ByteView octets) const {
    TRY(const rats::Corim corim, decode_stored(octets));
    TRY(const Content content, read_by_profile(corim));
    TRY(Index::Change change, index_.prepare(content));
    index_.apply(std::move(change));
    return {};
  }

  Result<bool> is_stored(std::string_view id) const {
    const Use statement(statements_.by_id);
    CHECK(statement->bind(1, id));
    return statement->step();
  }

  Result<void> insert(std::string_view id, ByteView octets) {
    const Use statement(statements_.insert);
    CHECK(statement->bind(1, id));
    CHECK(statement->bind(2, octets));
    CHECK(statement->step());
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

  mutable std::mutex mutex_;  // the connection, its statements, and changes of the index
  mutable Database database_;
  mutable Statements statements_;
  mutable Index index_;
  mutable std::atomic<std::int64_t> sequence_{0};  // of the last CoRIM in the index
  mutable std::int64_t data_version_ = -1;
  std::jthread refresher_;  // last: it must stop before what it uses goes
};

}  // namespace

Result<std::shared_ptr<Store>> open_sqlite_store(const std::filesystem::path& file) {
  TRY(Database database, Database::open(file));
  if (auto prepared = sqlite::prepare_schema(database); !prepared)
    return within(file.string(), std::move(prepared).error());
  TRY(Statements statements, prepare_statements(database));
  auto store = std::make_shared<SqliteStore>(std::move(database), std::move(statements));
  if (auto started = store->start(); !started) return within(file.string(), std::move(started).error());
  return store;
}

}  // namespace credence::verifier
