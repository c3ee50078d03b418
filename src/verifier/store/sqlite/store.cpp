#include "verifier/store/sqlite/store.h"

#include <array>
#include <cstdint>
#include <format>
#include <string>
#include <utility>
#include <vector>

#include "verifier/store/indexed_store.h"
#include "verifier/store/journal.h"
#include "verifier/store/sqlite/database.h"
#include "verifier/store/sqlite/schema.h"

namespace credence::verifier {
namespace {

using sqlite::Database;
using sqlite::Statement;

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

struct Statements {
  Statement version;  // changes when another connection has committed
  Statement last, changes_after;
  Statement by_id, all, highest_kind;
  Statement insert, remove, activate, deactivate;
  Statement note;  // a change
  Statement noted_time, note_later_time, note_time;
};

Result<Statements> prepare_statements(const Database& database) {
  TRY(Statement version, database.prepare("PRAGMA data_version"));
  TRY(Statement last, database.prepare("SELECT coalesce(max(sequence), 0) FROM change"));
  TRY(Statement after,
      database.prepare("SELECT sequence, event, kind, id FROM change WHERE sequence > ? ORDER BY sequence"));
  TRY(Statement by_id, database.prepare("SELECT id, octets, active FROM document WHERE kind = ? AND id = ?"));
  TRY(Statement all, database.prepare("SELECT id, octets, active FROM document WHERE kind = ? ORDER BY sequence"));
  TRY(Statement highest, database.prepare("SELECT max(coalesce((SELECT max(kind) FROM document), 0),"
                                          " coalesce((SELECT max(kind) FROM change), 0))"));
  TRY(Statement insert, database.prepare("INSERT INTO document (kind, id, octets) VALUES (?, ?, ?)"));
  TRY(Statement remove, database.prepare("DELETE FROM document WHERE kind = ? AND id = ?"));
  TRY(Statement activate, database.prepare("UPDATE document SET active = 1 WHERE kind = ? AND id = ?"));
  TRY(Statement deactivate, database.prepare("UPDATE document SET active = 0 WHERE kind = ? AND id = ?"));
  TRY(Statement note, database.prepare("INSERT INTO change (event, kind, id) VALUES (?, ?, ?)"));
  TRY(Statement noted_time, database.prepare("SELECT told FROM clock"));
  TRY(Statement note_later_time, database.prepare("INSERT INTO clock (id, told) VALUES (1, ?) ON CONFLICT (id)"
                                                  " DO UPDATE SET told = max(told, excluded.told)"));
  TRY(Statement note_time, database.prepare("INSERT INTO clock (id, told) VALUES (1, ?) ON CONFLICT (id)"
                                            " DO UPDATE SET told = excluded.told"));
  return Statements{.version = std::move(version),
                    .last = std::move(last),
                    .changes_after = std::move(after),
                    .by_id = std::move(by_id),
                    .all = std::move(all),
                    .highest_kind = std::move(highest),
                    .insert = std::move(insert),
                    .remove = std::move(remove),
                    .activate = std::move(activate),
                    .deactivate = std::move(deactivate),
                    .note = std::move(note),
                    .noted_time = std::move(noted_time),
                    .note_later_time = std::move(note_later_time),
                    .note_time = std::move(note_time)};
}

class SqliteJournal final : public Journal {
 public:
  SqliteJournal(Database database, Statements statements)
      : database_(std::move(database)), statements_(std::move(statements)) {}

  Result<bool> has_news() override {
    const Use statement(statements_.version);
    CHECK(statement->step());
    const std::int64_t version = statement->integer(0);
    return std::exchange(version_, version) != version;
  }

  Result<std::int64_t> last_sequence() override {
    const Use statement(statements_.last);
    CHECK(statement->step());
    return statement->integer(0);
  }

  Result<std::vector<Change>> changes_after(std::int64_t sequence) override {
    std::vector<Change> changes;
    const Use statement(statements_.changes_after);
    CHECK(statement->bind(1, sequence));
    while (true) {
      TRY(const bool row, statement->step());
      if (!row) return changes;
      changes.push_back({.sequence = statement->integer(0),
                         .event = static_cast<Event>(statement->integer(1)),
                         .kind = static_cast<Kind>(statement->integer(2)),
                         .id = std::string(as_text(statement->octets(3)))});
    }
  }

  Result<std::optional<Entry>> entry(Kind kind, std::string_view id) override {
    const Use statement(statements_.by_id);
    CHECK(statement->bind(1, number(kind)));
    CHECK(statement->bind(2, id));
    TRY(const bool row, statement->step());
    if (!row) return std::nullopt;
    return row_of(statement);
  }

  Result<void> for_each(Kind kind, const std::function<Result<void>(Entry)>& visit) override {
    const Use statement(statements_.all);
    CHECK(statement->bind(1, number(kind)));
    while (true) {
      TRY(const bool row, statement->step());
      if (!row) return {};
      CHECK(visit(row_of(statement)));
    }
  }

  Result<std::int64_t> highest_kind() override {
    const Use statement(statements_.highest_kind);
    CHECK(statement->step());
    return statement->integer(0);
  }

  // Takes the write lock at once, so that nothing read here can be overtaken by another writer.
  Result<void> begin() override { return database_.execute("BEGIN IMMEDIATE"); }
  // In WAL mode a read transaction sees what was there at its first read.
  Result<void> begin_snapshot() override { return database_.execute("BEGIN; SELECT count(*) FROM sqlite_schema"); }
  Result<void> commit() override { return database_.execute("COMMIT"); }
  void roll_back() noexcept override { static_cast<void>(database_.execute("ROLLBACK")); }

  Result<std::int64_t> append(Event event, Kind kind, std::string_view id, ByteView octets) override {
    CHECK(change_document(event, kind, id, octets));
    const Use statement(statements_.note);
    CHECK(statement->bind(1, static_cast<std::int64_t>(event)));
    CHECK(statement->bind(2, number(kind)));
    CHECK(statement->bind(3, id));
    CHECK(statement->step());
    return database_.last_insert_rowid();
  }

  Result<void> note_time(Timestamp told, TimeNote how) override {
    const Use statement(how == TimeNote::if_later ? statements_.note_later_time : statements_.note_time);
    CHECK(statement->bind(1, told.time_since_epoch().count()));
    CHECK(statement->step());
    return {};
  }

  Result<std::optional<Timestamp>> noted_time() override {
    const Use statement(statements_.noted_time);
    TRY(const bool row, statement->step());
    if (!row) return std::nullopt;
    return Timestamp(std::chrono::milliseconds(statement->integer(0)));
  }

 private:
  static std::int64_t number(Kind kind) { return static_cast<std::int64_t>(kind); }

  static Entry row_of(const Use& statement) {
    return {.id = std::string(as_text(statement->octets(0))),
            .octets = to_bytes(statement->octets(1)),
            .active = statement->integer(2) == 1};
  }

  Result<void> change_document(Event event, Kind kind, std::string_view id, ByteView octets) {
    const std::array<Statement*, 4> by_event = {&statements_.insert, &statements_.remove, &statements_.activate,
                                                &statements_.deactivate};
    const Use statement(*by_event.at(static_cast<std::size_t>(event)));
    CHECK(statement->bind(1, number(kind)));
    CHECK(statement->bind(2, id));
    if (event == Event::added) CHECK(statement->bind(3, octets));
    CHECK(statement->step());
    return {};
  }

  Database database_;
  Statements statements_;
  std::int64_t version_ = -1;
};

}  // namespace

Result<std::unique_ptr<Journal>> open_sqlite_journal(const std::filesystem::path& file) {
  TRY(Database database, Database::open(file));
  if (auto prepared = sqlite::prepare_schema(database); !prepared)
    return within(file.string(), std::move(prepared).error());
  TRY(Statements statements, prepare_statements(database));
  return std::make_unique<SqliteJournal>(std::move(database), std::move(statements));
}

Result<std::shared_ptr<Store>> open_sqlite_store(const std::filesystem::path& file) {
  TRY(auto journal, open_sqlite_journal(file));
  auto store = open_indexed_store(std::move(journal), Sharing::shared);
  if (!store) return within(file.string(), std::move(store).error());
  return store;
}

Result<void> probe_sqlite_store(const std::filesystem::path& file) {
  TRY(const Database database, Database::open_existing(file));
  if (auto checked = sqlite::check_schema(database); !checked) return within(file.string(), std::move(checked).error());
  return {};
}

}  // namespace credence::verifier
