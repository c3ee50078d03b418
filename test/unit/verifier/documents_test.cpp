// What every store promises about documents that are no CoRIMs.
#include "verifier/documents.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "any_store.h"
#include "fixture.h"
#include "support/endorsed.h"
#include "temporary_folder.h"

namespace credence::verifier {
namespace {

using Event = DocumentChange::Event;

constexpr auto kPolicy = DocumentKind::policy, kDeny = DocumentKind::deny_entry;

DocumentChange added(std::string id, std::string_view octets = "octets") {
  return {.event = Event::added, .id = std::move(id), .octets = to_bytes(as_bytes(octets))};
}
DocumentChange of(Event event, std::string id) { return {.event = event, .id = std::move(id)}; }

Result<void> change(DocumentStore& store, DocumentKind kind, std::vector<DocumentChange> changes) {
  return store.change(kind, [&](const Documents&) -> Result<std::vector<DocumentChange>> { return changes; });
}

// "a+ b-": ids with their state, oldest first.
std::string state(const DocumentStore& store, DocumentKind kind) {
  std::string text;
  for (const auto& document : *store.documents(kind))
    text += (text.empty() ? "" : " ") + document->id + (document->active ? "+" : "-");
  return text;
}

class AnyDocumentStore : public testing::TestWithParam<test::StoreKind> {
 protected:
  test::TemporaryFolder folder;
  std::shared_ptr<Store> store = GetParam().open(folder.path());
};
INSTANTIATE_TEST_SUITE_P(Stores, AnyDocumentStore, testing::ValuesIn(test::store_kinds()),
                         [](const auto& example) { return example.param.name; });

TEST_P(AnyDocumentStore, HasNoneAtFirst) {
  EXPECT_EQ(state(*store, kPolicy), "");
  EXPECT_EQ(store->version(kPolicy), 0U);
}

TEST_P(AnyDocumentStore, KeepsEachKindInItsOrder) {
  ASSERT_TRUE(change(*store, kPolicy, {added("b", "first"), added("a", "second")}));
  ASSERT_TRUE(change(*store, kDeny, {added("b", "other")}));
  EXPECT_EQ(state(*store, kPolicy), "b+ a+");
  EXPECT_EQ(state(*store, kDeny), "b+");
  EXPECT_EQ(as_text(store->documents(kPolicy)->front()->octets), "first");
  EXPECT_EQ(as_text(store->documents(kDeny)->front()->octets), "other");
  EXPECT_TRUE(store->list().value().empty());
}

TEST_P(AnyDocumentStore, ChangesWhatIsThere) {
  ASSERT_TRUE(change(*store, kPolicy, {added("a"), of(Event::deactivated, "a"), added("b")}));
  EXPECT_EQ(state(*store, kPolicy), "a- b+");
  ASSERT_TRUE(change(*store, kPolicy, {of(Event::activated, "a"), of(Event::removed, "b"), added("c")}));
  EXPECT_EQ(state(*store, kPolicy), "a+ c+");
}

TEST_P(AnyDocumentStore, MakesAllOfAChangeOrNothing) {
  ASSERT_TRUE(change(*store, kPolicy, {added("a")}));
  const std::uint64_t generation = store->generation();
  test::expect_refused(change(*store, kPolicy, {added("b"), added("a")}), Errc::conflict, "a is there already");
  test::expect_refused(change(*store, kPolicy, {of(Event::removed, "a"), of(Event::activated, "a")}), Errc::not_found,
                       "nothing with id a is stored");
  test::expect_refused(change(*store, kDeny, {of(Event::removed, "a")}), Errc::not_found, "id a");
  EXPECT_EQ(state(*store, kPolicy), "a+");
  EXPECT_EQ(store->generation(), generation);
}

TEST_P(AnyDocumentStore, ReturnsTheErrorOfWhoeverDecides) {
  ASSERT_TRUE(change(*store, kPolicy, {added("a")}));
  const auto refused = store->change(kPolicy, [](const Documents& present) -> Result<std::vector<DocumentChange>> {
    EXPECT_EQ(present.size(), 1U);
    return fail(Errc::unauthorized, "not today");
  });
  test::expect_refused(refused, Errc::unauthorized, "not today");
  EXPECT_TRUE(change(*store, kPolicy, {}));
  EXPECT_EQ(state(*store, kPolicy), "a+");
}

TEST_P(AnyDocumentStore, TellsThatAKindHasChanged) {
  ASSERT_TRUE(change(*store, kPolicy, {added("a")}));
  const std::uint64_t version = store->version(kPolicy), generation = store->generation();
  const auto before = store->documents(kPolicy);
  ASSERT_TRUE(change(*store, kDeny, {added("a")}));
  EXPECT_EQ(store->version(kPolicy), version);
  EXPECT_NE(store->generation(), generation);
  ASSERT_TRUE(change(*store, kPolicy, {of(Event::deactivated, "a")}));
  EXPECT_NE(store->version(kPolicy), version);
  EXPECT_TRUE(before->front()->active) << "a list that was handed out changed";
}

TEST_P(AnyDocumentStore, KeepsThemApartFromCorims) {
  const test::EvidenceMaker maker;
  const rats::Corim corim = evidence::tpm::keys_corim(maker.endorsement()).value();
  const std::string id = store->submit(corim, rats::encode_corim(corim).value())->id;
  ASSERT_TRUE(change(*store, kPolicy, {added(id)}));
  ASSERT_TRUE(store->remove(id));
  EXPECT_EQ(state(*store, kPolicy), id + "+");
  EXPECT_TRUE(store->list().value().empty());
}

TEST_P(AnyDocumentStore, DecidesOneAfterTheOther) {
  constexpr int kThreads = 4, kEach = 10;
  std::vector<std::jthread> threads;
  for (int i = 0; i < kThreads; ++i)
    threads.emplace_back([&] {
      for (int j = 0; j < kEach; ++j)
        EXPECT_TRUE(store->change(kPolicy, [](const Documents& present) -> Result<std::vector<DocumentChange>> {
          return std::vector{added(std::to_string(present.size()))};
        }));
    });
  threads.clear();
  EXPECT_EQ(store->documents(kPolicy)->size(), std::size_t{kThreads * kEach});
}

// Of a store that outlives its process.
class SharedDocuments : public AnyDocumentStore {
 protected:
  std::shared_ptr<Store> again() { return GetParam().reopen(folder.path()); }  // the same database as `store`
  static bool becomes(const DocumentStore& store, const std::string& expected) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (state(store, kPolicy) != expected && std::chrono::steady_clock::now() < deadline)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    return state(store, kPolicy) == expected;
  }
};
INSTANTIATE_TEST_SUITE_P(Stores, SharedDocuments, testing::ValuesIn(test::lasting_store_kinds()),
                         [](const auto& example) { return example.param.name; });

TEST_P(SharedDocuments, AreThereAfterARestart) {
  ASSERT_TRUE(change(*store, kPolicy, {added("a", "rules"), of(Event::deactivated, "a"), added("b"), added("c")}));
  ASSERT_TRUE(change(*store, kPolicy, {of(Event::removed, "b")}));
  const std::uint64_t generation = store->generation();
  store.reset();
  const auto opened = again();
  EXPECT_EQ(state(*opened, kPolicy), "a- c+");
  EXPECT_EQ(as_text(opened->documents(kPolicy)->front()->octets), "rules");
  EXPECT_EQ(opened->generation(), generation);
  EXPECT_NE(opened->version(kPolicy), 0U);
}

TEST_P(SharedDocuments, ReachOtherNodes) {
  const auto theirs = again();
  ASSERT_TRUE(change(*store, kPolicy, {added("a"), of(Event::deactivated, "a")}));
  EXPECT_TRUE(becomes(*theirs, "a-")) << state(*theirs, kPolicy);
  ASSERT_TRUE(change(*theirs, kPolicy, {of(Event::activated, "a"), added("b")}));
  EXPECT_TRUE(becomes(*store, "a+ b+")) << state(*store, kPolicy);
  ASSERT_TRUE(change(*store, kPolicy, {of(Event::removed, "a")}));
  EXPECT_TRUE(becomes(*theirs, "b+")) << state(*theirs, kPolicy);
  EXPECT_EQ(theirs->version(kPolicy), store->version(kPolicy));
}

// One step, which no node sees half of: a list without which nobody knows what is revoked is never away.
TEST_P(SharedDocuments, TakeThePlaceOfOthersWithTheirId) {
  const auto theirs = again();
  ASSERT_TRUE(change(*store, kPolicy, {added("a", "first"), added("b")}));
  EXPECT_TRUE(becomes(*theirs, "a+ b+")) << state(*theirs, kPolicy);
  ASSERT_TRUE(change(*store, kPolicy, {of(Event::removed, "a"), added("a", "second")}));
  EXPECT_TRUE(becomes(*theirs, "b+ a+")) << state(*theirs, kPolicy);
  for (const auto& opened : {store, theirs, again()}) {
    EXPECT_EQ(state(*opened, kPolicy), "b+ a+");
    EXPECT_EQ(as_text(opened->documents(kPolicy)->back()->octets), "second");
  }
}

TEST_P(SharedDocuments, AreDecidedWithWhatOthersCommitted) {
  const auto theirs = again();
  ASSERT_TRUE(change(*theirs, kPolicy, {added("a")}));
  test::expect_refused(change(*store, kPolicy, {added("a")}), Errc::conflict, "a is there already");
}

}  // namespace
}  // namespace credence::verifier
