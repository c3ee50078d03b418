#include <gtest/gtest.h>
#include <sqlite3.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <thread>

#include "fixture.h"
#include "support/endorsed.h"
#include "support/signing_chain.h"
#include "temporary_folder.h"
#include "verifier/store/sqlite/store.h"
#include "verifier/store/submission.h"

namespace credence::verifier {
namespace {

using test::EvidenceMaker;

class SqliteStore : public testing::Test {
 protected:
  std::shared_ptr<Store> open() {
    auto opened = open_sqlite_store(file);
    EXPECT_TRUE(opened) << opened.error().text();
    return *opened;
  }
  void execute(const char* sql) const {
    sqlite3* connection = nullptr;
    ASSERT_EQ(sqlite3_open(file.c_str(), &connection), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(connection, sql, nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(connection);
    sqlite3_close(connection);
  }
  std::int64_t integer(const char* sql) const {
    sqlite3* connection = nullptr;
    sqlite3_stmt* statement = nullptr;
    EXPECT_EQ(sqlite3_open(file.c_str(), &connection), SQLITE_OK);
    EXPECT_EQ(sqlite3_prepare_v2(connection, sql, -1, &statement, nullptr), SQLITE_OK);
    EXPECT_EQ(sqlite3_step(statement), SQLITE_ROW);
    const std::int64_t value = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(connection);
    return value;
  }
  static void provision(Store& store, const rats::Corim& corim) {
    const auto stored = store.submit(corim, rats::encode_corim(corim).value());
    ASSERT_TRUE(stored) << stored.error().text();
  }
  std::shared_ptr<const TrustAnchor> anchor(const Store& store) {
    return test::trust_anchor(store, Kid(maker.kid())).value();
  }

  test::TemporaryFolder folder;
  std::filesystem::path file = folder.path() / "store.sqlite";
  EvidenceMaker maker;
  rats::Corim keys = evidence::tpm::keys_corim(maker.endorsement()).value();
  rats::Corim veraison = evidence::tpm::veraison_corim(maker.endorsement()).value();
};

TEST_F(SqliteStore, RemembersAfterARestart) {
  std::uint64_t generation = 0;
  {
    const auto store = open();
    provision(*store, keys);
    provision(*store, veraison);
    generation = store->generation();
  }
  const auto store = open();
  EXPECT_EQ(store->generation(), generation);
  EXPECT_TRUE(anchor(*store)->record);
  EXPECT_TRUE(test::engine_over(store).appraise(test::channel_request(maker)).value().is_affirming());
  EXPECT_TRUE(store->submit(keys, rats::encode_corim(keys).value())->duplicate);
}

TEST_F(SqliteStore, RemembersASignedCorim) {
  const crypto::PrivateKey key = test::make_key();
  const crypto::Certificate leaf = crypto::self_sign(key, {.common_name = "endorser",
                                                           .dns_names = {},
                                                           .not_before = test::kNow,
                                                           .not_after = test::kNow + std::chrono::hours(1)})
                                       .value();
  const Bytes octets =
      rats::sign_corim(keys, {.name = "endorser", .uri = {}, .validity = {}}, key, std::vector{leaf}).value();
  ASSERT_TRUE(open()->submit(keys, octets));
  EXPECT_TRUE(anchor(*open())->record);
}

TEST_F(SqliteStore, RemembersTheValidityOfCorimAndSignature) {
  const Timestamp end = test::kNow + std::chrono::seconds(10), later = end + std::chrono::seconds(10);
  const crypto::PrivateKey key = test::make_key();
  const crypto::Certificate leaf =
      crypto::self_sign(key, {.common_name = "endorser", .dns_names = {}, .not_before = test::kNow, .not_after = later})
          .value();
  keys.validity = rats::Validity{.not_before = test::kNow, .not_after = later};
  const rats::CorimSigner signer{
      .name = "endorser", .uri = {}, .validity = rats::Validity{.not_before = {}, .not_after = end}};
  const Bytes octets = rats::sign_corim(keys, signer, key, std::vector{leaf}).value();
  const rats::Corim limited = rats::corim_of(rats::decode_signed_corim(octets).value());
  ASSERT_TRUE(open()->submit(limited, octets));
  const auto found = anchor(*open());
  EXPECT_FALSE(found->validity.contains(test::kNow - std::chrono::milliseconds(1)));
  EXPECT_TRUE(found->validity.contains(test::kNow));
  EXPECT_TRUE(found->validity.contains(end));
  EXPECT_FALSE(found->validity.contains(end + std::chrono::milliseconds(1)));
}

// As after a restore: whoever follows hears at once that it came and that it is off, and never had it in force.
TEST_F(SqliteStore, KnowsUnderAnySignatureWhatCameAndWasOffAtOnce) {
  const test::SigningChain signing = test::SigningChain::make();
  const auto sign = [&] {
    const rats::CorimSigner signer{.name = "endorser", .uri = {}, .validity = {}};
    return rats::sign_corim(keys, signer, signing.leaf_key, {&signing.leaf, 1}).value();
  };
  const auto follower = open();
  const auto submit_signed = [&](const Bytes& octets) {
    return follower->submit(rats::corim_of(rats::decode_signed_corim(octets).value()), octets);
  };
  const Bytes first = sign();
  const std::string id = submission_id(first).value();
  const auto journal = open_sqlite_journal(file).value();
  ASSERT_TRUE(journal->begin());
  ASSERT_TRUE(journal->append(Journal::Event::added, Journal::Kind::corim, id, first));
  ASSERT_TRUE(journal->append(Journal::Event::deactivated, Journal::Kind::corim, id, {}));
  ASSERT_TRUE(journal->commit());
  test::expect_refused(submit_signed(sign()), Errc::conflict, "was deactivated: activate " + id);
  EXPECT_EQ(anchor(*follower), nullptr);
  ASSERT_TRUE(follower->set_active({&id, 1}, true));
  EXPECT_TRUE(submit_signed(sign())->duplicate);
  EXPECT_NE(anchor(*follower), nullptr);
  ASSERT_TRUE(follower->remove(id));
  EXPECT_FALSE(submit_signed(sign())->duplicate);
}

// A newer program may have written and turned off what cannot be read here: the others are to be listed and selected.
TEST_F(SqliteStore, WorksBesideACorimThatIsOffAndCannotBeRead) {
  provision(*open(), keys);
  const auto journal = open_sqlite_journal(file).value();
  ASSERT_TRUE(journal->begin());
  ASSERT_TRUE(journal->append(Journal::Event::added, Journal::Kind::corim, "unread", Bytes{1, 2, 3}));
  ASSERT_TRUE(journal->append(Journal::Event::deactivated, Journal::Kind::corim, "unread", {}));
  ASSERT_TRUE(journal->commit());
  const auto store = open();
  const auto all = store->list();
  ASSERT_TRUE(all) << all.error().text();
  ASSERT_EQ(all->size(), 2U);
  EXPECT_EQ((*all)[0].profile, kCredenceTpmKeyProfile);
  EXPECT_EQ((*all)[1].id, "unread");
  EXPECT_EQ((*all)[1].size, 3U);
  EXPECT_FALSE((*all)[1].active);
  EXPECT_EQ((*all)[1].profile, "");
  EXPECT_FALSE(store->stored("unread").value().active);
  const rats::CoservQuery corim{.profile = {},
                                .query = rats::RimQuery{{{.kind = rats::RimId::Kind::corim, .id = keys.id}}}};
  ASSERT_NE(anchor(*store), nullptr);
  const auto off = store->set_active(corim, false);
  ASSERT_TRUE(off) << off.error().text();
  EXPECT_EQ(anchor(*store), nullptr);
  ASSERT_TRUE(store->set_active(corim, true));
  EXPECT_NE(anchor(*store), nullptr);
  // It is not activated, and goes when it is removed.
  const std::string id = "unread";
  EXPECT_FALSE(store->set_active({&id, 1}, true));
  ASSERT_TRUE(store->remove(id));
  EXPECT_EQ(store->list().value().size(), 1U);
}

TEST_F(SqliteStore, SeesAtOnceAKeyThatAnotherProcessProvisioned) {
  const auto ours = open();
  EXPECT_EQ(anchor(*ours), nullptr);
  provision(*open(), keys);
  EXPECT_NE(anchor(*ours), nullptr);
}

TEST_F(SqliteStore, SeesWithinASecondWhatAnotherProcessAdded) {
  const auto ours = open();
  provision(*ours, veraison);
  const std::uint64_t before = ours->generation();
  maker.pcrs[evidence::tpm::kAlgSha256][0] = Bytes(32, 0x44);
  provision(*open(), evidence::tpm::veraison_corim(maker.endorsement()).value());
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  while (ours->generation() == before && std::chrono::steady_clock::now() < deadline)
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_NE(ours->generation(), before);
}

TEST_F(SqliteStore, SeesAConflictWithWhatAnotherProcessStored) {
  const auto ours = open();
  provision(*open(), keys);
  evidence::tpm::Endorsement other = EvidenceMaker{}.endorsement();
  other.keys[0].kid = Kid(maker.kid());
  const rats::Corim corim = evidence::tpm::keys_corim(other).value();
  test::expect_refused(ours->submit(corim, rats::encode_corim(corim).value()), Errc::conflict, "another key");
}

TEST_F(SqliteStore, SeesWhatAnotherProcessTookAway) {
  const auto ours = open();
  const auto theirs = open();
  provision(*ours, keys);
  const std::string id = ours->list().value().at(0).id;
  ASSERT_NE(anchor(*theirs), nullptr);
  const auto wait_until = [&](bool known) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while ((anchor(*theirs) != nullptr) != known && std::chrono::steady_clock::now() < deadline)
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    return (anchor(*theirs) != nullptr) == known;
  };
  ASSERT_TRUE(ours->set_active({&id, 1}, false));
  EXPECT_TRUE(wait_until(false));
  ASSERT_TRUE(ours->set_active({&id, 1}, true));
  EXPECT_TRUE(wait_until(true));
  ASSERT_TRUE(ours->remove(id));
  EXPECT_TRUE(wait_until(false));
  EXPECT_EQ(theirs->generation(), ours->generation());
  EXPECT_TRUE(open()->list().value().empty());
}

TEST_F(SqliteStore, KeepsAnInactiveCorimInactiveWhenItIsOpenedAgain) {
  provision(*open(), keys);
  const std::string id = open()->list().value().at(0).id;
  ASSERT_TRUE(open()->set_active({&id, 1}, false));
  EXPECT_EQ(anchor(*open()), nullptr);
  EXPECT_FALSE(open()->list().value().at(0).active);
  ASSERT_TRUE(open()->set_active({&id, 1}, true));
  EXPECT_NE(anchor(*open()), nullptr);
}

TEST_F(SqliteStore, RefusesANewerSchema) {
  {
    provision(*open(), keys);
  }
  execute("PRAGMA user_version = 6");
  test::expect_refused(open_sqlite_store(file), Errc::configuration, "schema version 6, this program knows version 5");
  execute("PRAGMA user_version = 5");
  EXPECT_NE(anchor(*open()), nullptr);
}

// A program that knew no validity kept the same CoRIMs: from now on theirs counts, and that program keeps out.
TEST_F(SqliteStore, TakesOverAStoreThatKnewNoValidity) {
  keys.validity = rats::Validity{.not_before = {}, .not_after = test::kNow};
  {
    provision(*open(), keys);
  }
  execute(
      "DROP TABLE change; DROP TABLE clock;"
      "CREATE TABLE corim (sequence INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, octets BLOB NOT NULL) "
      "STRICT;"
      "INSERT INTO corim (id, octets) SELECT id, octets FROM document;"
      "DROP TABLE document;"
      "PRAGMA user_version = 1");
  const auto store = open();
  EXPECT_TRUE(anchor(*store)->validity.contains(test::kNow));
  EXPECT_FALSE(anchor(*store)->validity.contains(test::kNow + std::chrono::milliseconds(1)));
  EXPECT_EQ(integer("PRAGMA user_version"), 5);
  EXPECT_EQ(store->generation(), 1U);
}

TEST_F(SqliteStore, TakesOverAStoreThatKnewNothingButCorims) {
  {
    const auto store = open();
    provision(*store, keys);
    provision(*store, veraison);
    const std::string id = store->list().value().at(1).id;
    ASSERT_TRUE(store->set_active({&id, 1}, false));
  }
  execute(
      "CREATE TABLE corim (sequence INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, octets BLOB NOT NULL, "
      "active INTEGER NOT NULL DEFAULT 1) STRICT;"
      "INSERT INTO corim (id, octets, active) SELECT id, octets, active FROM document ORDER BY sequence;"
      "DROP TABLE document; DROP TABLE clock; ALTER TABLE change DROP COLUMN kind;"
      "PRAGMA user_version = 3");
  const auto store = open();
  EXPECT_NE(anchor(*store), nullptr);
  const std::vector<StoredCorim> all = store->list().value();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_TRUE(all[0].active);
  EXPECT_FALSE(all[1].active);
  EXPECT_EQ(store->generation(), 3U);
  EXPECT_EQ(integer("PRAGMA user_version"), 5);
}

TEST_F(SqliteStore, TakesOverAStoreThatNotedNoTime) {
  {
    provision(*open(), keys);
  }
  execute("DROP TABLE clock; PRAGMA user_version = 4");
  EXPECT_NE(anchor(*open()), nullptr);
  EXPECT_EQ(open()->noted_time().value(), std::nullopt);
  EXPECT_EQ(integer("PRAGMA user_version"), 5);
}

TEST_F(SqliteStore, RefusesDocumentsOfAKindThatItDoesNotKnow) {
  {
    const auto store = open();
  }
  execute("INSERT INTO document (kind, id, octets) VALUES (77, 'x', x'')");
  test::expect_refused(open_sqlite_store(file), Errc::configuration, "documents of kind 77");
  execute("DELETE FROM document; INSERT INTO change (event, kind, id) VALUES (1, 77, 'x')");
  test::expect_refused(open_sqlite_store(file), Errc::configuration, "documents of kind 77");
}

TEST_F(SqliteStore, RefusesADatabaseOfAnotherProgram) {
  execute("CREATE TABLE songs (title TEXT)");
  test::expect_refused(open_sqlite_store(file), Errc::configuration, "of another program");
}

TEST_F(SqliteStore, RefusesAFileThatIsNoDatabase) {
  std::ofstream(file) << std::string(4096, 'x');
  test::expect_refused(open_sqlite_store(file), Errc::io, "not a database");
}

TEST_F(SqliteStore, RefusesAStoredCorimThatItCannotRead) {
  {
    provision(*open(), keys);
  }
  execute("UPDATE document SET octets = x'a0'");
  const auto refused = open_sqlite_store(file);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().path.find("stored CoRIM "), std::string::npos) << refused.error().text();
}

TEST_F(SqliteStore, GivesNoVerdictWhenTheFileIsBroken) {
  const auto store = open();
  execute("ALTER TABLE change RENAME TO gone");
  EXPECT_FALSE(test::trust_anchor(*store, Kid(maker.kid())));
}

TEST_F(SqliteStore, KeepsItsFilesFromOthers) {
  const auto store = open();
  provision(*store, keys);
  for (const auto& entry : std::filesystem::directory_iterator(folder.path()))
    EXPECT_EQ(entry.status().permissions(), std::filesystem::perms::owner_read | std::filesystem::perms::owner_write)
        << entry.path();
}

TEST_F(SqliteStore, NamesTheFolderThatIsNotThere) {
  test::expect_refused(open_sqlite_store(folder.path() / "absent" / "store.sqlite"), Errc::io, "cannot open the store");
}

}  // namespace
}  // namespace credence::verifier
