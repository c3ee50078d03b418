// The store over a real PostgreSQL server.
#include "verifier/store/postgres/store.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "any_store.h"
#include "fixture.h"
#include "postgres_server.h"
#include "support/endorsed.h"
#include "verifier/store/postgres/session_ledger.h"

namespace credence::test {
namespace {

class StopsTheServer final : public testing::Environment {
 public:
  void TearDown() override { server().reset(); }
};
const auto* const stops_the_server = testing::AddGlobalTestEnvironment(new StopsTheServer);

}  // namespace

std::vector<StoreKind> store_kinds() {
  static std::string latest;
  const auto open_latest = [](const auto&) { return verifier::open_postgres_store(latest).value(); };
  return {{.name = "postgres",
           .open =
               [=](const auto& folder) {
                 latest = server()->make_database();
                 return open_latest(folder);
               },
           .reopen = open_latest}};
}

}  // namespace credence::test

namespace credence::verifier {
namespace {

using test::eventually;
using test::EvidenceMaker;
using test::server;

class PostgresStore : public testing::Test {
 protected:
  std::shared_ptr<Store> open() { return open_postgres_store(database).value(); }
  Result<Stored> submit(Store& store, const rats::Corim& corim) {
    return store.submit(corim, rats::encode_corim(corim).value());
  }
  bool knows_the_device(const Store& store) {
    const auto found = test::trust_anchor(store, Kid(maker.kid()));
    return found && *found != nullptr;
  }

  std::string database = server()->make_database();
  EvidenceMaker maker;
  rats::Corim keys = evidence::tpm::keys_corim(maker.endorsement()).value();
};

TEST_F(PostgresStore, KeepsWhatItTookBeyondItsProcess) {
  ASSERT_TRUE(submit(*open(), keys));
  const auto again = open();
  EXPECT_TRUE(knows_the_device(*again));
  EXPECT_EQ(again->generation(), 1U);
  EXPECT_TRUE(submit(*again, keys)->duplicate);
}

TEST_F(PostgresStore, FollowsItsNeighbours) {
  const auto ours = open(), theirs = open();
  ASSERT_TRUE(submit(*ours, keys));
  EXPECT_TRUE(eventually([&] { return knows_the_device(*theirs); }));
  const std::string id = theirs->list().value().at(0).id;
  ASSERT_TRUE(theirs->set_active({&id, 1}, false));
  EXPECT_TRUE(eventually([&] { return !knows_the_device(*ours); }));
  ASSERT_TRUE(ours->set_active({&id, 1}, true));
  EXPECT_TRUE(eventually([&] { return knows_the_device(*theirs); }));
  ASSERT_TRUE(theirs->remove(id));
  EXPECT_TRUE(eventually([&] { return !knows_the_device(*ours); }));
  EXPECT_EQ(ours->generation(), theirs->generation());
}

TEST_F(PostgresStore, SeesAConflictWithWhatANeighbourStored) {
  const auto ours = open();
  ASSERT_TRUE(submit(*open(), keys));
  evidence::tpm::Endorsement other = EvidenceMaker{}.endorsement();
  other.keys[0].kid = Kid(maker.kid());
  test::expect_refused(submit(*ours, evidence::tpm::keys_corim(other).value()), Errc::conflict, "another key");
}

TEST_F(PostgresStore, StartsFromSeveralNodesAtOnce) {
  std::vector<std::jthread> nodes;
  std::atomic<int> started = 0;
  for (int i = 0; i < 4; ++i)
    nodes.emplace_back([&] {
      if (open_postgres_store(database)) ++started;
    });
  nodes.clear();
  EXPECT_EQ(started, 4);
}

// Two nodes take different CoRIMs at the same time: neither misses any.
TEST_F(PostgresStore, MissesNothingOfTwoWriters) {
  constexpr int kEach = 25;
  const auto ours = open(), theirs = open();
  const auto write = [&](Store& store, const std::string& name) {
    for (int i = 0; i < kEach; ++i) {
      rats::Corim corim = keys;
      corim.id = name + std::to_string(i);
      EXPECT_TRUE(submit(store, corim));
    }
  };
  {
    const std::jthread first([&] { write(*ours, "ours"); });
    const std::jthread second([&] { write(*theirs, "theirs"); });
  }
  EXPECT_TRUE(eventually([&] { return ours->generation() == 2 * kEach && theirs->generation() == 2 * kEach; }));
  EXPECT_EQ(ours->list().value().size(), std::size_t{2 * kEach});
  const std::vector<StoredCorim> all = theirs->list().value();
  for (const StoredCorim& corim : all) ASSERT_TRUE(ours->remove(corim.id));
  EXPECT_FALSE(knows_the_device(*ours));
  EXPECT_TRUE(eventually([&] { return !knows_the_device(*theirs); }));
}

// A19: what is known stays in force, nothing is decided about what is not known, and it goes on by itself.
TEST_F(PostgresStore, OutlivesACrashOfTheServer) {
  const auto store = open();
  ASSERT_TRUE(submit(*store, keys));
  server()->stop();
  EXPECT_TRUE(knows_the_device(*store));
  test::expect_refused(test::trust_anchor(*store, Kid(Bytes{1, 2, 3})), Errc::unavailable, "PostgreSQL:");
  rats::Corim other = keys;
  other.id = std::string("other");
  test::expect_refused(submit(*store, other), Errc::unavailable, "PostgreSQL:");
  server()->start();
  EXPECT_TRUE(eventually([&] { return submit(*store, other).has_value(); }));
  EXPECT_EQ(test::trust_anchor(*store, Kid(Bytes{1, 2, 3})).value(), nullptr);
  EXPECT_EQ(open()->list().value().size(), 2U);
}

// Nothing on the way says that it is gone: what is known stays in force, and nobody waits for long.
TEST_F(PostgresStore, IsNotHeldUpByAServerThatHangs) {
  const auto store = open();
  ASSERT_TRUE(submit(*store, keys));
  server()->freeze();
  const auto start = std::chrono::steady_clock::now();
  std::vector<Result<std::shared_ptr<const TrustAnchor>>> answers(
      4, std::unexpected(Error{.code = Errc::internal, .why = {}, .offset = {}, .path = {}}));
  {
    std::vector<std::jthread> asking;
    for (auto& answer : answers) asking.emplace_back([&] { answer = test::trust_anchor(*store, Kid(Bytes{1, 2, 3})); });
    EXPECT_TRUE(knows_the_device(*store));
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(1));
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
  for (const auto& answer : answers) {
    ASSERT_FALSE(answer);
    EXPECT_TRUE(answer.error().code == Errc::unavailable || answer.error().code == Errc::busy) << answer.error().text();
  }
  EXPECT_FALSE(store->probe());
  server()->thaw();
  EXPECT_TRUE(eventually([&] { return store->probe().has_value(); }));
  EXPECT_EQ(test::trust_anchor(*store, Kid(Bytes{1, 2, 3})).value(), nullptr);
}

// As a program of another version would leave it. What it takes away counts all the same.
TEST_F(PostgresStore, TakesARevocationBehindACorimThatItCannotRead) {
  const auto store = open();
  const std::string known = submit(*store, keys).value().id;
  server()->execute(database,
                    "INSERT INTO credence_document (kind, id, octets, active) VALUES (0, 'newer', "
                    "decode('00', 'hex'), true); INSERT INTO credence_change (event, kind, id) VALUES (0, 0, 'newer')");
  EXPECT_TRUE(eventually([&] { return !store->probe().has_value(); }));
  constexpr std::string_view kRefusal = "1 CoRIMs in the store cannot be read here, the first is newer";
  test::expect_refused(store->probe(), Errc::unavailable, kRefusal);
  // It may take the place of what is known.
  test::expect_refused(test::trust_anchor(*store, Kid(maker.kid())), Errc::unavailable, kRefusal);
  test::expect_refused(store->deny_list(), Errc::unavailable, kRefusal);
  server()->execute(database, "UPDATE credence_document SET active = false WHERE id = '" + known +
                                  "'; INSERT INTO credence_change (event, kind, id) VALUES (3, 0, '" + known + "')");
  EXPECT_TRUE(eventually([&] { return store->size().corims == 0; }));
  server()->execute(database,
                    "DELETE FROM credence_document WHERE id = 'newer'; INSERT INTO credence_change (event, "
                    "kind, id) VALUES (1, 0, 'newer')");
  EXPECT_TRUE(eventually([&] { return store->probe().has_value(); }));
  EXPECT_EQ(test::trust_anchor(*store, Kid(maker.kid())).value(), nullptr);
  EXPECT_TRUE(store->deny_list());
}

// For want of memory it may have been.
TEST_F(PostgresStore, ReadsOnceMoreWhatItCouldNotRead) {
  const auto store = open();
  const std::string known = submit(*store, keys).value().id;
  for (const std::string id : {"one", "two"})
    server()->execute(database, "INSERT INTO credence_document (kind, id, octets, active) VALUES (0, '" + id +
                                    "', decode('00', 'hex'), true); INSERT INTO credence_change (event, kind, id) "
                                    "VALUES (0, 0, '" +
                                    id + "')");
  EXPECT_TRUE(eventually([&] { return !store->probe(); }));
  test::expect_refused(store->probe(), Errc::unavailable,
                       "2 CoRIMs in the store cannot be read here, the first is one");
  for (const std::string id : {"one", "two"}) {
    EXPECT_FALSE(store->deny_list());
    server()->execute(database,
                      "UPDATE credence_document SET octets = (SELECT octets FROM credence_document WHERE "
                      "id = '" +
                          known + "') WHERE id = '" + id + "'");
    EXPECT_TRUE(eventually([&] {
      const auto probed = store->probe();
      return id == "two" ? probed.has_value() : !probed && probed.error().why.starts_with("1 CoRIMs in the store");
    }));
  }
  EXPECT_TRUE(knows_the_device(*store));
  EXPECT_TRUE(store->deny_list());
  EXPECT_EQ(store->size().corims, 3U);
}

// With a revocation right before it, whose list must not take the place of the refusal.
TEST_F(PostgresStore, GivesNoVerdictBehindAChangeOfAnUnknownKind) {
  const auto store = open();
  ASSERT_TRUE(submit(*store, keys));
  server()->execute(database,
                    "BEGIN; INSERT INTO credence_document (kind, id, octets, active) VALUES (2, 'x', decode('00', "
                    "'hex'), false); INSERT INTO credence_change (event, kind, id) VALUES (0, 2, 'x'); INSERT INTO "
                    "credence_change (event, kind, id) VALUES (0, 99, 'y'); COMMIT");
  EXPECT_FALSE(store->probe());
  test::expect_refused(store->deny_list(), Errc::configuration, "documents of kind 99");
}

// Behind a pooler that gives each transaction another session, every announcement is lost.
TEST_F(PostgresStore, SeesWhatWasNotAnnounced) {
  const auto store = open();
  const std::string id = submit(*store, keys).value().id;
  ASSERT_TRUE(knows_the_device(*store));
  const auto start = std::chrono::steady_clock::now();
  server()->execute(database, "UPDATE credence_document SET active = false WHERE id = '" + id +
                                  "'; INSERT INTO credence_change (event, kind, id) VALUES (3, 0, '" + id + "')");
  EXPECT_TRUE(eventually([&] { return !knows_the_device(*store); }));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
}

TEST_F(PostgresStore, RefusesARowThatIsNone) {
  ASSERT_TRUE(submit(*open(), keys));
  server()->execute(database,
                    "ALTER TABLE credence_document ALTER COLUMN active DROP NOT NULL; UPDATE credence_document SET "
                    "active = NULL");
  test::expect_refused(open_postgres_store(database), Errc::io, "PostgreSQL:");
  server()->execute(database, "UPDATE credence_document SET active = true");
  EXPECT_TRUE(knows_the_device(*open()));
}

// Tenants share a database, and nothing in it.
TEST_F(PostgresStore, MakesTheSchemaOfATenant) {
  const auto of = [&](const std::string& schema) { return database + "&options=-csearch_path%3D" + schema; };
  const auto acme = open_postgres_store(of("credence_acme"));
  ASSERT_TRUE(acme) << acme.error().text();
  ASSERT_TRUE(submit(**acme, keys));
  EXPECT_TRUE(knows_the_device(*open_postgres_store(of("credence_acme")).value()));
  EXPECT_FALSE(knows_the_device(*open_postgres_store(of("credence_other")).value()));
  EXPECT_FALSE(knows_the_device(*open()));
  // Not one that somebody misspelled.
  test::expect_refused(open_postgres_store(of("public1")), Errc::io, "no schema has been selected to create in");
}

// One verifier whose clock is a day ahead must not lock the others out.
TEST_F(PostgresStore, NotesNoTimeAheadOfItsServersClock) {
  const auto store = open();
  const Timestamp now = system_clock()->now();
  for (const TimeNote how : {TimeNote::if_later, TimeNote::instead}) {
    ASSERT_TRUE(store->note_time(now + std::chrono::hours(24), how));
    const auto noted = store->noted_time().value();
    ASSERT_TRUE(noted);
    EXPECT_GE(*noted, now - std::chrono::minutes(1));
    EXPECT_LE(*noted, now + std::chrono::minutes(1));
  }
}

TEST_F(PostgresStore, RefusesANewerSchema) {
  ASSERT_TRUE(submit(*open(), keys));
  server()->execute(database, "UPDATE credence_schema SET version = 5");
  test::expect_refused(open_postgres_store(database), Errc::configuration,
                       "schema version 5, this program knows version 4");
  server()->execute(database, "UPDATE credence_schema SET version = 4");
  EXPECT_TRUE(knows_the_device(*open()));
}

TEST_F(PostgresStore, TakesOverAStoreThatKnewNothingButCorims) {
  ASSERT_TRUE(submit(*open(), keys));
  server()->execute(database,
                    "DROP TABLE credence_session; DROP TABLE credence_clock;"
                    "ALTER TABLE credence_change DROP COLUMN kind;"
                    "ALTER TABLE credence_document DROP CONSTRAINT credence_document_kind_id_key;"
                    "ALTER TABLE credence_document DROP COLUMN kind;"
                    "ALTER TABLE credence_document RENAME TO credence_corim;"
                    "ALTER TABLE credence_corim ADD UNIQUE (id);"
                    "UPDATE credence_schema SET version = 1");
  const auto store = open();
  EXPECT_TRUE(knows_the_device(*store));
  EXPECT_EQ(store->generation(), 1U);
  EXPECT_TRUE(submit(*store, keys)->duplicate);
}

// By nodes that begin at the same time.
TEST_F(PostgresStore, TakesOverAStoreThatNotedNoTime) {
  ASSERT_TRUE(submit(*open(), keys));
  server()->execute(database, "DROP TABLE credence_clock; UPDATE credence_schema SET version = 3");
  std::vector<std::shared_ptr<Store>> nodes(2);
  {
    std::vector<std::jthread> starting;
    for (auto& node : nodes) starting.emplace_back([&] { node = open_postgres_store(database).value_or(nullptr); });
  }
  for (const auto& node : nodes) {
    ASSERT_NE(node, nullptr);
    EXPECT_TRUE(knows_the_device(*node));
    EXPECT_EQ(node->noted_time().value(), std::nullopt);
    EXPECT_EQ(node->generation(), 1U);
  }
  const Timestamp told = system_clock()->now() - std::chrono::hours(1);
  ASSERT_TRUE(nodes[0]->note_time(told, TimeNote::if_later));
  EXPECT_EQ(nodes[1]->noted_time().value(), told);
}

TEST_F(PostgresStore, RefusesDocumentsOfAKindThatItDoesNotKnow) {
  const auto store = open();
  server()->execute(database, "INSERT INTO credence_document (kind, id, octets) VALUES (77, 'x', '')");
  test::expect_refused(open_postgres_store(database), Errc::configuration, "documents of kind 77");
}

TEST_F(PostgresStore, SaysWhatTheServerSays) {
  test::expect_refused(open_postgres_store(database + "&dbname=absent"), Errc::unavailable,
                       "database \"absent\" does not exist");
  test::expect_refused(open_postgres_store("postgresql://localhost:1/x?connect_timeout=2"), Errc::unavailable,
                       "PostgreSQL:");
}

// --- the outcomes of sessions ---

class PostgresSessionLedger : public PostgresStore {
 protected:
  std::shared_ptr<SessionLedger> ledger() { return open_postgres_session_ledger(database, 2).value(); }

  const Bytes id = Bytes(12, 7);
  const Timestamp expiry{std::chrono::milliseconds(1'700'000'000'123)};
  const SessionLedger::Outcome outcome{.evidence_type = "a/b", .result = "e.y.J"};
};

TEST_F(PostgresSessionLedger, KeepsTheFirstOutcomeForEverybody) {
  const auto one = ledger(), other = ledger();
  EXPECT_EQ(one->find(id).value(), std::nullopt);
  EXPECT_TRUE(one->record(id, expiry, outcome).value());
  EXPECT_FALSE(other->record(id, expiry, {.evidence_type = "c/d", .result = "other"}).value());
  EXPECT_EQ(other->find(id).value(), outcome);
  EXPECT_EQ(other->find(Bytes(12, 8)).value(), std::nullopt);
  ASSERT_TRUE(other->take_back(id, expiry));
  EXPECT_EQ(one->find(id).value(), SessionLedger::Outcome{});
  EXPECT_FALSE(one->record(id, expiry, outcome).value());
}

TEST_F(PostgresSessionLedger, TakesOneOutcomeOfManyAtOnce) {
  const auto one = ledger();
  std::atomic<int> first = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i)
      threads.emplace_back([&] {
        if (one->record(id, expiry, outcome).value()) ++first;
      });
  }
  EXPECT_EQ(first, 1);
}

TEST_F(PostgresSessionLedger, ForgetsWhatExpired) {
  const auto one = ledger();
  ASSERT_TRUE(one->record(id, expiry, outcome).value());
  ASSERT_TRUE(one->take_back(Bytes(12, 8), expiry + std::chrono::seconds(1)));
  ASSERT_TRUE(one->forget_expired(expiry + std::chrono::milliseconds(10), std::chrono::milliseconds(10)));
  EXPECT_NE(one->find(id).value(), std::nullopt);
  ASSERT_TRUE(one->forget_expired(expiry + std::chrono::milliseconds(11), std::chrono::milliseconds(10)));
  EXPECT_EQ(one->find(id).value(), std::nullopt);
  EXPECT_NE(one->find(Bytes(12, 8)).value(), std::nullopt);
}

// A verifier whose clock is a day ahead would make every session of the others fresh again.
TEST_F(PostgresSessionLedger, ForgetsNothingBeforeTheClockOfTheDatabaseSaysSo) {
  const auto one = ledger();
  const Timestamp now = system_clock()->now();
  ASSERT_TRUE(one->record(id, now + std::chrono::minutes(2), outcome).value());
  ASSERT_TRUE(one->forget_expired(now + std::chrono::hours(24), std::chrono::minutes(5)));
  EXPECT_EQ(one->find(id).value(), outcome);
  EXPECT_FALSE(one->record(id, now + std::chrono::minutes(2), outcome).value());
}

TEST_F(PostgresSessionLedger, SurvivesACrashAndSaysThatTheDatabaseIsAway) {
  const auto one = ledger();
  ASSERT_TRUE(one->record(id, expiry, outcome).value());
  server()->stop();
  test::expect_refused(one->record(Bytes(12, 9), expiry, outcome), Errc::unavailable, "try again");
  test::expect_refused(one->find(id), Errc::unavailable, "try again");
  server()->start();
  EXPECT_TRUE(eventually([&] { return one->find(id).has_value(); }));
  EXPECT_EQ(one->find(id).value(), outcome);
  EXPECT_TRUE(one->record(Bytes(12, 9), expiry, outcome).value());
}

}  // namespace
}  // namespace credence::verifier
