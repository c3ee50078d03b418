// A store that lacks memory for what has been committed: nobody is judged by a part of it, and nothing of it is lost.
#include <gtest/gtest.h>

#include <cstddef>
#include <format>
#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../fixture.h"
#include "../temporary_folder.h"
#include "support/allocations.h"
#include "verifier/revocation/revocation.h"
#include "verifier/store/indexed_store.h"
#include "verifier/store/sqlite/store.h"
#include "verifier/store/submission.h"
#include "wire/json/json.h"

namespace credence::verifier {
namespace {

using Event = DocumentChange::Event;

constexpr std::string_view kRefusal =
    "a change could not be taken over whole, for want of memory: no verdict is given until everything has been read "
    "again";
constexpr std::size_t kMostAllocations = 100'000;

// Which allocation fails once a change has been committed.
using Shortage = std::optional<std::size_t>;

class JournalBeforeShortage final : public Journal {
 public:
  JournalBeforeShortage(std::unique_ptr<Journal> journal, std::shared_ptr<const Shortage> shortage)
      : journal_(std::move(journal)), shortage_(std::move(shortage)) {}

  Result<bool> has_news() override { return journal_->has_news(); }
  Result<std::int64_t> last_sequence() override { return journal_->last_sequence(); }
  Result<std::vector<Change>> changes_after(std::int64_t sequence) override {
    return journal_->changes_after(sequence);
  }
  Result<std::optional<Entry>> entry(Kind kind, std::string_view id) override { return journal_->entry(kind, id); }
  Result<void> for_each(Kind kind, const std::function<Result<void>(Entry)>& visit) override {
    return journal_->for_each(kind, visit);
  }
  Result<std::int64_t> highest_kind() override { return journal_->highest_kind(); }
  Result<void> begin() override { return journal_->begin(); }
  Result<void> begin_snapshot() override { return journal_->begin_snapshot(); }
  Result<void> commit() override {
    CHECK(journal_->commit());
    if (*shortage_) test::fail_allocation(**shortage_);
    return {};
  }
  void roll_back() noexcept override { journal_->roll_back(); }
  Result<std::int64_t> append(Event event, Kind kind, std::string_view id, ByteView octets) override {
    return journal_->append(event, kind, id, octets);
  }

 private:
  std::unique_ptr<Journal> journal_;
  std::shared_ptr<const Shortage> shortage_;
};

Revocation revocation_of(std::string_view corim, std::string_view reason) {
  return revocation_from_json({{"kind", "corim"}, {"value", corim}, {"reason", reason}}, test::kNow).value();
}

// Revoked for one reason, it is revoked for another one: both at once.
Result<void> replace(Store& store, const std::optional<Revocation>& before, const std::optional<Revocation>& after) {
  std::vector<DocumentChange> changes;
  if (before) changes.push_back({.event = Event::removed, .id = revocation_id(*before).value()});
  if (after) {
    changes.push_back({.event = Event::added,
                       .id = revocation_id(*after).value(),
                       .octets = to_bytes(as_bytes(json::to_text(to_json(*after))))});
  }
  return store.change(DocumentKind::deny_entry,
                      [&](const Documents&) -> Result<std::vector<DocumentChange>> { return changes; });
}

rats::CoservQuery comid_of(const rats::Corim& corim) {
  return {.profile = {}, .query = rats::RimQuery{{{.kind = rats::RimId::Kind::comid, .id = corim.comids.at(0).id}}}};
}

template <typename T>
Result<void> without_value(const Result<T>& outcome) {
  if (!outcome) return std::unexpected(outcome.error());
  return {};
}

// One machine, whose CoRIMs and their signers are known.
struct Fleet {
  test::EvidenceMaker maker;
  rats::Corim keys = evidence::tpm::keys_corim(maker.endorsement()).value();
  rats::Corim values = evidence::tpm::veraison_corim(maker.endorsement()).value();
  Bytes octets = rats::encode_corim(values).value();
  std::string id = submission_id(octets).value();

  [[nodiscard]] Result<void> submit(Store& store) const { return without_value(store.submit(values, octets)); }
  [[nodiscard]] Result<void> set_active(Store& store, bool active) const {
    return without_value(store.set_active({&id, 1}, active));
  }
  [[nodiscard]] Result<void> set_comid_active(Store& store, bool active) const {
    return without_value(store.set_active(comid_of(values), active));
  }
  [[nodiscard]] Revocation revocation(std::string_view reason) const {
    return revocation_of(std::get<std::string>(values.id), reason);
  }
};

struct Case {
  std::string name;
  std::function<Result<void>(Store&, const Fleet&)> change, undo;
  std::function<Result<void>(Store&, const Fleet&)> before = [](Store&, const Fleet&) { return Result<void>{}; };
};
void PrintTo(const Case& example, std::ostream* out) { *out << example.name; }

const std::vector<Case> kCases{
    {.name = "submission",
     .change = [](Store& store, const Fleet& fleet) { return fleet.submit(store); },
     .undo = [](Store& store, const Fleet& fleet) { return without_value(store.remove(fleet.id)); },
     .before = [](Store& store, const Fleet& fleet) { return without_value(store.remove(fleet.id)); }},
    {.name = "removal",
     .change = [](Store& store, const Fleet& fleet) { return without_value(store.remove(fleet.id)); },
     .undo = [](Store& store, const Fleet& fleet) { return fleet.submit(store); }},
    {.name = "deactivation",
     .change = [](Store& store, const Fleet& fleet) { return fleet.set_active(store, false); },
     .undo = [](Store& store, const Fleet& fleet) { return fleet.set_active(store, true); }},
    {.name = "activation",
     .change = [](Store& store, const Fleet& fleet) { return fleet.set_active(store, true); },
     .undo = [](Store& store, const Fleet& fleet) { return fleet.set_active(store, false); },
     .before = [](Store& store, const Fleet& fleet) { return fleet.set_active(store, false); }},
    {.name = "deactivation_of_a_part",
     .change = [](Store& store, const Fleet& fleet) { return fleet.set_comid_active(store, false); },
     .undo = [](Store& store, const Fleet& fleet) { return fleet.set_comid_active(store, true); }},
    {.name = "removal_of_what_is_off_in_part",
     .change = [](Store& store, const Fleet& fleet) { return without_value(store.remove(fleet.id)); },
     .undo =
         [](Store& store, const Fleet& fleet) {
           return fleet.submit(store).and_then([&] { return fleet.set_comid_active(store, false); });
         },
     .before = [](Store& store, const Fleet& fleet) { return fleet.set_comid_active(store, false); }},
    {.name = "revocation",
     .change = [](Store& store, const Fleet& fleet) { return replace(store, {}, fleet.revocation("stolen")); },
     .undo = [](Store& store, const Fleet& fleet) { return replace(store, fleet.revocation("stolen"), {}); }},
};

// What a verdict rests on, in words.
Result<std::string> judged(const std::shared_ptr<Store>& store, const Fleet& fleet) {
  TRY(const rats::Ear ear, test::engine_over(store).appraise(test::channel_request(fleet.maker)));
  const StoreSize size = store->size();
  std::string said = std::format("{}, {} CoRIMs, {} triples", rats::name(ear.status()), size.corims, size.triples);
  for (const std::string& problem : ear.problems()) said += "; " + problem;
  return said;
}

// All that it knows, in words.
std::string known_to(const std::shared_ptr<Store>& store, const Fleet& fleet) {
  std::string said = std::format("{}; generation {}", judged(store, fleet).value(), store->generation());
  for (std::size_t kind = 1; kind < kDocumentKinds; ++kind)
    for (const auto& document : *store->documents(static_cast<DocumentKind>(kind)))
      said += std::format("; {} of kind {}", document->id, kind);
  return said;
}

// Neither verdicts nor what others would rely on.
void expect_nothing_said(const std::shared_ptr<Store>& store, const Fleet& fleet) {
  test::expect_refused(judged(store, fleet), Errc::unavailable, kRefusal);
  test::expect_refused(store->deny_list(), Errc::unavailable, kRefusal);
  test::expect_refused(store->origins(std::get<std::string>(fleet.values.id)), Errc::unavailable, kRefusal);
  test::expect_refused(store->newest_with_tag("any", "any", [](const Origin&) { return true; }), Errc::unavailable,
                       kRefusal);
}

// Whether it was interrupted. No std::function: making one takes memory too.
template <typename Work>
bool is_interrupted(const Work& work) {
  try {
    work();
    return false;
  } catch (const std::bad_alloc&) {
    return true;
  }
}

template <typename Change>
bool try_change(const Change& change) {
  return is_interrupted([&] {
    const auto changed = change();
    EXPECT_TRUE(changed) << changed.error().text();
  });
}

bool is_torn(const Store& store) {
  const auto list = store.deny_list();
  return !list && list.error().why.contains(kRefusal);
}

// Lets memory be lacking for what others have committed, each time later on the way, until a part was taken over. What
// can do without the memory takes all of it: then they change it `again`.
template <typename Again>
void tear(const Store& store, const Again& again) {
  for (std::size_t number = 0; !is_torn(store); ++number) {
    ASSERT_LT(number, kMostAllocations);
    test::fail_allocation(number);
    const bool interrupted = is_interrupted([&] { static_cast<void>(store.probe()); });
    test::allow_allocations();
    if (!interrupted) again();
  }
}

class WantOfMemory : public testing::TestWithParam<Case> {
 protected:
  WantOfMemory() {
    EXPECT_TRUE(fleet.submit(*store));
    EXPECT_TRUE(store->submit(fleet.keys, rats::encode_corim(fleet.keys).value()));
    EXPECT_TRUE(GetParam().before(*store, fleet));
  }
  [[nodiscard]] Result<void> change() { return GetParam().change(*store, fleet); }
  void undo() {
    const auto undone = GetParam().undo(*store, fleet);
    EXPECT_TRUE(undone) << undone.error().text();
  }

  // Another node over the same database.
  [[nodiscard]] std::shared_ptr<Store> other_node() const {
    return open_indexed_store(open_sqlite_journal(folder.path() / "store.sqlite").value(), Sharing::alone).value();
  }

  const test::TemporaryFolder folder;
  const Fleet fleet;
  const std::shared_ptr<Shortage> shortage = std::make_shared<Shortage>();
  const std::shared_ptr<Store> store =
      open_indexed_store(std::make_unique<JournalBeforeShortage>(
                             open_sqlite_journal(folder.path() / "store.sqlite").value(), shortage),
                         Sharing::alone)
          .value();
};
INSTANTIATE_TEST_SUITE_P(Changes, WantOfMemory, testing::ValuesIn(kCases),
                         [](const auto& example) { return example.param.name; });

TEST_P(WantOfMemory, LeavesNoPartOfAChangeInForce) {
  const std::string before = judged(store, fleet).value();
  ASSERT_TRUE(change());
  const std::string after = judged(store, fleet).value();
  ASSERT_NE(before, after);
  undo();
  ASSERT_EQ(judged(store, fleet).value(), before);
  std::size_t torn = 0;
  bool failed = true;
  for (std::size_t number = 0; failed && number < kMostAllocations; ++number) {
    *shortage = number;
    const bool interrupted = try_change([&] { return change(); });
    failed = test::allow_allocations();
    shortage->reset();
    const auto now = judged(store, fleet);
    if (!now) {
      ++torn;
      EXPECT_TRUE(interrupted) << number;
      expect_nothing_said(store, fleet);
    } else {
      EXPECT_FALSE(interrupted) << number;
      EXPECT_EQ(*now, after) << number;  // what was before is not in force any more: it is committed
    }
    ASSERT_TRUE(store->probe()) << number;
    ASSERT_EQ(judged(store, fleet).value(), after) << number;  // it is committed
    undo();
    ASSERT_EQ(judged(store, fleet).value(), before) << number;
  }
  EXPECT_FALSE(failed);
  EXPECT_GT(torn, 0U);
}

// Until it has taken anything over, what was before is what it knows.
TEST_P(WantOfMemory, LeavesNoPartOfWhatOthersHaveChangedInForce) {
  const auto other = other_node();
  const std::string before = judged(other, fleet).value();
  std::size_t torn = 0, untouched = 0;
  bool failed = true;
  for (std::size_t number = 0; failed && number < kMostAllocations; ++number) {
    ASSERT_TRUE(change());
    const std::string after = known_to(store, fleet);
    test::fail_allocation(number);
    const bool interrupted = try_change([&] { return other->probe(); });
    failed = test::allow_allocations();
    if (const auto now = judged(other, fleet); !now) {
      ++torn;
      EXPECT_TRUE(interrupted) << number;
      expect_nothing_said(other, fleet);
    } else if (interrupted) {
      ++untouched;
      EXPECT_TRUE(*now == before || after.starts_with(*now)) << number << ": " << *now;
    }
    const auto again = other->probe();
    ASSERT_TRUE(again) << number << ": " << again.error().text();
    ASSERT_EQ(known_to(other, fleet), after) << number;
    undo();
    ASSERT_TRUE(other->probe()) << number;
    ASSERT_EQ(judged(other, fleet).value(), before) << number;
  }
  EXPECT_FALSE(failed);
  EXPECT_GT(torn, 0U);
  EXPECT_GT(untouched, 0U);
  EXPECT_EQ(known_to(other, fleet), known_to(other_node(), fleet));
}

// Without memory for that, too, it stays as it is, and what was read in part does no harm to the next time.
TEST_P(WantOfMemory, GivesNoVerdictUntilEverythingHasBeenReadAgain) {
  const auto other = other_node();
  ASSERT_TRUE(change());
  ASSERT_NO_FATAL_FAILURE(tear(*other, [&] {
    undo();
    ASSERT_TRUE(other->probe());
    ASSERT_TRUE(change());
  }));
  std::size_t interruptions = 0;
  bool failed = true;
  for (std::size_t number = 0; failed && number < kMostAllocations; ++number) {
    test::fail_allocation(number);
    const bool interrupted = try_change([&] { return other->probe(); });
    failed = test::allow_allocations();
    if (!interrupted) continue;
    ++interruptions;
    expect_nothing_said(other, fleet);
  }
  EXPECT_FALSE(failed);
  EXPECT_GT(interruptions, 0U);
  EXPECT_EQ(known_to(other, fleet), known_to(store, fleet));
  EXPECT_EQ(known_to(other, fleet), known_to(other_node(), fleet));
}

// It is reported, as it is by who was never torn, and it alone is why nobody is judged until it is gone.
TEST(StoreInWantOfMemory, IsWholeAgainBesideACorimThatCannotBeRead) {
  constexpr std::string_view kUnread = "1 CoRIMs in the store cannot be read here, the first is unreadable";
  const Fleet fleet;
  const test::TemporaryFolder folder;
  const auto journal = [&] { return open_sqlite_journal(folder.path() / "store.sqlite").value(); };
  const auto store = open_indexed_store(journal(), Sharing::alone).value();
  ASSERT_TRUE(fleet.submit(*store));
  const auto others = journal();
  ASSERT_TRUE(others->append(Event::added, DocumentKind::corim, "unreadable", Bytes{1, 2, 3}));
  test::expect_refused(store->probe(), Errc::unavailable, kUnread);
  EXPECT_EQ(store->size().corims, 1U);
  ASSERT_TRUE(others->append(Event::removed, DocumentKind::corim, fleet.id, {}));
  ASSERT_NO_FATAL_FAILURE(tear(*store, [] { FAIL() << "all of it was taken over"; }));
  expect_nothing_said(store, fleet);
  test::expect_refused(store->probe(), Errc::unavailable, kUnread);
  test::expect_refused(judged(store, fleet), Errc::unavailable, kUnread);
  test::expect_refused(store->deny_list(), Errc::unavailable, kUnread);
  EXPECT_EQ(store->size().corims, 0U);
  EXPECT_FALSE(open_indexed_store(journal(), Sharing::alone));
  ASSERT_TRUE(others->append(Event::removed, DocumentKind::corim, "unreadable", {}));
  EXPECT_TRUE(store->probe());
  EXPECT_TRUE(judged(store, fleet));
  EXPECT_TRUE(store->deny_list());
  EXPECT_TRUE(open_indexed_store(journal(), Sharing::alone));
}

// Nothing is written down that could be read again: what has begun is undone.
TEST(StoreInMemory, IsLeftWithNoPartOfAChange) {
  const Fleet fleet;
  const auto store = memory_store();
  std::optional<Revocation> present = fleet.revocation("stolen"), other = revocation_of("another", "leaked");
  ASSERT_TRUE(replace(*store, {}, present));
  bool failed = true;
  std::size_t unchanged = 0, changed = 0;
  for (std::size_t number = 0; failed && number < kMostAllocations; ++number) {
    test::fail_allocation(number);
    const bool interrupted = try_change([&] { return replace(*store, present, other); });
    failed = test::allow_allocations();
    ASSERT_TRUE(store->probe()) << number;
    ASSERT_TRUE(store->deny_list()) << number;
    const auto documents = store->documents(DocumentKind::deny_entry);
    ASSERT_EQ(documents->size(), 1U) << number;
    const bool is_changed = documents->front()->id == revocation_id(*other).value();
    EXPECT_TRUE(is_changed || interrupted) << number;
    ++(is_changed ? changed : unchanged);
    if (is_changed) std::swap(present, other);
  }
  EXPECT_FALSE(failed);
  EXPECT_GT(unchanged, 0U);
  EXPECT_GT(changed, 1U);
}

}  // namespace
}  // namespace credence::verifier
