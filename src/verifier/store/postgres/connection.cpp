#include "verifier/store/postgres/connection.h"

#include <algorithm>
#include <format>

#include "verifier/store/postgres/schema.h"

namespace credence::verifier::postgres {
namespace {

// A database that hangs must not hang the verifier with it. What was acknowledged survives a crash of the server,
// whatever its configuration says.
constexpr const char* kSession =
    "SET statement_timeout = '30s'; SET lock_timeout = '10s'; SET idle_in_transaction_session_timeout = '60s';"
    "SET synchronous_commit = on";

std::string one_line(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  std::ranges::replace(text, '\n', ' ');
  return text;
}

}  // namespace

void Connection::connect() {
  auto made = std::make_unique<pqxx::connection>(options_);
  pqxx::nontransaction(*made).exec(kSession);
  if (listens_ == News::heard) made->listen(kChannel, [this](const pqxx::notification&) { news_ = true; });
  news_ = true;
  connection_ = std::move(made);
}

Result<void> Connection::begin() {
  return guarded([this](pqxx::connection& connection) {
    work_.emplace(connection);
    work_->exec("LOCK TABLE credence_change IN EXCLUSIVE MODE");
  });
}

Result<void> Connection::begin_snapshot() {
  return guarded([this](pqxx::connection& connection) {
    work_.emplace(connection);
    work_->exec("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY");
  });
}

Result<void> Connection::commit() {
  auto committed = guarded([this](pqxx::connection&) { work_->commit(); });
  work_.reset();
  return committed;
}

void Connection::roll_back() noexcept { work_.reset(); }

Result<bool> Connection::has_news() {
  return guarded([this](pqxx::connection& connection) {
    connection.get_notifs();
    return std::exchange(news_, false);
  });
}

std::unexpected<Error> Connection::failure(const std::exception& error) {
  if (dynamic_cast<const pqxx::broken_connection*>(&error) != nullptr ||
      (connection_ != nullptr && !connection_->is_open())) {
    work_.reset();
    connection_.reset();
  }
  return fail(Errc::io, std::format("PostgreSQL: {}", one_line(error.what())));
}

}  // namespace credence::verifier::postgres
