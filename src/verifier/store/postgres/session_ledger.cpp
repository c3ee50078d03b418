#include "verifier/store/postgres/session_ledger.h"

#include <utility>

#include "verifier/store/postgres/connection.h"
#include "verifier/store/postgres/pool.h"
#include "verifier/store/postgres/schema.h"

namespace credence::verifier {
namespace {

using postgres::as_parameter;
using postgres::Connection;
using postgres::Sql;
using postgres::Transaction;

std::int64_t milliseconds(Timestamp at) { return at.time_since_epoch().count(); }

constexpr Sql kRecord{.name = "credence_record",
                      .text =
                          "INSERT INTO credence_session (id, expiry, evidence_type, result)"
                          " VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING"};
constexpr Sql kTakeBack{.name = "credence_take_back",
                        .text =
                            "INSERT INTO credence_session (id, expiry, evidence_type, result)"
                            " VALUES ($1, $2, '', '')"
                            " ON CONFLICT (id) DO UPDATE SET evidence_type = '', result = ''"};
constexpr Sql kFind{.name = "credence_find",
                    .text = "SELECT evidence_type, result FROM credence_session WHERE id = $1"};
constexpr Sql kForgetExpired{
    .name = "credence_forget_expired",
    .text = "DELETE FROM credence_session WHERE expiry < LEAST($1, (EXTRACT(EPOCH FROM now()) * 1000)::BIGINT) - $2"};

// Whether the statement did what it says is not known when the connection broke: the caller gives no verdict, and a
// session whose outcome was stored after all answers GET.
template <typename T>
Result<T> or_unavailable(Result<T> outcome) {
  if (outcome) return outcome;
  return fail(Errc::unavailable, "the store of sessions cannot be used now, try again: " + outcome.error().why);
}

class PostgresSessionLedger final : public SessionLedger {
 public:
  PostgresSessionLedger(const std::string& options, unsigned connections, RemoteServer remote)
      : pool_(options, connections, remote) {}

  Result<bool> record(ByteView id, Timestamp expiry, const Outcome& outcome) override {
    return or_unavailable(pool_.run([&](Transaction& transaction) {
      const pqxx::result inserted = transaction.execute(
          kRecord, pqxx::params{as_parameter(id), milliseconds(expiry), outcome.evidence_type, outcome.result});
      return inserted.affected_rows() == 1;
    }));
  }

  Result<void> take_back(ByteView id, Timestamp expiry) override {
    return or_unavailable(pool_.run([&](Transaction& transaction) {
      transaction.execute(kTakeBack, pqxx::params{as_parameter(id), milliseconds(expiry)});
    }));
  }

  Result<std::optional<Outcome>> find(ByteView id) override {
    return or_unavailable(pool_.run([&](Transaction& transaction) -> std::optional<Outcome> {
      const pqxx::result rows = transaction.execute(kFind, pqxx::params{as_parameter(id)});
      if (rows.empty()) return std::nullopt;
      return Outcome{.evidence_type = rows[0][0].as<std::string>(), .result = rows[0][1].as<std::string>()};
    }));
  }

  Result<void> forget_expired(Timestamp now, std::chrono::milliseconds margin) override {
    return or_unavailable(pool_.run([&](Transaction& transaction) {
      transaction.execute(kForgetExpired, pqxx::params{milliseconds(now), static_cast<std::int64_t>(margin.count())});
    }));
  }

 private:
  postgres::Pool pool_;  // its own: a session must not wait for a provisioner's transaction
};

}  // namespace

Result<std::shared_ptr<SessionLedger>> open_postgres_session_ledger(const std::string& connection, unsigned connections,
                                                                    RemoteServer remote) {
  Connection first(connection, remote, postgres::News::ignored);
  CHECK(postgres::prepare_schema(first));
  return std::make_shared<PostgresSessionLedger>(connection, connections, remote);
}

}  // namespace credence::verifier
