// A store that takes over what others have committed, while some of it is slow to read or cannot be read: what is in
// force, and which changes it says are.
#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <ranges>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "fixture.h"
#include "support/endorsed.h"
#include "verifier/revocation/deny_list.h"
#include "verifier/revocation/revocation.h"
#include "verifier/store/indexed_store.h"
#include "verifier/store/journal.h"
#include "verifier/store/statement.h"
#include "verifier/store/submission.h"

namespace credence::verifier {
namespace {

using Event = DocumentChange::Event;

// Of another node's changes.
struct Backlog {
  struct Change {
    DocumentKind kind{};
    Document document;
    Event event = Event::added;
  };
  std::vector<Change> changes;
  std::function<Result<void>()> before_corim;  // when one is about to be read
  std::function<Result<void>(const std::string& id)> before_other = [](const std::string&) { return Result<void>{}; };
};

class BacklogJournal final : public Journal {
 public:
  explicit BacklogJournal(std::shared_ptr<const Backlog> backlog) : backlog_(std::move(backlog)) {}

  Result<bool> has_news() override { return true; }
  Result<std::int64_t> last_sequence() override { return std::int64_t{0}; }
  Result<std::vector<Change>> changes_after(std::int64_t sequence) override {
    std::vector<Change> changes;
    for (auto i = static_cast<std::size_t>(sequence); i < backlog_->changes.size(); ++i) {
      const auto& [kind, document, event] = backlog_->changes[i];
      changes.push_back(
          {.sequence = static_cast<std::int64_t>(i + 1), .event = event, .kind = kind, .id = document.id});
    }
    return changes;
  }
  Result<std::optional<Entry>> entry(Kind kind, std::string_view id) override {
    CHECK(kind == Kind::corim ? backlog_->before_corim() : backlog_->before_other(std::string(id)));
    for (const auto& [known, document, event] : std::views::reverse(backlog_->changes)) {
      if (known != kind || document.id != id) continue;
      return event == Event::added ? std::optional(document) : std::nullopt;
    }
    return std::nullopt;
  }
  Result<void> for_each(Kind, const std::function<Result<void>(Entry)>&) override { return {}; }
  Result<std::int64_t> highest_kind() override { return std::int64_t{0}; }
  Result<void> begin() override { return {}; }
  Result<void> begin_snapshot() override { return {}; }
  Result<void> commit() override { return {}; }
  void roll_back() noexcept override {}
  Result<std::int64_t> append(Event, Kind, std::string_view, ByteView) override {
    return fail(Errc::unsupported, "nothing is written here");
  }

 private:
  std::shared_ptr<const Backlog> backlog_;
};

class StoreWithBacklog : public testing::Test {
 protected:
  void add(DocumentKind kind, std::string id, Bytes octets) {
    backlog->changes.push_back({.kind = kind, .document = {.id = std::move(id), .octets = std::move(octets)}});
  }
  void remove(DocumentKind kind, std::string id) {
    backlog->changes.push_back(
        {.kind = kind, .document = {.id = std::move(id), .octets = {}}, .event = Event::removed});
  }
  void add_corim() {
    const Bytes octets = rats::encode_corim(keys).value();
    add(DocumentKind::corim, submission_id(octets).value(), octets);
  }
  // Its id in the store.
  std::string add_revocation(const std::string& corim, const std::string& reason = "stolen") {
    const Revocation revocation =
        revocation_from_json({{"kind", "corim"}, {"value", corim}, {"reason", reason}}, test::kNow).value();
    std::string id = revocation_id(revocation).value();
    add(DocumentKind::deny_entry, id, to_bytes(as_bytes(json::to_text(to_json(revocation)))));
    return id;
  }
  [[nodiscard]] Result<void> check(const std::string& corim) const {
    const Origin origin{.id = "any", .source = corim, .profile = {}, .validity = {}};
    return store->deny_list().value()->check(origin);
  }
  [[nodiscard]] bool is_revoked(const std::string& corim) const { return !check(corim); }
  [[nodiscard]] bool knows_the_corim() const { return !store->origins(std::get<std::string>(keys.id)).value().empty(); }

  std::shared_ptr<Backlog> backlog = std::make_shared<Backlog>();
  std::shared_ptr<Store> store = open_indexed_store(std::make_unique<BacklogJournal>(backlog), Sharing::alone).value();
  test::EvidenceMaker maker;
  rats::Corim keys = evidence::tpm::keys_corim(maker.endorsement()).value();
};

TEST_F(StoreWithBacklog, RevokesBeforeItReadsTheCorimsThatFollow) {
  add_revocation("stolen one");
  add_revocation("stolen two");
  add_corim();
  int read = 0;
  backlog->before_corim = [&]() -> Result<void> {
    ++read;
    EXPECT_TRUE(is_revoked("stolen one"));
    EXPECT_TRUE(is_revoked("stolen two"));
    EXPECT_FALSE(is_revoked("another"));
    EXPECT_EQ(store->generation(), 2U);
    if (read == 1) return fail(Errc::io, "the database is away");
    return {};
  };
  ASSERT_FALSE(is_revoked("stolen one"));
  test::expect_refused(store->probe(), Errc::io, "the database is away");
  EXPECT_TRUE(is_revoked("stolen one"));
  EXPECT_EQ(store->generation(), 2U);
  EXPECT_FALSE(knows_the_corim());
  const auto again = store->probe();
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_EQ(read, 2);
  EXPECT_EQ(store->generation(), 3U);
  EXPECT_TRUE(knows_the_corim());
  EXPECT_TRUE(is_revoked("stolen one"));
}

// Whoever follows the changes asks for what they changed, and must not get what was there before.
TEST_F(StoreWithBacklog, ReportsNoChangeThatIsNotInForce) {
  add(DocumentKind::policy, "policy", {1});
  add_corim();
  int read = 0;
  backlog->before_corim = [&]() -> Result<void> {
    ++read;
    EXPECT_TRUE(store->documents(DocumentKind::policy)->empty());
    EXPECT_EQ(store->generation(), 0U);
    if (read == 1) return fail(Errc::io, "the database is away");
    return {};
  };
  test::expect_refused(store->probe(), Errc::io, "the database is away");
  // What was taken before the error counts, and is not taken again.
  EXPECT_EQ(store->documents(DocumentKind::policy)->size(), 1U);
  EXPECT_EQ(store->generation(), 1U);
  EXPECT_EQ(store->changes_after(0).value().size(), 1U);
  backlog->before_corim = [] { return Result<void>{}; };
  const auto again = store->probe();
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_EQ(store->documents(DocumentKind::policy)->size(), 1U);
  EXPECT_EQ(store->generation(), 2U);
  EXPECT_EQ(store->changes_after(0).value().size(), 2U);
  EXPECT_TRUE(knows_the_corim());
}

// As a newer revocation list comes: the older one is removed, and the newer one added, in one transaction.
TEST_F(StoreWithBacklog, KeepsARevocationUntilWhatReplacesItIsRead) {
  const std::string replaced = add_revocation("stolen one");
  ASSERT_TRUE(store->probe());
  test::expect_refused(check("stolen one"), Errc::untrusted_chain, ": stolen");
  add_revocation("stolen two");
  remove(DocumentKind::deny_entry, replaced);
  add_revocation("stolen one", "leaked");
  int read = 0;
  backlog->before_other = [&](const std::string& id) -> Result<void> {
    if (id == replaced && ++read == 1) return fail(Errc::io, "the database is away");
    return {};
  };
  test::expect_refused(store->probe(), Errc::io, "the database is away");
  test::expect_refused(check("stolen one"), Errc::untrusted_chain, ": stolen");
  EXPECT_EQ(store->documents(DocumentKind::deny_entry)->size(), 1U);
  EXPECT_EQ(store->generation(), 1U);
  const auto again = store->probe();
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_EQ(read, 2);
  test::expect_refused(check("stolen one"), Errc::untrusted_chain, ": leaked");
  EXPECT_TRUE(is_revoked("stolen two"));
  EXPECT_FALSE(is_revoked("another"));
  EXPECT_EQ(store->documents(DocumentKind::deny_entry)->size(), 2U);
  EXPECT_EQ(store->generation(), 4U);
}

// What is replaced is there until the other one is, whatever its kind; and what is only lifted is gone.
TEST_F(StoreWithBacklog, TakesTheChangesOfOneKindTogether) {
  add(DocumentKind::policy, "policy", {1});
  const std::string lifted = add_revocation("stolen one");
  ASSERT_TRUE(store->probe());
  remove(DocumentKind::deny_entry, lifted);
  remove(DocumentKind::policy, "policy");
  add(DocumentKind::policy, "policy", {2});
  int read = 0;
  backlog->before_other = [&](const std::string&) -> Result<void> {
    if (++read == 1) return fail(Errc::io, "the database is away");
    return {};
  };
  test::expect_refused(store->probe(), Errc::io, "the database is away");
  EXPECT_FALSE(is_revoked("stolen one"));
  EXPECT_EQ(store->generation(), 3U);
  ASSERT_EQ(store->documents(DocumentKind::policy)->size(), 1U);
  EXPECT_EQ(store->documents(DocumentKind::policy)->front()->octets, Bytes{1});
  const auto again = store->probe();
  ASSERT_TRUE(again) << again.error().text();
  ASSERT_EQ(store->documents(DocumentKind::policy)->size(), 1U);
  EXPECT_EQ(store->documents(DocumentKind::policy)->front()->octets, Bytes{2});
  EXPECT_EQ(store->generation(), 5U);
}

// Each list of an issuer may be large, and a node that was away finds many of them, each replaced by the next.
TEST_F(StoreWithBacklog, ReadsWhatWasReplacedManyTimesOnce) {
  std::vector<std::string> read;
  backlog->before_other = [&](const std::string& id) -> Result<void> {
    read.push_back(id);
    return {};
  };
  add(DocumentKind::policy, "gone", {9});
  for (std::uint8_t i = 0; i < 100; ++i) {
    add(DocumentKind::policy, "list", {i});
    if (i == 50) add(DocumentKind::policy, "other", {200});
    if (i < 99) remove(DocumentKind::policy, "list");
  }
  remove(DocumentKind::policy, "gone");
  const auto taken = store->probe();
  ASSERT_TRUE(taken) << taken.error().text();
  EXPECT_EQ(read, (std::vector<std::string>{"other", "list"}));
  const auto documents = store->documents(DocumentKind::policy);
  ASSERT_EQ(documents->size(), 2U);
  EXPECT_EQ(documents->at(0)->octets, Bytes{200});
  EXPECT_EQ(documents->at(1)->id, "list");
  EXPECT_EQ(documents->at(1)->octets, Bytes{99});
  EXPECT_EQ(store->generation(), backlog->changes.size());
}

// What turned off the one before says nothing of the one that replaced it.
TEST_F(StoreWithBacklog, TurnsOffOnlyWhatIsThereAfterwards) {
  const auto turn_off = [&](const std::string& id) {
    backlog->changes.push_back(
        {.kind = DocumentKind::policy, .document = {.id = id, .octets = {}}, .event = Event::deactivated});
  };
  add(DocumentKind::policy, "replaced", {1});
  add(DocumentKind::policy, "kept", {1});
  ASSERT_TRUE(store->probe());
  turn_off("replaced");
  turn_off("kept");
  remove(DocumentKind::policy, "replaced");
  add(DocumentKind::policy, "replaced", {2});
  const auto taken = store->probe();
  ASSERT_TRUE(taken) << taken.error().text();
  const auto documents = store->documents(DocumentKind::policy);
  ASSERT_EQ(documents->size(), 2U);
  EXPECT_EQ(documents->at(0)->id, "kept");
  EXPECT_FALSE(documents->at(0)->active);
  EXPECT_EQ(documents->at(1)->octets, Bytes{2});
  EXPECT_TRUE(documents->at(1)->active);
}

// As a want of memory comes: what was revoked stays that, and what is to come is taken the next time, once.
TEST_F(StoreWithBacklog, TakesAgainWhatAnExceptionInterrupted) {
  const std::string replaced = add_revocation("stolen one");
  ASSERT_TRUE(store->probe());
  remove(DocumentKind::deny_entry, replaced);
  add_revocation("stolen one", "leaked");
  const std::string second = add_revocation("stolen two");
  backlog->before_other = [&](const std::string& id) -> Result<void> {
    if (id == second) throw std::bad_alloc();
    return {};
  };
  EXPECT_THROW((void)store->probe(), std::bad_alloc);
  test::expect_refused(check("stolen one"), Errc::untrusted_chain, ": stolen");
  EXPECT_EQ(store->generation(), 1U);
  backlog->before_other = [](const std::string&) { return Result<void>{}; };
  const auto again = store->probe();
  ASSERT_TRUE(again) << again.error().text();
  test::expect_refused(check("stolen one"), Errc::untrusted_chain, ": leaked");
  EXPECT_TRUE(is_revoked("stolen two"));
  EXPECT_FALSE(is_revoked("another"));
  EXPECT_EQ(store->documents(DocumentKind::deny_entry)->size(), 2U);
  EXPECT_EQ(store->generation(), 4U);
}

// A revocation is in force, too, when nothing comes after it.
TEST_F(StoreWithBacklog, RevokesAgainAfterCorims) {
  add_corim();
  add_revocation(std::get<std::string>(keys.id));
  backlog->before_corim = [] { return Result<void>{}; };
  const auto taken = store->probe();
  ASSERT_TRUE(taken) << taken.error().text();
  EXPECT_TRUE(is_revoked(std::get<std::string>(keys.id)));
  EXPECT_EQ(store->generation(), 2U);
  EXPECT_EQ(test::trust_anchor(*store, Kid(maker.kid())).value(), nullptr);
}

}  // namespace
}  // namespace credence::verifier
