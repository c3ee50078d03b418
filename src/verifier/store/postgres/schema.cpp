#include "verifier/store/postgres/schema.h"

#include <array>
#include <format>
#include <string>

namespace credence::verifier::postgres {
namespace {

// From each version to the next, from none to 1 first. As in SQLite, the documents are all there is, and the order of
// changes.
constexpr std::array kMigrations = {
    "CREATE TABLE credence_corim (sequence BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id TEXT NOT NULL UNIQUE,"
    " octets BYTEA NOT NULL, active BOOLEAN NOT NULL DEFAULT TRUE);"
    "CREATE TABLE credence_change (sequence BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, event SMALLINT NOT NULL,"
    " id TEXT NOT NULL)",
    // 1 knew nothing but CoRIMs, and would miss what other documents forbid. The new name stops those that still run.
    "ALTER TABLE credence_corim RENAME TO credence_document;"
    "ALTER TABLE credence_document ADD COLUMN kind SMALLINT NOT NULL DEFAULT 0;"
    "ALTER TABLE credence_document DROP CONSTRAINT credence_corim_id_key;"
    "ALTER TABLE credence_document ADD UNIQUE (kind, id);"
    "ALTER TABLE credence_change ADD COLUMN kind SMALLINT NOT NULL DEFAULT 0",
    // Sessions that were spent (SessionLedger), until nobody could use them any more.
    "CREATE TABLE credence_session (id BYTEA PRIMARY KEY, expiry BIGINT NOT NULL, evidence_type TEXT NOT NULL,"
    " result TEXT NOT NULL);"
    "CREATE INDEX credence_session_expiry ON credence_session (expiry)",
    // The time that was noted last. A program that knew nothing of it would note none.
    "CREATE TABLE credence_clock (id SMALLINT PRIMARY KEY CHECK (id = 1), told BIGINT NOT NULL)",
};
constexpr int kVersion = kMigrations.size();

// A connection whose search path names one schema of ours (a tenant's) finds it made. Any other schema that is missing
// is a mistake of who wrote the connection string.
void make_schema(pqxx::transaction_base& transaction) {
  if (!transaction.query_value<bool>("SELECT current_schema() IS NULL")) return;
  const auto name = transaction.query_value<std::string>("SHOW search_path");
  if (name.starts_with("credence_") && name.find(',') == std::string::npos)
    transaction.exec("CREATE SCHEMA IF NOT EXISTS " + transaction.quote_name(name));
}

// Returns the version that it found when that is too new, else kVersion.
int migrate(pqxx::transaction_base& transaction) {
  // Of several verifiers that start at once, one makes the tables.
  transaction.exec("SELECT pg_advisory_xact_lock(1129465156)");
  make_schema(transaction);
  transaction.exec("CREATE TABLE IF NOT EXISTS credence_schema (version INTEGER NOT NULL)");
  const pqxx::result known = transaction.exec("SELECT version FROM credence_schema");
  const int version = known.empty() ? 0 : known[0][0].as<int>();
  if (version > kVersion) return version;
  for (int next = version; next < kVersion; ++next) transaction.exec(kMigrations.at(static_cast<std::size_t>(next)));
  transaction.exec("DELETE FROM credence_schema");
  transaction.exec("INSERT INTO credence_schema (version) VALUES ($1)", pqxx::params{kVersion});
  return kVersion;
}

// 0: there are no tables.
int version_of(pqxx::transaction_base& transaction) {
  const auto found = transaction.query_value<bool>("SELECT to_regclass('credence_schema') IS NOT NULL");
  if (!found) return 0;
  const pqxx::result known = transaction.exec("SELECT version FROM credence_schema");
  return known.empty() ? 0 : known[0][0].as<int>();
}

std::unexpected<Error> too_new(int version) {
  return fail(Errc::configuration,
              std::format("the store has schema version {}, this program knows version {}: use the version of Credence "
                          "that wrote it",
                          version, kVersion));
}

}  // namespace

Result<void> prepare_schema(Connection& connection) {
  TRY(const int version, connection.transact(migrate));
  if (version == kVersion) return {};
  return too_new(version);
}

Result<void> check_schema(Connection& connection) {
  TRY(const int version, connection.transact(version_of));
  if (version <= kVersion) return {};
  return too_new(version);
}

}  // namespace credence::verifier::postgres
