#include "verifier/store/postgres/store.h"

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "verifier/store/indexed_store.h"
#include "verifier/store/journal.h"
#include "verifier/store/postgres/connection.h"
#include "verifier/store/postgres/schema.h"

namespace credence::verifier {
namespace {

using postgres::as_parameter;
using postgres::Connection;
using postgres::Sql;
using postgres::Transaction;

constexpr int kPage = 64;  // documents that are fetched at once

constexpr Sql kLastSequence{.name = "credence_last_sequence",
                            .text = "SELECT coalesce(max(sequence), 0) FROM credence_change"};
constexpr Sql kChangesAfter{
    .name = "credence_changes_after",
    .text = "SELECT sequence, event, kind, id FROM credence_change WHERE sequence > $1 ORDER BY sequence"};
constexpr Sql kEntry{.name = "credence_entry",
                     .text = "SELECT id, octets, active FROM credence_document WHERE kind = $1 AND id = $2"};
constexpr Sql kPageAfter{.name = "credence_page_after",
                         .text =
                             "SELECT sequence, id, octets, active FROM credence_document"
                             " WHERE kind = $1 AND sequence > $2 ORDER BY sequence LIMIT $3"};
constexpr Sql kHighestKind{.name = "credence_highest_kind",
                           .text =
                               "SELECT greatest(0, (SELECT max(kind) FROM credence_document), (SELECT max(kind) "
                               "FROM credence_change))::BIGINT"};
constexpr Sql kAddDocument{.name = "credence_add_document",
                           .text = "INSERT INTO credence_document (kind, id, octets) VALUES ($1, $2, $3)"};
constexpr Sql kRemoveDocument{.name = "credence_remove_document",
                              .text = "DELETE FROM credence_document WHERE kind = $1 AND id = $2"};
constexpr Sql kSetActive{.name = "credence_set_active",
                         .text = "UPDATE credence_document SET active = $3 WHERE kind = $1 AND id = $2"};
constexpr Sql kAppendChange{
    .name = "credence_append_change",
    .text = "INSERT INTO credence_change (event, kind, id) VALUES ($1, $2, $3) RETURNING sequence"};

constexpr Sql kNotedTime{.name = "credence_noted_time", .text = "SELECT told FROM credence_clock"};
// By the server's clock too, as kForgetExpired of sessions.
constexpr Sql kNoteLaterTime{
    .name = "credence_note_later_time",
    .text =
        "INSERT INTO credence_clock (id, told) VALUES (1, LEAST($1, (EXTRACT(EPOCH FROM now()) * 1000)::BIGINT))"
        " ON CONFLICT (id) DO UPDATE SET told = GREATEST(credence_clock.told, EXCLUDED.told)"};
constexpr Sql kNoteTime{
    .name = "credence_note_time",
    .text =
        "INSERT INTO credence_clock (id, told) VALUES (1, LEAST($1, (EXTRACT(EPOCH FROM now()) * 1000)::BIGINT))"
        " ON CONFLICT (id) DO UPDATE SET told = EXCLUDED.told"};

Journal::Entry entry_of(const pqxx::row& row) {
  const auto octets = row["octets"].as<pqxx::bytes>();
  const auto* const first = reinterpret_cast<const std::uint8_t*>(octets.data());
  return {.id = row["id"].as<std::string>(),
          .octets = Bytes(first, first + octets.size()),
          .active = row["active"].as<bool>()};
}

class PostgresJournal final : public Journal {
 public:
  PostgresJournal(std::string options, RemoteServer remote) : connection_(std::move(options), remote) {}

  Result<void> prepare() { return postgres::prepare_schema(connection_); }

  Result<bool> has_news() override { return connection_.has_news(); }

  Result<std::int64_t> last_sequence() override {
    return connection_.run([](Transaction& transaction) { return number_in(transaction.execute(kLastSequence)); });
  }

  Result<std::vector<Change>> changes_after(std::int64_t sequence) override {
    return connection_.run([&](Transaction& transaction) {
      std::vector<Change> changes;
      const pqxx::result rows = transaction.execute(kChangesAfter, pqxx::params{sequence});
      for (const auto& row : rows)
        changes.push_back({.sequence = row[0].as<std::int64_t>(),
                           .event = static_cast<Event>(row[1].as<int>()),
                           .kind = static_cast<Kind>(row[2].as<int>()),
                           .id = row[3].as<std::string>()});
      return changes;
    });
  }

  Result<std::optional<Entry>> entry(Kind kind, std::string_view id) override {
    return connection_.run([&](Transaction& transaction) -> std::optional<Entry> {
      const pqxx::result rows = transaction.execute(kEntry, pqxx::params{number(kind), id});
      if (rows.empty()) return std::nullopt;
      return entry_of(rows[0]);
    });
  }

  Result<void> for_each(Kind kind, const std::function<Result<void>(Entry)>& visit) override {
    std::int64_t last = 0;
    while (true) {
      TRY(Page page, page_after(kind, last));
      const bool is_last = page.entries.size() < kPage;
      for (Entry& entry : page.entries) CHECK(visit(std::move(entry)));
      if (is_last) return {};
      last = page.last;
    }
  }

  Result<std::int64_t> highest_kind() override {
    return connection_.run([](Transaction& transaction) { return number_in(transaction.execute(kHighestKind)); });
  }

  Result<void> begin() override { return connection_.begin(); }
  Result<void> begin_snapshot() override { return connection_.begin_snapshot(); }
  Result<void> commit() override { return connection_.commit(); }
  void roll_back() noexcept override { connection_.roll_back(); }

  Result<std::int64_t> append(Event event, Kind kind, std::string_view id, ByteView octets) override {
    return connection_.run([&](Transaction& transaction) {
      change_document(transaction, event, kind, id, octets);
      const std::int64_t sequence =
          number_in(transaction.execute(kAppendChange, pqxx::params{static_cast<int>(event), number(kind), id}));
      transaction.announce(postgres::kChannel);
      return sequence;
    });
  }

  Result<void> note_time(Timestamp told, TimeNote how) override {
    return connection_.run([&](Transaction& transaction) {
      transaction.execute(how == TimeNote::if_later ? kNoteLaterTime : kNoteTime,
                          pqxx::params{std::int64_t{told.time_since_epoch().count()}});
    });
  }

  Result<std::optional<Timestamp>> noted_time() override {
    return connection_.run([](Transaction& transaction) -> std::optional<Timestamp> {
      const pqxx::result rows = transaction.execute(kNotedTime);
      if (rows.empty()) return std::nullopt;
      return Timestamp(std::chrono::milliseconds(rows[0][0].as<std::int64_t>()));
    });
  }

 private:
  static int number(Kind kind) { return static_cast<int>(kind); }
  static std::int64_t number_in(const pqxx::result& result) { return result.one_field().as<std::int64_t>(); }

  struct Page {
    std::vector<Entry> entries;
    std::int64_t last = 0;  // sequence
  };
  // Rows end here, where what cannot be converted is an error like any other.
  Result<Page> page_after(Kind kind, std::int64_t sequence) {
    return connection_.run([&](Transaction& transaction) {
      const pqxx::result rows = transaction.execute(kPageAfter, pqxx::params{number(kind), sequence, kPage});
      Page page;
      for (const auto& row : rows) {
        page.entries.push_back(entry_of(row));
        page.last = row["sequence"].as<std::int64_t>();
      }
      return page;
    });
  }

  static void change_document(Transaction& transaction, Event event, Kind kind, std::string_view id, ByteView octets) {
    switch (event) {
      case Event::added:
        transaction.execute(kAddDocument, pqxx::params{number(kind), id, as_parameter(octets)});
        return;
      case Event::removed:
        transaction.execute(kRemoveDocument, pqxx::params{number(kind), id});
        return;
      case Event::activated:
      case Event::deactivated:
        transaction.execute(kSetActive, pqxx::params{number(kind), id, event == Event::activated});
        return;
    }
  }

  Connection connection_;
};

}  // namespace

Result<std::unique_ptr<Journal>> open_postgres_journal(const std::string& connection, RemoteServer remote) {
  auto journal = std::make_unique<PostgresJournal>(connection, remote);
  CHECK(journal->prepare());
  return journal;
}

Result<std::shared_ptr<Store>> open_postgres_store(const std::string& connection, RemoteServer remote) {
  TRY(auto journal, open_postgres_journal(connection, remote));
  return open_indexed_store(std::move(journal), Sharing::shared);
}

Result<void> probe_postgres_store(const std::string& connection, RemoteServer remote) {
  Connection made(connection, remote);
  return postgres::check_schema(made);
}

}  // namespace credence::verifier
