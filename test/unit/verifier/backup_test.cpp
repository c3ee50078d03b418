#include "verifier/store/backup.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>

#include "support/dice_device.h"
#include "support/endorsed.h"
#include "support/endorser.h"
#include "support/evidence_maker.h"
#include "support/listed.h"
#include "support/postgres.h"
#include "support/refusal.h"
#include "support/temporary_directory.h"
#include "verifier/revocation/revocation.h"
#include "verifier/store/postgres/store.h"
#include "verifier/store/sqlite/store.h"
#include "wire/cbor/writer.h"

namespace credence::verifier {
namespace {

using Event = DocumentChange::Event;

const BackupOrigin kOrigin{.program = "credence 0.1.0", .made = "2026-11-28T00:00:00.000Z"};
constexpr auto kQuiet = [](std::uint64_t) {};

class Backup : public testing::Test {
 protected:
  std::filesystem::path file(const std::string& name) const { return directory.path() / name; }

  // A store with two CoRIMs, one of them inactive, a policy, an entry of a deny list and a part that is off.
  std::shared_ptr<Store> fill(const std::shared_ptr<Store>& store) {
    for (const auto& corim : {evidence::tpm::veraison_corim(maker.endorsement()).value(),
                              evidence::tpm::keys_corim(maker.endorsement()).value()})
      ids.push_back(store->submit(corim, rats::encode_corim(corim).value()).value().id);
    EXPECT_TRUE(store->set_active({&ids[1], 1}, false));
    for (const auto kind : {DocumentKind::policy, DocumentKind::deactivation})
      EXPECT_TRUE(store->change(kind, [](const Documents&) -> Result<std::vector<DocumentChange>> {
        return std::vector<DocumentChange>{{.event = Event::added, .id = "one", .octets = {1, 2}}};
      }));
    deny(*store, kid);
    return store;
  }

  static void deny(Store& store, const json::Object& entry, const std::optional<std::string>& id = std::nullopt) {
    const Revocation revocation = revocation_from_json(entry, Timestamp{}).value();
    EXPECT_TRUE(store.change(DocumentKind::deny_entry, [&](const Documents&) -> Result<std::vector<DocumentChange>> {
      return std::vector<DocumentChange>{{.event = Event::added,
                                          .id = id ? *id : revocation_id(revocation).value(),
                                          .octets = to_bytes(as_bytes(json::to_text(to_json(revocation))))}};
    }));
  }

  static Bytes backup_of(Journal& journal) {
    Bytes octets;
    const auto written = write_backup(
        journal, kOrigin,
        [&](ByteView part) -> Result<void> {
          append(octets, part);
          return {};
        },
        kQuiet);
    EXPECT_TRUE(written) << written.error().text();
    return octets;
  }

  void expect_filled(const Store& store) const {
    const auto corims = store.list().value();
    ASSERT_EQ(corims.size(), 2U);
    EXPECT_EQ(corims[0].id, ids[0]);
    EXPECT_TRUE(corims[0].active);
    EXPECT_FALSE(corims[1].active);
    for (const auto kind : {DocumentKind::policy, DocumentKind::deactivation}) {
      ASSERT_EQ(store.documents(kind)->size(), 1U);
      EXPECT_EQ(store.documents(kind)->front()->octets, (Bytes{1, 2}));
    }
    ASSERT_EQ(store.documents(DocumentKind::deny_entry)->size(), 1U);
    EXPECT_EQ(as_text(store.documents(DocumentKind::deny_entry)->front()->octets), json::to_text(kid));
  }

  const json::Object kid{{"kind", "kid"}, {"value", "01ab"}, {"reason", "stolen"}, {"since", 1}};
  test::TemporaryDirectory directory;
  test::EvidenceMaker maker;
  std::vector<std::string> ids;
};

TEST_F(Backup, RestoresEveryKindIntoAnEmptyStore) {
  fill(open_sqlite_store(file("a.db")).value());
  const Bytes backup = backup_of(*open_sqlite_journal(file("a.db")).value());
  const auto restored =
      restore_backup(*open_sqlite_journal(file("b.db")).value(), backup, RestoreMode::into_empty, kQuiet);
  ASSERT_TRUE(restored) << restored.error().text();
  EXPECT_EQ(restored->added, 5U);
  expect_filled(*open_sqlite_store(file("b.db")).value());
  // The same content has the same backup.
  EXPECT_EQ(backup_of(*open_sqlite_journal(file("b.db")).value()), backup);
}

TEST_F(Backup, IsOfOneMomentWhileOthersGoOn) {
  const auto store = fill(open_sqlite_store(file("a.db")).value());
  const auto journal = open_sqlite_journal(file("a.db")).value();
  Bytes octets;
  bool removed = false;
  const auto written = write_backup(
      *journal, kOrigin,
      [&](ByteView part) -> Result<void> {
        if (!std::exchange(removed, true)) CHECK(store->remove(ids[0]));  // by another connection, in the middle
        append(octets, part);
        return {};
      },
      kQuiet);
  ASSERT_TRUE(written) << written.error().text();
  EXPECT_EQ(*written, 5U);
  ASSERT_TRUE(restore_backup(*open_sqlite_journal(file("b.db")).value(), octets, RestoreMode::into_empty, kQuiet));
  expect_filled(*open_sqlite_store(file("b.db")).value());
  EXPECT_EQ(store->list().value().size(), 1U);
}

TEST_F(Backup, MovesAStoreToPostgres) {
  if (!test::Postgres::available()) GTEST_SKIP() << "no PostgreSQL server is installed";
  test::Postgres server;
  const std::string database = server.make_database();
  fill(open_sqlite_store(file("a.db")).value());
  const Bytes backup = backup_of(*open_sqlite_journal(file("a.db")).value());
  ASSERT_TRUE(restore_backup(*open_postgres_journal(database).value(), backup, RestoreMode::into_empty, kQuiet));
  expect_filled(*open_postgres_store(database).value());
  EXPECT_EQ(backup_of(*open_postgres_journal(database).value()), backup);
}

TEST_F(Backup, GoesIntoAStoreThatHasSomethingOnlyToMerge) {
  fill(open_sqlite_store(file("a.db")).value());
  const Bytes backup = backup_of(*open_sqlite_journal(file("a.db")).value());
  const auto journal = open_sqlite_journal(file("a.db")).value();
  test::expect_refused(restore_backup(*journal, backup, RestoreMode::into_empty, kQuiet), Errc::conflict, "--merge");
  const auto merged = restore_backup(*journal, backup, RestoreMode::merge, kQuiet);
  ASSERT_TRUE(merged) << merged.error().text();
  EXPECT_EQ(merged->added, 0U);
  EXPECT_EQ(merged->known, 5U);
  // Policies that are added do not rule beside those that do already.
  const auto other = open_sqlite_journal(file("c.db")).value();
  ASSERT_TRUE(restore_backup(*other, backup, RestoreMode::merge, kQuiet));
  EXPECT_FALSE(open_sqlite_store(file("c.db")).value()->documents(DocumentKind::policy)->front()->active);
}

// The same CoRIM under two signatures of one signer. What the one store turned off of it does not count in the other.
TEST_F(Backup, TurnsOffWhatIsThereUnderAnotherSignature) {
  const rats::Corim keys = evidence::tpm::keys_corim(maker.endorsement()).value();
  const test::Endorser endorser;
  const auto submit = [&](Store& store) {
    const Bytes octets = endorser.sign(keys);
    return store.submit(rats::corim_of(rats::decode_signed_corim(octets).value()), octets).value().id;
  };
  const auto knows_the_device = [&](const Store& store) {
    return test::trust_anchor(store, Kid(maker.kid())).value() != nullptr;
  };
  const rats::CoservQuery comid{
      .profile = {}, .query = rats::RimQuery{{{.kind = rats::RimId::Kind::comid, .id = keys.comids.at(0).id}}}};
  const rats::InstanceSelectors device{{{.selected = {.tag = rats::kTagBytes, .value = to_bytes(maker.kid())}}}};
  const rats::CoservQuery statement{
      .profile = keys.profile.value(),
      .query = rats::EnvironmentQuery{
          .artifact = rats::ArtifactType::endorsed_values, .environments = device, .result = {}}};
  int number = 0;
  for (const rats::CoservQuery& part : {comid, statement})
    for (const bool is_active : {true, false}) {
      SCOPED_TRACE(++number);
      const auto from = file("from" + std::to_string(number)), to = file("to" + std::to_string(number));
      const auto ours = open_sqlite_store(from).value(), theirs = open_sqlite_store(to).value();
      const std::string id = submit(*theirs);
      ASSERT_NE(submit(*ours), id);
      ASSERT_TRUE(theirs->set_active({&id, 1}, is_active));
      ASSERT_TRUE(ours->set_active(part, false));
      const auto merged = restore_backup(*open_sqlite_journal(to).value(),
                                         backup_of(*open_sqlite_journal(from).value()), RestoreMode::merge, kQuiet);
      ASSERT_TRUE(merged) << merged.error().text();
      EXPECT_EQ(merged->known, 1U);
      ASSERT_TRUE(theirs->probe());
      EXPECT_EQ(theirs->list().value().size(), 1U);
      EXPECT_EQ(theirs->list().value().at(0).deactivated, 1U);
      ASSERT_TRUE(theirs->set_active({&id, 1}, true));
      EXPECT_FALSE(knows_the_device(*theirs));
      ASSERT_TRUE(theirs->set_active(part, true));
      EXPECT_TRUE(knows_the_device(*theirs));
    }
}

// As a part of it is. What it replaces does not count again because of that.
TEST_F(Backup, TurnsOffACorimThatIsInactiveInIt) {
  const test::Endorser endorser;
  rats::Corim first = evidence::tpm::veraison_corim(maker.endorsement()).value();
  first.comids[0].id = "first";
  maker.pcrs[evidence::tpm::kAlgSha256][1] = Bytes(32, 0x77);
  rats::Corim second = evidence::tpm::veraison_corim(maker.endorsement()).value();
  second.id = second.comids[0].id = "second";
  second.comids[0].linked_tags = {{.id = std::string("first"), .relation = rats::kTagReplaces}};
  const auto submit = [&](Store& store, const rats::Corim& corim) {
    const Bytes octets = endorser.sign(corim);
    return store.submit(rats::corim_of(rats::decode_signed_corim(octets).value()), octets).value().id;
  };
  const rats::TaggedBytes class_id{.tag = rats::kTagUuid, .value = to_bytes(test::EvidenceMaker::class_id().octets)};
  for (const bool is_active : {true, false}) {
    SCOPED_TRACE(is_active);
    const std::string name = is_active ? "active" : "inactive";
    const auto from = file("from_" + name), to = file("to_" + name);
    const auto ours = open_sqlite_store(from).value(), theirs = open_sqlite_store(to).value();
    const std::string inactive = submit(*ours, second);
    ASSERT_TRUE(ours->set_active({&inactive, 1}, is_active));
    submit(*theirs, first);
    const std::string id = submit(*theirs, second);
    ASSERT_NE(id, inactive);
    const auto merged = restore_backup(*open_sqlite_journal(to).value(), backup_of(*open_sqlite_journal(from).value()),
                                       RestoreMode::merge, kQuiet);
    ASSERT_TRUE(merged) << merged.error().text();
    EXPECT_EQ(merged->deactivated, is_active ? 0U : 1U);
    ASSERT_TRUE(theirs->probe());
    const auto all = theirs->list().value();
    const auto there = std::ranges::find(all, id, &StoredCorim::id);
    ASSERT_NE(there, all.end());
    EXPECT_EQ(there->active, is_active);
    EXPECT_EQ(test::reference_values(*theirs, class_id).value() != nullptr, is_active);
    ASSERT_TRUE(theirs->set_active({&id, 1}, true));
    EXPECT_NE(test::reference_values(*theirs, class_id).value(), nullptr);
  }
}

// Whoever else signed it, and for whatever time: the store's own signing goes off, and the backup's does not come back.
TEST_F(Backup, TurnsOffACorimUnderWhateverSigning) {
  const rats::Corim keys = evidence::tpm::keys_corim(maker.endorsement()).value();
  const test::Endorser one, another;
  const auto submit = [&](Store& store, const test::Endorser& signer) {
    const Bytes octets = signer.sign(keys);
    return store.submit(rats::corim_of(rats::decode_signed_corim(octets).value()), octets).value().id;
  };
  const auto knows_the_device = [&](const Store& store) {
    return test::trust_anchor(store, Kid(maker.kid())).value() != nullptr;
  };
  enum class Off { nowhere, in_backup, in_backup_beside_the_other, in_store };
  for (const Off off : {Off::nowhere, Off::in_backup, Off::in_backup_beside_the_other, Off::in_store}) {
    SCOPED_TRACE(static_cast<int>(off));
    const std::string name = std::to_string(static_cast<int>(off));
    const auto from = file("from" + name), to = file("to" + name);
    const auto ours = open_sqlite_store(from).value(), theirs = open_sqlite_store(to).value();
    const std::string our_id = submit(*ours, one);
    const Bytes octets = another.sign(keys);
    const auto submit_octets = [&](Store& store) {
      return store.submit(rats::corim_of(rats::decode_signed_corim(octets).value()), octets).value().id;
    };
    const std::string their_id = submit_octets(*theirs);
    if (off == Off::in_backup_beside_the_other) {
      EXPECT_EQ(submit_octets(*ours), their_id);
    }
    if (off == Off::in_store) {
      ASSERT_TRUE(theirs->set_active({&their_id, 1}, false));
    } else if (off != Off::nowhere) {
      ASSERT_TRUE(ours->set_active({&our_id, 1}, false));
    }
    const auto merged = restore_backup(*open_sqlite_journal(to).value(), backup_of(*open_sqlite_journal(from).value()),
                                       RestoreMode::merge, kQuiet);
    ASSERT_TRUE(merged) << merged.error().text();
    EXPECT_EQ(merged->deactivated, off == Off::in_backup ? 1U : 0U);
    ASSERT_TRUE(theirs->probe());
    EXPECT_EQ(knows_the_device(*theirs), off == Off::nowhere || off == Off::in_backup_beside_the_other);
  }
}

// A22: of the two the one with which more may be revoked.
TEST_F(Backup, BringsTheNewerRevocationListAndNoOlderOne) {
  const test::DiceDevice device;
  const auto list = [&](std::int64_t number) {
    return test::list_entry(device.root_key, device.root, {.entries = {{.serial = number}}, .number = number});
  };
  struct Case {
    std::int64_t there, brought;
    std::uint64_t added;
  };
  for (const auto& [there, brought, added] : {Case{5, 9, 1}, Case{9, 5, 0}, Case{5, 5, 0}}) {
    SCOPED_TRACE(testing::Message() << there << ", " << brought);
    const std::string names = std::to_string(there) + "_" + std::to_string(brought);
    const auto from = file("from" + names), to = file("to" + names);
    deny(*open_sqlite_store(from).value(), list(brought));
    const auto store = open_sqlite_store(to).value();
    deny(*store, list(there));
    const auto merged = restore_backup(*open_sqlite_journal(to).value(), backup_of(*open_sqlite_journal(from).value()),
                                       RestoreMode::merge, kQuiet);
    ASSERT_TRUE(merged) << merged.error().text();
    EXPECT_EQ(merged->added, added);
    EXPECT_EQ(merged->known, 1 - added);
    ASSERT_TRUE(store->probe());
    const auto documents = store->documents(DocumentKind::deny_entry);
    ASSERT_EQ(documents->size(), 1U);
    const Revocation kept = revocation_of(documents->front()->octets).value();
    EXPECT_EQ(kept.list->number(), Bytes{static_cast<std::uint8_t>(std::max(there, brought))});
  }
}

TEST_F(Backup, RefusesWhatIsNoEntryOfADenyListOrOfAnotherId) {
  const auto restored = [&](const std::string& name) {
    const Bytes backup = backup_of(*open_sqlite_journal(file(name)).value());
    return restore_backup(*open_sqlite_journal(file("to_" + name)).value(), backup, RestoreMode::into_empty, kQuiet);
  };
  deny(*open_sqlite_store(file("good")).value(), kid);
  EXPECT_TRUE(restored("good"));
  deny(*open_sqlite_store(file("other")).value(), kid, "one");
  test::expect_refused(restored("other"), Errc::malformed, "deny list entry one: what it revokes has the id ");
  EXPECT_TRUE(open_sqlite_store(file("to_other")).value()->documents(DocumentKind::deny_entry)->empty());
  ASSERT_TRUE(open_sqlite_store(file("none"))
                  .value()
                  ->change(DocumentKind::deny_entry, [](const Documents&) -> Result<std::vector<DocumentChange>> {
                    return std::vector<DocumentChange>{{.event = Event::added, .id = "one", .octets = {'{', '}'}}};
                  }));
  test::expect_refused(restored("none"), Errc::missing_member, "deny list entry one.kind");
}

TEST_F(Backup, RefusesEveryDamageAndThenChangesNothing) {
  fill(open_sqlite_store(file("a.db")).value());
  const Bytes good = backup_of(*open_sqlite_journal(file("a.db")).value());
  const auto journal = open_sqlite_journal(file("b.db")).value();
  for (std::size_t at = 0; at < good.size(); at += 7) {
    Bytes bad = good;
    bad[at] ^= 1;
    EXPECT_FALSE(restore_backup(*journal, bad, RestoreMode::into_empty, kQuiet)) << "octet " << at;
  }
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, good.size() / 2, good.size() - 1})
    EXPECT_FALSE(restore_backup(*journal, ByteView(good).first(size), RestoreMode::into_empty, kQuiet)) << size;
  Bytes longer = good;
  longer.push_back(0);
  EXPECT_FALSE(restore_backup(*journal, longer, RestoreMode::into_empty, kQuiet));
  EXPECT_TRUE(open_sqlite_store(file("b.db")).value()->list().value().empty());
  EXPECT_TRUE(restore_backup(*journal, good, RestoreMode::into_empty, kQuiet));
}

TEST_F(Backup, OfAnotherFormatOrKindNamesTheWayOut) {
  const auto journal = open_sqlite_journal(file("a.db")).value();
  cbor::Writer format;
  format.array(4).text("credence-backup").unsigned_integer(2).text("p").text("t");
  test::expect_refused(restore_backup(*journal, format.take(), RestoreMode::into_empty, kQuiet), Errc::unsupported,
                       "use the version of Credence that wrote it");
  cbor::Writer kind;
  kind.array(4).text("credence-backup").unsigned_integer(1).text("p").text("t");
  kind.array(4).unsigned_integer(200).text("id").boolean(true).bytes({});
  test::expect_refused(restore_backup(*journal, kind.take(), RestoreMode::into_empty, kQuiet), Errc::unsupported,
                       "kind 200");
  test::expect_refused(restore_backup(*journal, as_bytes("{\"a\": 1}"), RestoreMode::into_empty, kQuiet),
                       Errc::truncated, "");
}

}  // namespace
}  // namespace credence::verifier
