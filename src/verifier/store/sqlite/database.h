// SQLite behind Result: a connection and its prepared statements.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace credence::verifier::sqlite {

// A prepared statement. Not thread-safe; must go before its Database.
class Statement {
 public:
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}

  // Parameters count from 1, as in SQL; the octets must live until step() has run.
  [[nodiscard]] Result<void> bind(int parameter, std::int64_t value);
  [[nodiscard]] Result<void> bind(int parameter, std::string_view value);
  [[nodiscard]] Result<void> bind(int parameter, ByteView value);

  // True when a row is there, false at the end.
  [[nodiscard]] Result<bool> step();
  // Columns of the current row count from 0; octets are valid until the next step() or reset().
  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] ByteView octets(int column) const;
  // Ready to run again, nothing bound.
  void reset();

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }
  };
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

// One connection, for one thread at a time.
class Database {
 public:
  // Creates the file with mode 0600 when it is absent. Write-ahead log, synchronous=FULL: what was committed survives a
  // power cut; another process that writes is waited for.
  [[nodiscard]] static Result<Database> open(const std::filesystem::path& file);

  // One that is there, for reading only.
  [[nodiscard]] static Result<Database> open_existing(const std::filesystem::path& file);

  [[nodiscard]] Result<void> execute(const char* sql);
  [[nodiscard]] Result<Statement> prepare(std::string_view sql) const;
  // The single integer that `sql` yields.
  [[nodiscard]] Result<std::int64_t> query_integer(std::string_view sql) const;
  [[nodiscard]] std::int64_t last_insert_rowid() const { return sqlite3_last_insert_rowid(connection_.get()); }

 private:
  struct Close {
    void operator()(sqlite3* connection) const noexcept { sqlite3_close_v2(connection); }
  };
  using Connection = std::unique_ptr<sqlite3, Close>;
  [[nodiscard]] static Result<Database> connect(const std::filesystem::path& file, int mode);
  explicit Database(Connection connection) : connection_(std::move(connection)) {}

  Connection connection_;
};

// Rolls back unless it was committed.
class Transaction {
 public:
  // Takes the write lock at once, so that nothing read here can be overtaken by another writer.
  [[nodiscard]] static Result<Transaction> begin(Database& database);
  Transaction(Transaction&& other) noexcept : database_(std::exchange(other.database_, nullptr)) {}
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();
  [[nodiscard]] Result<void> commit();

 private:
  explicit Transaction(Database& database) : database_(&database) {}
  Database* database_;
};

}  // namespace credence::verifier::sqlite
