#include "verifier/store/sqlite/database.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <format>
#include <system_error>
#include <utility>

namespace credence::verifier::sqlite {
namespace {

constexpr int kBusyMilliseconds = 5000;

std::unexpected<Error> failure(sqlite3* connection, int code, std::string_view doing) {
  const bool busy = (code & 0xff) == SQLITE_BUSY || (code & 0xff) == SQLITE_LOCKED;
  const char* why = connection != nullptr ? sqlite3_errmsg(connection) : sqlite3_errstr(code);
  return fail(busy ? Errc::busy : Errc::io, std::format("SQLite, {}: {}", doing, why));
}

// Endorsements are no secret, but whoever may write the file decides what is trusted. SQLite gives its log and its
// shared memory the same mode.
Result<void> create_private(const std::filesystem::path& file) {
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor < 0)
    return fail_in(Errc::io, file.string(),
                   std::format("cannot open the store: {}", std::generic_category().message(errno)));
  ::close(descriptor);
  return {};
}

}  // namespace

Result<void> Statement::bind(int parameter, std::int64_t value) {
  const int code = sqlite3_bind_int64(statement_.get(), parameter, value);
  if (code != SQLITE_OK) return failure(sqlite3_db_handle(statement_.get()), code, "bind");
  return {};
}

Result<void> Statement::bind(int parameter, std::string_view value) {
  const int code =
      sqlite3_bind_text64(statement_.get(), parameter, value.data(), value.size(), SQLITE_STATIC, SQLITE_UTF8);
  if (code != SQLITE_OK) return failure(sqlite3_db_handle(statement_.get()), code, "bind");
  return {};
}

Result<void> Statement::bind(int parameter, ByteView value) {
  const int code = sqlite3_bind_blob64(statement_.get(), parameter, value.data(), value.size(), SQLITE_STATIC);
  if (code != SQLITE_OK) return failure(sqlite3_db_handle(statement_.get()), code, "bind");
  return {};
}

Result<bool> Statement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return failure(sqlite3_db_handle(statement_.get()), code, sqlite3_sql(statement_.get()));
}

std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(statement_.get(), column); }

ByteView Statement::octets(int column) const {
  const auto* octets = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_.get(), column));
  return {octets, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

void Statement::reset() {
  sqlite3_reset(statement_.get());
  sqlite3_clear_bindings(statement_.get());
}

Result<Database> Database::connect(const std::filesystem::path& file, int mode) {
  sqlite3* opened = nullptr;
  const int code =
      sqlite3_open_v2(file.c_str(), &opened, mode | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE, nullptr);
  Connection connection(opened);  // also after a failure: SQLite says so
  if (code != SQLITE_OK) return failure(opened, code, "open " + file.string());
  sqlite3_extended_result_codes(opened, 1);
  sqlite3_busy_timeout(opened, kBusyMilliseconds);
  Database database(std::move(connection));
  CHECK(database.execute("PRAGMA trusted_schema=OFF"));
  return database;
}

Result<Database> Database::open(const std::filesystem::path& file) {
  CHECK(create_private(file));
  TRY(Database database, connect(file, SQLITE_OPEN_READWRITE));
  CHECK(database.execute("PRAGMA journal_mode=WAL"));
  CHECK(database.execute("PRAGMA synchronous=FULL"));
  return database;
}

Result<Database> Database::open_existing(const std::filesystem::path& file) {
  return connect(file, SQLITE_OPEN_READONLY);
}

Result<void> Database::execute(const char* sql) {
  const int code = sqlite3_exec(connection_.get(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return failure(connection_.get(), code, sql);
  return {};
}

Result<Statement> Database::prepare(std::string_view sql) const {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(connection_.get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) return failure(connection_.get(), code, sql);
  return Statement(statement);
}

Result<std::int64_t> Database::query_integer(std::string_view sql) const {
  TRY(Statement statement, prepare(sql));
  TRY(const bool row, statement.step());
  if (!row) return fail(Errc::io, std::format("SQLite: no answer to {}", sql));
  return statement.integer(0);
}

Result<Transaction> Transaction::begin(Database& database) {
  CHECK(database.execute("BEGIN IMMEDIATE"));
  return Transaction(database);
}

Transaction::~Transaction() {
  if (database_ != nullptr) static_cast<void>(database_->execute("ROLLBACK"));
}

Result<void> Transaction::commit() {
  CHECK(database_->execute("COMMIT"));
  database_ = nullptr;
  return {};
}

}  // namespace credence::verifier::sqlite
