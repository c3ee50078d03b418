// How the store and the ledger of sessions use their connections to a real PostgreSQL server.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <format>
#include <pqxx/pqxx>
#include <string>
#include <thread>
#include <vector>

#include "postgres_server.h"
#include "support/refusal.h"
#include "verifier/store/postgres/connection.h"
#include "verifier/store/postgres/pool.h"
#include "verifier/store/postgres/session_ledger.h"
#include "verifier/store/postgres/store.h"

namespace credence::verifier {
namespace {

using postgres::Connection;
using postgres::News;
using postgres::Pool;
using postgres::Sql;
using postgres::Transaction;
using test::eventually;
using test::server;

constexpr Sql kOne{.name = "one", .text = "SELECT 1"};
constexpr Sql kSession{.name = "session", .text = "SELECT pg_backend_pid()"};
constexpr Sql kPrepared{.name = "prepared",
                        .text = "SELECT string_agg(name, ' ' ORDER BY name) FROM pg_prepared_statements"};
constexpr Sql kSleep{.name = "sleep", .text = "SELECT pg_sleep(0.5)"};
constexpr Sql kWait{.name = "wait", .text = "SELECT pg_advisory_lock(7)"};

class PostgresConnections : public testing::Test {
 protected:
  template <typename T, typename Use>
  static Result<T> ask(Use& connections, const Sql& statement) {
    return connections.run(
        [&](Transaction& transaction) { return transaction.execute(statement).one_field().template as<T>(); });
  }
  // What another user of the session might do.
  static Result<pqxx::result> as_another(Connection& connection, const char* sql) {
    return connection.transact([&](pqxx::transaction_base& transaction) { return transaction.exec(sql); });
  }
  Result<std::string> prepared_on(Connection& on) { return ask<std::string>(on, kPrepared); }

  int open_connections() {
    return std::stoi(server()->execute(
        database,
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client "
        "backend' AND pid <> pg_backend_pid()"));
  }
  int waiting_connections() {
    return std::stoi(server()->execute(database,
                                       "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND "
                                       "wait_event_type = 'Lock'"));
  }
  // Those that wait for a lock, or all. They are gone when it returns.
  void end_sessions(const std::string& which = "true") {
    server()->execute(database,
                      "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = "
                      "current_database() AND pid <> pg_backend_pid() AND " +
                          which);
  }

  // What the server logs about sessions that ask for it.
  std::string logged() { return database + "&options=-clog_min_duration_statement%3D0"; }
  std::string log() {
    return server()->execute(database, "SELECT pg_read_file(current_setting('data_directory') || '/../log')");
  }
  static int count(const std::string& text, const std::string& part) {
    int found = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
    return found;
  }
  // Parsed once, executed `times`.
  static void expect_prepared(const std::string& log, const std::string& name, int times) {
    EXPECT_EQ(count(log, std::format("parse {}: ", name)), 1) << name;
    EXPECT_EQ(count(log, std::format("execute {}: ", name)), times) << name;
  }

  const std::string database = server()->make_database();
  const Timestamp expiry{std::chrono::milliseconds(1'700'000'000'123)};
  const SessionLedger::Outcome outcome{.evidence_type = "a/b", .result = "e.y.J"};
};

TEST_F(PostgresConnections, PrepareAStatementOnce) {
  Connection connection(database, RemoteServer::verified, News::ignored);
  EXPECT_EQ(prepared_on(connection).value(), "prepared");
  EXPECT_EQ(ask<int>(connection, kOne).value(), 1);
  EXPECT_EQ(ask<int>(connection, kOne).value(), 1);
  EXPECT_EQ(prepared_on(connection).value(), "one prepared");
  // Also when the transaction that prepared it is rolled back.
  ASSERT_TRUE(connection.begin_snapshot());
  const int session = ask<int>(connection, kSession).value();
  connection.roll_back();
  EXPECT_EQ(ask<int>(connection, kSession).value(), session);
  EXPECT_EQ(prepared_on(connection).value(), "one prepared session");
}

TEST_F(PostgresConnections, ReplaceASessionThatWasEndedAndPrepareAgain) {
  Connection connection(database, RemoteServer::verified, News::ignored);
  const int session = ask<int>(connection, kSession).value();
  ASSERT_EQ(ask<int>(connection, kOne).value(), 1);
  end_sessions();
  const auto another = ask<int>(connection, kSession);
  ASSERT_TRUE(another) << another.error().text();
  EXPECT_NE(*another, session);
  EXPECT_EQ(prepared_on(connection).value(), "prepared session");
}

// Behind a change that was begun nothing may go on in another transaction.
TEST_F(PostgresConnections, FailInsteadOfGoingOnInAnotherTransaction) {
  Connection connection(database, RemoteServer::verified, News::ignored);
  ASSERT_TRUE(connection.begin_snapshot());
  ASSERT_EQ(ask<int>(connection, kOne).value(), 1);
  end_sessions();
  test::expect_refused(ask<int>(connection, kOne), Errc::unavailable, "PostgreSQL:");
  connection.roll_back();
  EXPECT_EQ(ask<int>(connection, kOne).value(), 1);
}

// As a pooler does that gives each transaction another session: what else belongs to the session is lost as well.
TEST_F(PostgresConnections, LeaveASessionThatIsNotTheirs) {
  Connection connection(database, RemoteServer::verified, News::ignored);
  const int session = ask<int>(connection, kSession).value();
  ASSERT_TRUE(as_another(connection, "DEALLOCATE ALL"));
  test::expect_refused(ask<int>(connection, kSession), Errc::io, "pool_mode=session");
  EXPECT_NE(ask<int>(connection, kSession).value(), session);

  ASSERT_TRUE(as_another(connection, "PREPARE one AS SELECT 2"));
  test::expect_refused(ask<int>(connection, kOne), Errc::io, "pool_mode=session");
  EXPECT_EQ(ask<int>(connection, kOne).value(), 1);
}

TEST_F(PostgresConnections, OfAJournalSendNothingUnprepared) {
  using Kind = Journal::Kind;
  using Event = Journal::Event;
  const auto journal = open_postgres_journal(logged()).value();
  const std::string before = log();
  for (const std::string id : {"a", "b"}) {
    ASSERT_TRUE(journal->begin());
    ASSERT_TRUE(journal->append(Event::added, Kind::corim, id, Bytes{1, 2, 3}));
    ASSERT_TRUE(journal->append(Event::deactivated, Kind::corim, id, {}));
    const auto entry = journal->entry(Kind::corim, id);
    ASSERT_TRUE(entry && *entry);
    EXPECT_EQ((*entry)->octets, (Bytes{1, 2, 3}));
    EXPECT_FALSE((*entry)->active);
    ASSERT_TRUE(journal->commit());
    int seen = 0;
    ASSERT_TRUE(journal->for_each(Kind::corim, [&](const Journal::Entry&) -> Result<void> {
      ++seen;
      return {};
    }));
    EXPECT_EQ(seen, 1);
    EXPECT_EQ(journal->highest_kind().value(), 0);
    ASSERT_TRUE(journal->begin());
    const std::int64_t last = journal->append(Event::removed, Kind::corim, id, {}).value();
    ASSERT_TRUE(journal->commit());
    EXPECT_EQ(journal->last_sequence().value(), last);
    EXPECT_EQ(journal->changes_after(last - 3).value().size(), 3U);
  }
  const std::string after = log().substr(before.size());
  for (const char* name : {"add_document", "set_active", "remove_document", "entry", "page_after", "highest_kind",
                           "last_sequence", "changes_after"})
    expect_prepared(after, std::string("credence_") + name, 2);
  expect_prepared(after, "credence_append_change", 6);
  EXPECT_EQ(count(after, "<unnamed>"), 0);
}

TEST_F(PostgresConnections, OfALedgerSendNothingUnprepared) {
  const auto ledger = open_postgres_session_ledger(logged(), 1).value();
  const std::string before = log();
  for (std::uint8_t id = 1; id < 3; ++id) {
    ASSERT_TRUE(ledger->record(Bytes(12, id), expiry, outcome).value());
    EXPECT_EQ(ledger->find(Bytes(12, id)).value(), outcome);
    ASSERT_TRUE(ledger->take_back(Bytes(12, id), expiry));
    ASSERT_TRUE(ledger->forget_expired(expiry + std::chrono::milliseconds(1), std::chrono::milliseconds(0)));
    EXPECT_EQ(ledger->find(Bytes(12, id)).value(), std::nullopt);
  }
  const std::string after = log().substr(before.size());
  for (const char* name : {"credence_record", "credence_take_back", "credence_forget_expired"})
    expect_prepared(after, name, 2);
  expect_prepared(after, "credence_find", 4);
  EXPECT_EQ(count(after, "<unnamed>"), 0);
}

// Else it would answer nothing any more until the next change, or until the server loses patience.
TEST_F(PostgresConnections, OfAJournalLeaveATransactionThatCouldNotBegin) {
  const auto journal = open_postgres_journal(database).value();
  pqxx::connection other(database);
  {
    pqxx::work writer(other);
    writer.exec("LOCK TABLE credence_change IN EXCLUSIVE MODE");
    test::expect_refused(journal->begin(), Errc::io, "lock timeout");
  }
  EXPECT_EQ(journal->last_sequence().value(), 0);
  ASSERT_TRUE(journal->begin());
  ASSERT_TRUE(journal->commit());
}

TEST_F(PostgresConnections, OfAJournalHearWhatIsAnnounced) {
  const auto journal = open_postgres_journal(database).value();
  EXPECT_TRUE(journal->has_news().value());
  EXPECT_FALSE(journal->has_news().value());
  server()->execute(database, "NOTIFY credence_change");
  EXPECT_TRUE(eventually([&] { return journal->has_news().value(); }));
  EXPECT_FALSE(journal->has_news().value());
}

// --- the pool ---

TEST_F(PostgresConnections, OfALedgerAreOpenedWhenTheyAreNeededAndNoMoreThanAllowed) {
  const auto ledger = open_postgres_session_ledger(database, 3).value();
  ASSERT_TRUE(eventually([&] { return open_connections() == 0; }));
  for (std::uint8_t id = 1; id < 5; ++id) ASSERT_TRUE(ledger->record(Bytes(12, id), expiry, outcome).value());
  EXPECT_EQ(open_connections(), 1);

  pqxx::connection other(database);
  pqxx::work writer(other);
  writer.exec("LOCK TABLE credence_session IN EXCLUSIVE MODE");
  std::atomic<int> recorded = 0;
  {
    std::vector<std::jthread> threads;
    for (std::uint8_t id = 11; id < 19; ++id)
      threads.emplace_back([&, id] {
        if (ledger->record(Bytes(12, id), expiry, outcome).value_or(false)) ++recorded;
      });
    EXPECT_TRUE(eventually([&] { return waiting_connections() == 3; }));
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    EXPECT_EQ(open_connections(), 3 + 1);
    EXPECT_EQ(recorded, 0);
    writer.abort();
  }
  EXPECT_EQ(recorded, 8);
  EXPECT_EQ(open_connections(), 3 + 1);
}

TEST_F(PostgresConnections, OfALedgerDoNotWaitForOneThatIsHeldUp) {
  const auto ledger = open_postgres_session_ledger(database, 4).value();
  pqxx::connection other(database);
  pqxx::work writer(other);
  writer.exec("INSERT INTO credence_session VALUES (decode(repeat('07', 12), 'hex'), 0, '', '')");
  std::atomic<bool> held_up = true;
  std::jthread behind([&] {
    EXPECT_TRUE(ledger->record(Bytes(12, 7), expiry, outcome).value_or(false));
    held_up = false;
  });
  ASSERT_TRUE(eventually([&] { return waiting_connections() == 1; }));
  std::atomic<int> recorded = 0;
  {
    std::vector<std::jthread> threads;
    for (std::uint8_t thread = 0; thread < 8; ++thread)
      threads.emplace_back([&, thread] {
        for (std::uint8_t id = 0; id < 10; ++id)
          if (ledger->record(Bytes{thread, id}, expiry, outcome).value_or(false)) ++recorded;
      });
  }
  EXPECT_EQ(recorded, 80);
  EXPECT_TRUE(held_up);
  writer.abort();
  behind.join();
  EXPECT_EQ(ledger->find(Bytes(12, 7)).value(), outcome);
}

TEST_F(PostgresConnections, OfALedgerReplaceOneThatWasEndedDuringACall) {
  const auto ledger = open_postgres_session_ledger(database, 1).value();
  pqxx::connection other(database);
  pqxx::work writer(other);
  writer.exec("INSERT INTO credence_session VALUES (decode(repeat('07', 12), 'hex'), 0, '', '')");
  std::jthread behind(
      [&] { test::expect_refused(ledger->record(Bytes(12, 7), expiry, outcome), Errc::unavailable, "try again"); });
  ASSERT_TRUE(eventually([&] { return waiting_connections() == 1; }));
  end_sessions("wait_event_type = 'Lock'");
  behind.join();
  writer.abort();
  EXPECT_TRUE(ledger->record(Bytes(12, 7), expiry, outcome).value());
  // And without a call that fails when it was ended in between.
  end_sessions();
  EXPECT_EQ(ledger->find(Bytes(12, 7)).value(), outcome);
}

TEST_F(PostgresConnections, OfAPoolAreClosedWhenThePeakIsOver) {
  Pool pool(database, 3, RemoteServer::verified, std::chrono::seconds(5), std::chrono::seconds(1));
  {
    std::vector<std::jthread> peak;
    for (int i = 0; i < 3; ++i)
      peak.emplace_back([&] { EXPECT_TRUE(pool.run([](Transaction& transaction) { transaction.execute(kSleep); })); });
  }
  EXPECT_EQ(open_connections(), 3);
  const int session = ask<int>(pool, kSession).value();
  std::this_thread::sleep_for(std::chrono::milliseconds(1'100));
  EXPECT_EQ(ask<int>(pool, kSession).value(), session);  // the one used last; nobody else needs any
  EXPECT_TRUE(eventually([&] { return open_connections() == 1; }));
  EXPECT_EQ(ask<int>(pool, kSession).value(), session);
}

TEST_F(PostgresConnections, OfAPoolAreNotWaitedForForEver) {
  Pool pool(database, 1, RemoteServer::verified, std::chrono::milliseconds(100));
  pqxx::connection other(database);
  pqxx::work holder(other);
  holder.exec("SELECT pg_advisory_xact_lock(7)");
  std::jthread behind([&] { EXPECT_TRUE(pool.run([](Transaction& transaction) { transaction.execute(kWait); })); });
  ASSERT_TRUE(eventually([&] { return waiting_connections() == 1; }));
  test::expect_refused(ask<int>(pool, kOne), Errc::busy, "all 1 connections were in use for 100 ms");
  holder.abort();
  behind.join();
  EXPECT_EQ(ask<int>(pool, kOne).value(), 1);
}

}  // namespace
}  // namespace credence::verifier
