#include "verifier/store/postgres/connection.h"

#include <poll.h>

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

// What was prepared is not there, or is there already: the next transaction got another session. Then timeouts and
// announcements are those of another session as well.
bool is_of_another_session(const std::exception& error) {
  const auto* const refused = dynamic_cast<const pqxx::sql_error*>(&error);
  return refused != nullptr && (refused->sqlstate() == "26000" || refused->sqlstate() == "42P05");
}

constexpr const char* kKeepSessions =
    " (what is between the verifier and PostgreSQL must keep sessions: with PgBouncer, pool_mode=session)";

}  // namespace

Result<void> Connection::connect() {
  // Before each connection: files and environment, which libpq reads every time, may have changed.
  CHECK(check_postgres_protection(options_, remote_));
  const auto now = std::chrono::steady_clock::now();
  if (now < not_before_) throw std::runtime_error(last_failure_);
  not_before_ = now + kPause;
  last_failure_ = "the last attempt to connect was just now";
  connection_.reset();
  std::unique_ptr<pqxx::connection> made;
  try {
    made = std::make_unique<pqxx::connection>(with_timeouts(options_));
    const Deadline::Watch watch(deadline_, made->sock());
    pqxx::nontransaction(*made).exec(kSession);
    if (listens_ == News::heard) made->listen(kChannel, [this](const pqxx::notification&) { news_ = true; });
  } catch (const std::exception& error) {
    not_before_ = std::chrono::steady_clock::now() + kPause;
    last_failure_ = error.what();
    throw;
  }
  not_before_ = {};
  news_ = true;
  prepared_.clear();
  connection_ = std::move(made);
  return {};
}

// The server was restarted, or ended the session, while nothing was asked: known without asking it.
bool Connection::hung_up() const noexcept {
  pollfd socket{.fd = connection_->sock(), .events = POLLRDHUP, .revents = 0};
  return ::poll(&socket, 1, 0) > 0;
}

Result<void> Connection::begin() { return begin_with("LOCK TABLE credence_change IN EXCLUSIVE MODE"); }

Result<void> Connection::begin_snapshot() {
  return begin_with("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY");
}

// In a transaction that failed the server answers nothing more: it must not stay open.
Result<void> Connection::begin_with(const char* first) {
  auto begun = guarded([&](pqxx::connection& connection) {
    work_.emplace(connection);
    work_->exec(first);
  });
  if (!begun) roll_back();
  return begun;
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

bool Connection::is_idle(std::chrono::milliseconds time) const noexcept {
  return connection_ != nullptr && std::chrono::steady_clock::now() - last_use_ >= time;
}

void Connection::close() noexcept {
  roll_back();
  connection_.reset();
}

std::unexpected<Error> Connection::failure(const std::exception& error) {
  const bool exchanged = is_of_another_session(error);
  if (exchanged) roll_back();
  const bool away = connection_ == nullptr || !connection_->is_open() ||
                    dynamic_cast<const pqxx::broken_connection*>(&error) != nullptr;
  if (exchanged || away) {
    work_.reset();
    connection_.reset();
  }
  return fail(away ? Errc::unavailable : Errc::io,
              std::format("PostgreSQL: {}{}", one_line(error.what()), exchanged ? kKeepSessions : ""));
}

}  // namespace credence::verifier::postgres
