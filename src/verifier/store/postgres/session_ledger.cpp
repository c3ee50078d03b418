#include "verifier/store/postgres/session_ledger.h"

#include <condition_variable>
#include <mutex>
#include <utility>
#include <vector>

#include "verifier/store/postgres/connection.h"
#include "verifier/store/postgres/schema.h"

namespace credence::verifier {
namespace {

using postgres::as_parameter;
using postgres::Connection;

std::int64_t milliseconds(Timestamp at) { return at.time_since_epoch().count(); }

// Connections of its own: a session must not wait for a provisioner's transaction.
class Pool {
 public:
  Pool(const std::string& options, unsigned size) {
    for (unsigned i = 0; i < size; ++i) free_.push_back(std::make_unique<Connection>(options, postgres::News::ignored));
  }

  // Runs `use` on a connection that is free, as Connection::run() does.
  template <typename Use>
  auto run(Use use) {
    std::unique_ptr<Connection> connection = take();
    auto outcome = connection->run(std::move(use));
    give_back(std::move(connection));
    return outcome;
  }

 private:
  std::unique_ptr<Connection> take() {
    std::unique_lock lock(mutex_);
    some_free_.wait(lock, [this] { return !free_.empty(); });
    auto connection = std::move(free_.back());  // the one used last: others may go idle
    free_.pop_back();
    return connection;
  }

  void give_back(std::unique_ptr<Connection> connection) {
    {
      const std::lock_guard lock(mutex_);
      free_.push_back(std::move(connection));
    }
    some_free_.notify_one();
  }

  std::mutex mutex_;
  std::condition_variable some_free_;
  std::vector<std::unique_ptr<Connection>> free_;
};

// Whether the statement did what it says is not known when the connection broke: the caller gives no verdict, and a
// session whose outcome was stored after all answers GET.
template <typename T>
Result<T> or_unavailable(Result<T> outcome) {
  if (outcome) return outcome;
  return fail(Errc::unavailable, "the store of sessions cannot be used now, try again: " + outcome.error().why);
}

class PostgresSessionLedger final : public SessionLedger {
 public:
  PostgresSessionLedger(const std::string& options, unsigned connections) : pool_(options, connections) {}

  Result<bool> record(ByteView id, Timestamp expiry, const Outcome& outcome) override {
    return or_unavailable(pool_.run([&](pqxx::transaction_base& transaction) {
      const pqxx::result inserted = transaction.exec(
          "INSERT INTO credence_session (id, expiry, evidence_type, result) VALUES ($1, $2, $3, $4)"
          " ON CONFLICT DO NOTHING",
          pqxx::params{as_parameter(id), milliseconds(expiry), outcome.evidence_type, outcome.result});
      return inserted.affected_rows() == 1;
    }));
  }

  Result<void> take_back(ByteView id, Timestamp expiry) override {
    return or_unavailable(pool_.run([&](pqxx::transaction_base& transaction) {
      transaction.exec(
          "INSERT INTO credence_session (id, expiry, evidence_type, result) VALUES ($1, $2, '', '')"
          " ON CONFLICT (id) DO UPDATE SET evidence_type = '', result = ''",
          pqxx::params{as_parameter(id), milliseconds(expiry)});
    }));
  }

  Result<std::optional<Outcome>> find(ByteView id) override {
    return or_unavailable(pool_.run([&](pqxx::transaction_base& transaction) -> std::optional<Outcome> {
      const pqxx::result rows = transaction.exec("SELECT evidence_type, result FROM credence_session WHERE id = $1",
                                                 pqxx::params{as_parameter(id)});
      if (rows.empty()) return std::nullopt;
      return Outcome{.evidence_type = rows[0][0].as<std::string>(), .result = rows[0][1].as<std::string>()};
    }));
  }

  Result<void> forget_expired(Timestamp now, std::chrono::milliseconds margin) override {
    return or_unavailable(pool_.run([&](pqxx::transaction_base& transaction) {
      transaction.exec(
          "DELETE FROM credence_session WHERE expiry < LEAST($1, (EXTRACT(EPOCH FROM now()) * 1000)::BIGINT) - $2",
          pqxx::params{milliseconds(now), static_cast<std::int64_t>(margin.count())});
    }));
  }

 private:
  Pool pool_;
};

}  // namespace

Result<std::shared_ptr<SessionLedger>> open_postgres_session_ledger(const std::string& connection,
                                                                    unsigned connections) {
  Connection first(connection, postgres::News::ignored);
  CHECK(postgres::prepare_schema(first));
  return std::make_shared<PostgresSessionLedger>(connection, connections);
}

}  // namespace credence::verifier
