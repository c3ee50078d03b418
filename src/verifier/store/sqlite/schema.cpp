#include "verifier/store/sqlite/schema.h"

#include <cstdint>
#include <format>

namespace credence::verifier::sqlite {
namespace {

constexpr std::int64_t kApplication = 0x43524544;  // "CRED"
// Version 1 knew no validity: a program of that time would let an expired CoRIM endorse for ever, and must not open
// what is kept here. The tables are the same. Of signed CoRIMs version 1 kept the payload only, so the validity of
// those signatures is lost; that of the CoRIM itself is not.
constexpr std::int64_t kVersion = 2, kWithoutValidity = 1;

// The CoRIMs as they were submitted are all there is; what look-ups need is parsed from them. AUTOINCREMENT: a sequence
// number is never used twice, so "newer than" stays true when rows are removed.
constexpr const char* kCreate =
    "CREATE TABLE corim (sequence INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, octets BLOB NOT NULL) "
    "STRICT;"
    "PRAGMA application_id = 0x43524544;"
    "PRAGMA user_version = 2;";
constexpr const char* kMigrate = "PRAGMA user_version = 2;";

}  // namespace

Result<void> prepare_schema(Database& database) {
  TRY(Transaction transaction, Transaction::begin(database));
  TRY(const std::int64_t tables, database.query_integer("SELECT count(*) FROM sqlite_schema"));
  TRY(const std::int64_t application, database.query_integer("PRAGMA application_id"));
  TRY(const std::int64_t version, database.query_integer("PRAGMA user_version"));
  if (tables == 0 && application == 0 && version == 0) {
    CHECK(database.execute(kCreate));
    return transaction.commit();
  }
  if (application != kApplication)
    return fail(Errc::configuration, "the file is an SQLite database of another program: choose another file");
  if (version == kWithoutValidity) {
    CHECK(database.execute(kMigrate));
    return transaction.commit();
  }
  if (version != kVersion)
    return fail(
        Errc::configuration,
        std::format("the store has schema version {}, this program knows version {}: use the version of Credence "
                    "that wrote it",
                    version, kVersion));
  return transaction.commit();
}

}  // namespace credence::verifier::sqlite
