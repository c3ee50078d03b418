#include "verifier/store/sqlite/schema.h"

#include <array>
#include <cstdint>
#include <format>

namespace credence::verifier::sqlite {
namespace {

constexpr std::int64_t kApplication = 0x43524544;  // "CRED"
// 1 knew no validity: a program of that time would let an expired CoRIM endorse for ever, and must not open what is
//   kept here. Of signed CoRIMs it kept the payload only, so the validity of those signatures is lost; that of the
//   CoRIM itself is not.
// 2 knew no change but that a CoRIM was added.
// 3 has the order of all changes, and CoRIMs that are not active. It knew nothing but CoRIMs, and would miss what other
//   documents forbid.
// 4 has documents of several kinds.
// 5 has the time that was noted last. A program that knew nothing of it would note none.
constexpr std::int64_t kVersion = 5;

// The documents as they were submitted are all there is; what look-ups need is parsed from them. AUTOINCREMENT: a
// sequence number is never used twice, so "newer than" stays true when rows are removed.
constexpr const char* kCreate =
    "CREATE TABLE corim (sequence INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, octets BLOB NOT NULL) "
    "STRICT;"
    "PRAGMA application_id = 0x43524544;"
    "PRAGMA user_version = 1;";

// From each version to the next.
constexpr std::array kMigrations = {
    "PRAGMA user_version = 2;",
    "ALTER TABLE corim ADD COLUMN active INTEGER NOT NULL DEFAULT 1;"
    "CREATE TABLE change (sequence INTEGER PRIMARY KEY AUTOINCREMENT, event INTEGER NOT NULL, id TEXT NOT NULL) STRICT;"
    "INSERT INTO change (event, id) SELECT 0, id FROM corim ORDER BY sequence;"
    "PRAGMA user_version = 3;",
    "CREATE TABLE document (sequence INTEGER PRIMARY KEY AUTOINCREMENT, kind INTEGER NOT NULL, id TEXT NOT NULL,"
    " octets BLOB NOT NULL, active INTEGER NOT NULL DEFAULT 1, UNIQUE (kind, id)) STRICT;"
    "INSERT INTO document (kind, id, octets, active) SELECT 0, id, octets, active FROM corim ORDER BY sequence;"
    "DROP TABLE corim;"
    "ALTER TABLE change ADD COLUMN kind INTEGER NOT NULL DEFAULT 0;"
    "PRAGMA user_version = 4;",
    "CREATE TABLE clock (id INTEGER PRIMARY KEY CHECK (id = 1), told INTEGER NOT NULL) STRICT;"
    "PRAGMA user_version = 5;",
};
static_assert(kMigrations.size() == kVersion - 1);

// Of an empty file 0; Errc::configuration for a file of another program, or of a version that is not known here.
Result<std::int64_t> version_of(const Database& database) {
  TRY(const std::int64_t tables, database.query_integer("SELECT count(*) FROM sqlite_schema"));
  TRY(const std::int64_t application, database.query_integer("PRAGMA application_id"));
  TRY(const std::int64_t version, database.query_integer("PRAGMA user_version"));
  if (tables == 0 && application == 0 && version == 0) return 0;
  if (application != kApplication)
    return fail(Errc::configuration, "the file is an SQLite database of another program: choose another file");
  if (version >= 1 && version <= kVersion) return version;
  return fail(Errc::configuration,
              std::format("the store has schema version {}, this program knows version {}: use the version of Credence "
                          "that wrote it",
                          version, kVersion));
}

}  // namespace

Result<void> prepare_schema(Database& database) {
  TRY(Transaction transaction, Transaction::begin(database));
  TRY(std::int64_t version, version_of(database));
  if (version == 0) {
    CHECK(database.execute(kCreate));
    version = 1;
  }
  for (; version < kVersion; ++version) CHECK(database.execute(kMigrations[static_cast<std::size_t>(version - 1)]));
  return transaction.commit();
}

Result<void> check_schema(const Database& database) {
  CHECK(version_of(database));
  return {};
}

}  // namespace credence::verifier::sqlite
