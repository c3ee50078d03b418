// Which PostgreSQL servers are taken without TLS that checks them: those of this machine. No server is needed: what is
// refused is never asked, and what is taken finds nobody who listens.
#include "verifier/store/postgres/protection.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <array>
#include <map>
#include <optional>
#include <string>

#include "support/certificate_files.h"
#include "support/refusal.h"
#include "verifier/store/postgres/session_ledger.h"
#include "verifier/store/postgres/store.h"

namespace credence::verifier {
namespace {

// Nothing of libpq's but what a test sets.
class PostgresProtection : public testing::Test {
 protected:
  PostgresProtection() {
    for (const char* name : kVariables) {
      const char* const value = ::getenv(name);
      before_[name] = value == nullptr ? std::nullopt : std::optional<std::string>(value);
      ::unsetenv(name);
    }
  }
  ~PostgresProtection() override {
    for (const auto& [name, value] : before_) value ? ::setenv(name, value->c_str(), 1) : ::unsetenv(name);
  }

  static void set(const char* name, const std::string& value) { ASSERT_EQ(::setenv(name, value.c_str(), 1), 0); }
  static void expect_taken(const std::string& connection) {
    const auto checked = check_postgres_protection(connection);
    EXPECT_TRUE(checked) << connection << ": " << checked.error().text();
  }
  static void expect_refused(const std::string& connection, std::string_view part) {
    SCOPED_TRACE(connection);
    test::expect_refused(check_postgres_protection(connection), Errc::configuration, part);
  }

 private:
  static constexpr std::array kVariables{"PGHOST",    "PGHOSTADDR", "PGSSLMODE",     "PGREQUIRESSL",
                                         "PGSERVICE", "PGDATABASE", "PGSERVICEFILE", "PGCHANNELBINDING"};
  std::map<const char*, std::optional<std::string>> before_;
};

TEST_F(PostgresProtection, TakesWhatStaysOnThisMachine) {
  for (const char* connection :
       {"postgresql:///d", "postgresql://u@/d?host=/var/run/postgresql", "postgresql://%2Frun%2Fpg/d",
        "postgresql://localhost/d", "postgresql://u:p@127.0.0.1:5433/d", "postgresql://127.8.9.10/d",
        "postgresql://[::1]/d", "postgresql://localhost,127.0.0.1/d?host=", "host=/run/pg dbname=d",
        "host=@pg dbname=d",
        // The address is what is connected with; the host is a name then.
        "postgresql://db.example/d?hostaddr=127.0.0.1", "postgresql:///d?sslmode=disable"})
    expect_taken(connection);
}

TEST_F(PostgresProtection, RefusesAServerElsewhereThatIsNotChecked) {
  for (const char* host : {"db.example", "192.0.2.1", "[2001:db8::1]", "localhost.example", "127.0.0.1.example",
                           "[::ffff:192.0.2.1]", "0.0.0.0", "localhost,db.example", "db.example,localhost"}) {
    const std::string connection = "postgresql://u@" + std::string(host) + "/d";
    expect_refused(connection, "expected sslmode=verify-full");
    expect_refused(connection, "got sslmode=prefer");
    expect_refused(connection, "--insecure-store-connection");
    for (const std::string mode : {"disable", "allow", "prefer", "require"})
      expect_refused(connection + "?sslmode=" + mode, "got sslmode=" + mode);
    expect_taken(connection + "?sslmode=verify-full");
    expect_taken(connection + "?sslmode=verify-ca&sslrootcert=/etc/ca.pem");
  }
  expect_refused("host=db.example dbname=d", "for db.example");
  expect_taken("host=db.example dbname=d sslmode=verify-full");
  expect_refused("postgresql://localhost/d?hostaddr=192.0.2.1", "for 192.0.2.1");
  expect_refused("postgresql://a,b/d?hostaddr=127.0.0.1,192.0.2.1", "for 192.0.2.1");
  expect_refused("postgresql://a,b/d?hostaddr=127.0.0.1,", "for b");
}

TEST_F(PostgresProtection, SeesWhatTheLastOfTwoSays) {
  expect_refused("postgresql://localhost/d?host=db.example", "for db.example");
  expect_refused("postgresql://db.example/d?sslmode=verify-full&sslmode=disable", "got sslmode=disable");
  expect_taken("postgresql://db.example/d?sslmode=disable&sslmode=verify-full");
  expect_refused("postgresql://db.example/d?channel_binding=require", "for db.example");
}

TEST_F(PostgresProtection, SeesTheEnvironmentAsLibpqDoes) {
  expect_taken("postgresql:///d");
  set("PGHOST", "db.example");
  expect_refused("postgresql:///d", "for db.example");
  expect_taken("postgresql://localhost/d");
  set("PGSSLMODE", "verify-full");
  expect_taken("postgresql:///d");
  expect_refused("postgresql:///d?sslmode=require", "got sslmode=require");
  set("PGSSLMODE", "disable");
  set("PGHOSTADDR", "127.0.0.1");
  expect_taken("postgresql:///d");
  set("PGHOSTADDR", "192.0.2.1");
  expect_refused("postgresql://localhost/d", "for 192.0.2.1");
}

TEST_F(PostgresProtection, SeesTheServiceThatTheStringOrTheEnvironmentNames) {
  const test::TemporaryDirectory directory;
  set("PGSERVICEFILE", test::write_file(directory.path() / "services",
                                        "[open]\nhost=db.example\n[good]\nhost=db.example\nsslmode=verify-full\n")
                           .string());
  expect_refused("postgresql:///d?service=open", "for db.example");
  expect_taken("postgresql:///d?service=good");
  expect_refused("postgresql:///d?service=good&sslmode=require", "got sslmode=require");
  expect_refused("postgresql:///d?service=absent", "the service that it, or PGSERVICE, names");
  set("PGSERVICE", "open");
  expect_refused("postgresql:///d", "for db.example");
  set("PGSERVICE", "good");
  expect_taken("postgresql:///d");
}

// What libpq says of such a string quotes it.
TEST_F(PostgresProtection, RefusesWhatLibpqCannotReadAndTellsNoPassword) {
  for (const char* connection :
       {"postgresql://u:hunter2@[db/d", "postgresql://u:hunter2@/d?nonsense=1", "postgresql:host=db.example",
        "postgresql://u:hunter2%zz@/d", "host=/run/pg password hunter2"}) {
    expect_refused(connection, "expected what libpq can read");
    EXPECT_EQ(check_postgres_protection(connection).error().text().find("hunter2"), std::string::npos);
  }
}

// Port 1 of no particular address: refused at once by this machine, if it is asked at all.
TEST_F(PostgresProtection, HoldsForEveryWayToOpenAStore) {
  const std::string elsewhere = "postgresql://0.0.0.0:1/d";
  const auto all = [](const std::string& connection, RemoteServer remote, Errc code, std::string_view part) {
    test::expect_refused(open_postgres_store(connection, remote), code, part);
    test::expect_refused(open_postgres_journal(connection, remote), code, part);
    test::expect_refused(probe_postgres_store(connection, remote), code, part);
    test::expect_refused(open_postgres_session_ledger(connection, 1, remote), code, part);
  };
  all(elsewhere, RemoteServer::verified, Errc::configuration, "expected sslmode=verify-full");
  all(elsewhere + "?sslmode=verify-full", RemoteServer::verified, Errc::unavailable, "PostgreSQL:");
  all(elsewhere, RemoteServer::insecure, Errc::unavailable, "PostgreSQL:");
}

}  // namespace
}  // namespace credence::verifier
