#include "verifier/store/postgres/connection.h"

#include <algorithm>
#include <format>
#include <stdexcept>
#include <string_view>

#include "verifier/store/postgres/schema.h"

namespace credence::verifier::postgres {
namespace {

// A database that hangs must not hang the verifier with it. What was acknowledged survives a crash of the server,
// whatever its configuration says.
constexpr const char* kSession =
    "SET statement_timeout = '9s'; SET lock_timeout = '8s'; SET idle_in_transaction_session_timeout = '60s';"
    "SET synchronous_commit = on";

constexpr std::chrono::milliseconds kPause{500};  // after a failure to connect

// libpq's own, where the operator has set none: how long connecting takes, and when a machine that is gone is given up.
std::string with_timeouts(std::string options) {
  for (const std::string_view timeout : {"connect_timeout=5", "tcp_user_timeout=10000", "keepalives_idle=30"}) {
    if (options.contains(timeout.substr(0, timeout.find('=')))) continue;
    options += (options.contains('?') ? '&' : '?') + std::string(timeout);
  }
  return options;
}

std::string one_line(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  std::ranges::replace(text, '\n', ' ');
  return text;
}

}  // namespace

void Connection::connect() {
  const auto now = std::chrono::steady_clock::now();
  if (now < not_before_) throw std::runtime_error(last_failure_);
  not_before_ = now + kPause;
  last_failure_ = "the last attempt to connect was just now";
  std::unique_ptr<pqxx::connection> made;
  try {
    made = std::make_unique<pqxx::connection>(with_timeouts(options_));
    const Deadline::Watch watch(deadline_, made->sock());
    pqxx::nontransaction(*made).exec(kSession);
  } catch (const std::exception& error) {
    not_before_ = std::chrono::steady_clock::now() + kPause;
    last_failure_ = error.what();
    throw;
  }
  not_before_ = {};
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

void Connection::roll_back() noexcept {
  if (!work_) return;
  const Deadline::Watch watch(deadline_, connection_->sock());
  work_.reset();
}

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
