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

constexpr int kPage = 64;  // documents that are fetched at once

Journal::Entry entry_of(const pqxx::row& row) {
  const auto octets = row["octets"].as<pqxx::bytes>();
  const auto* const first = reinterpret_cast<const std::uint8_t*>(octets.data());
  return {.id = row["id"].as<std::string>(),
          .octets = Bytes(first, first + octets.size()),
          .active = row["active"].as<bool>()};
}

class PostgresJournal final : public Journal {
 public:
  explicit PostgresJournal(std::string options) : connection_(std::move(options)) {}

  Result<void> prepare() { return postgres::prepare_schema(connection_); }

  Result<bool> has_news() override { return connection_.has_news(); }

  Result<std::int64_t> last_sequence() override {
    return connection_.run([](pqxx::transaction_base& transaction) {
      return transaction.query_value<std::int64_t>("SELECT coalesce(max(sequence), 0) FROM credence_change");
    });
  }

  Result<std::vector<Change>> changes_after(std::int64_t sequence) override {
    return connection_.run([&](pqxx::transaction_base& transaction) {
      std::vector<Change> changes;
      const pqxx::result rows = transaction.exec(
          "SELECT sequence, event, kind, id FROM credence_change WHERE sequence > $1 ORDER BY sequence",
          pqxx::params{sequence});
      for (const auto& row : rows)
        changes.push_back({.sequence = row[0].as<std::int64_t>(),
                           .event = static_cast<Event>(row[1].as<int>()),
                           .kind = static_cast<Kind>(row[2].as<int>()),
                           .id = row[3].as<std::string>()});
      return changes;
    });
  }

  Result<std::optional<Entry>> entry(Kind kind, std::string_view id) override {
    return connection_.run([&](pqxx::transaction_base& transaction) -> std::optional<Entry> {
      const pqxx::result rows =
          transaction.exec("SELECT id, octets, active FROM credence_document WHERE kind = $1 AND id = $2",
                           pqxx::params{number(kind), id});
      if (rows.empty()) return std::nullopt;
      return entry_of(rows[0]);
    });
  }

  Result<void> for_each(Kind kind, const std::function<Result<void>(Entry)>& visit) override {
    std::int64_t last = 0;
    while (true) {
      TRY(const pqxx::result rows, page_after(kind, last));
      for (const auto& row : rows) CHECK(visit(entry_of(row)));
      if (rows.size() < kPage) return {};
      last = rows[rows.size() - 1]["sequence"].as<std::int64_t>();
    }
  }

  Result<std::int64_t> highest_kind() override {
    return connection_.run([](pqxx::transaction_base& transaction) {
      return transaction.query_value<std::int64_t>(
          "SELECT greatest(0, (SELECT max(kind) FROM credence_document), (SELECT max(kind) FROM credence_change))");
    });
  }

  Result<void> begin() override { return connection_.begin(); }
  Result<void> begin_snapshot() override { return connection_.begin_snapshot(); }
  Result<void> commit() override { return connection_.commit(); }
  void roll_back() noexcept override { connection_.roll_back(); }

  Result<std::int64_t> append(Event event, Kind kind, std::string_view id, ByteView octets) override {
    return connection_.run([&](pqxx::transaction_base& transaction) {
      change_document(transaction, event, kind, id, octets);
      const auto sequence =
          transaction
              .exec("INSERT INTO credence_change (event, kind, id) VALUES ($1, $2, $3) RETURNING sequence",
                    pqxx::params{static_cast<int>(event), number(kind), id})
              .one_field()
              .as<std::int64_t>();
      transaction.exec(std::string("NOTIFY ") + postgres::kChannel);
      return sequence;
    });
  }

 private:
  static int number(Kind kind) { return static_cast<int>(kind); }

  Result<pqxx::result> page_after(Kind kind, std::int64_t sequence) {
    return connection_.run([&](pqxx::transaction_base& transaction) {
      return transaction.exec(
          "SELECT sequence, id, octets, active FROM credence_document WHERE kind = $1 AND sequence > $2"
          " ORDER BY sequence LIMIT $3",
          pqxx::params{number(kind), sequence, kPage});
    });
  }

  static void change_document(pqxx::transaction_base& transaction, Event event, Kind kind, std::string_view id,
                              ByteView octets) {
    switch (event) {
      case Event::added:
        transaction.exec("INSERT INTO credence_document (kind, id, octets) VALUES ($1, $2, $3)",
                         pqxx::params{number(kind), id, as_parameter(octets)});
        return;
      case Event::removed:
        transaction.exec("DELETE FROM credence_document WHERE kind = $1 AND id = $2", pqxx::params{number(kind), id});
        return;
      case Event::activated:
      case Event::deactivated:
        transaction.exec("UPDATE credence_document SET active = $3 WHERE kind = $1 AND id = $2",
                         pqxx::params{number(kind), id, event == Event::activated});
        return;
    }
  }

  Connection connection_;
};

}  // namespace

Result<std::unique_ptr<Journal>> open_postgres_journal(const std::string& connection) {
  auto journal = std::make_unique<PostgresJournal>(connection);
  CHECK(journal->prepare());
  return journal;
}

Result<std::shared_ptr<Store>> open_postgres_store(const std::string& connection) {
  TRY(auto journal, open_postgres_journal(connection));
  return open_indexed_store(std::move(journal), Sharing::shared);
}

Result<void> probe_postgres_store(const std::string& connection) {
  Connection made(connection);
  return postgres::check_schema(made);
}

}  // namespace credence::verifier
