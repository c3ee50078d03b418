// A query selects in CoRIMs that are not active, which are decoded for it: meanwhile others turn them on and off.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/endorsed.h"
#include "unit/verifier/fixture.h"
#include "unit/verifier/temporary_folder.h"
#include "verifier/store/indexed_store.h"
#include "verifier/store/lifecycle.h"
#include "verifier/store/sqlite/store.h"

namespace credence::verifier {
namespace {

struct Others {
  std::function<void()> at_begin = [] {};
  std::function<void()> at_entry = [] {};
};

// Lets others go first when a change begins, and when a document is read.
class PoliteJournal final : public Journal {
 public:
  PoliteJournal(std::unique_ptr<Journal> inner, std::shared_ptr<Others> others)
      : inner_(std::move(inner)), others_(std::move(others)) {}

  Result<bool> has_news() override { return inner_->has_news(); }
  Result<std::int64_t> last_sequence() override { return inner_->last_sequence(); }
  Result<std::vector<Change>> changes_after(std::int64_t sequence) override { return inner_->changes_after(sequence); }
  Result<std::optional<Entry>> entry(Kind kind, std::string_view id) override {
    others_->at_entry();
    return inner_->entry(kind, id);
  }
  Result<void> for_each(Kind kind, const std::function<Result<void>(Entry)>& visit) override {
    return inner_->for_each(kind, visit);
  }
  Result<std::int64_t> highest_kind() override { return inner_->highest_kind(); }
  Result<void> begin() override {
    others_->at_begin();
    return inner_->begin();
  }
  Result<void> begin_snapshot() override { return inner_->begin_snapshot(); }
  Result<void> commit() override { return inner_->commit(); }
  void roll_back() noexcept override { inner_->roll_back(); }
  Result<std::int64_t> append(Event event, Kind kind, std::string_view id, ByteView octets) override {
    return inner_->append(event, kind, id, octets);
  }

 private:
  std::unique_ptr<Journal> inner_;
  std::shared_ptr<Others> others_;
};

TEST(InactiveContents, AreThoseThatAreNotActiveWhenTheChangeBegins) {
  struct Case {
    std::string meanwhile;
    bool is_active;  // at first
    bool activate;   // what the query is to do
    std::function<void(Store& theirs, const std::string& id)> others;
    bool selected;
  };
  const auto set_active = [](Store& theirs, const std::string& id, bool active) {
    EXPECT_TRUE(theirs.set_active({&id, 1}, active));
  };
  const std::vector<Case> cases = {
      {"nothing", false, true, [](Store&, const std::string&) {}, true},
      {"turned on", false, false, [&](Store& theirs, const std::string& id) { set_active(theirs, id, true); }, true},
      {"turned off", true, true, [&](Store& theirs, const std::string& id) { set_active(theirs, id, false); }, true},
      {"removed", false, true, [](Store& theirs, const std::string& id) { EXPECT_TRUE(theirs.remove(id)); }, false},
  };
  const test::EvidenceMaker maker;
  const rats::Corim keys = evidence::tpm::keys_corim(maker.endorsement()).value();
  const rats::CoservQuery query{.profile = {},
                                .query = rats::RimQuery{{{.kind = rats::RimId::Kind::corim, .id = keys.id}}}};
  for (const Case& one : cases) {
    SCOPED_TRACE(one.meanwhile);
    const test::TemporaryFolder folder;
    const auto file = folder.path() / "store.sqlite";
    const auto theirs = open_sqlite_store(file).value();
    const std::string id = theirs->submit(keys, rats::encode_corim(keys).value()).value().id;
    if (!one.is_active) set_active(*theirs, id, false);
    const auto others = std::make_shared<Others>();
    const auto ours =
        open_indexed_store(std::make_unique<PoliteJournal>(open_sqlite_journal(file).value(), others), Sharing::alone)
            .value();
    others->at_begin = [&] { one.others(*theirs, id); };
    const auto changed = ours->set_active(query, one.activate);
    others->at_begin = [] {};
    if (!one.selected) {
      test::expect_refused(changed, Errc::not_found, "no stored CoRIM has the id");
      continue;
    }
    ASSERT_TRUE(changed) << changed.error().text();
    EXPECT_EQ(changed->selected, std::vector{id});
    EXPECT_EQ(test::trust_anchor(*ours, Kid(maker.kid())).value() != nullptr, one.activate);
  }
}

// Each holds all of them: several at once would hold as many copies.
TEST(InactiveContents, AreReadForOneQueryAfterTheOther) {
  const auto others = std::make_shared<Others>();
  const test::TemporaryFolder folder;
  const auto store = open_indexed_store(std::make_unique<PoliteJournal>(
                                            open_sqlite_journal(folder.path() / "store.sqlite").value(), others),
                                        Sharing::alone)
                         .value();
  const test::EvidenceMaker maker;
  rats::Corim keys = evidence::tpm::keys_corim(maker.endorsement()).value();
  for (const char* name : {"one", "two", "three"}) {
    keys.id = name;
    keys.comids.at(0).id = name;
    const auto stored = store->submit(keys, rats::encode_corim(keys).value());
    ASSERT_TRUE(stored) << stored.error().text();
    ASSERT_TRUE(store->set_active({&stored->id, 1}, false));
  }
  std::vector<std::thread::id> readers;  // guarded by the store, which reads one at a time
  others->at_entry = [&] {
    readers.push_back(std::this_thread::get_id());
    std::this_thread::sleep_for(std::chrono::milliseconds(10));  // the others come meanwhile
  };
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i)
      threads.emplace_back([&] {
        const rats::CoservQuery query{.profile = {},
                                      .query = rats::RimQuery{{{.kind = rats::RimId::Kind::corim, .id = "one"}}}};
        const auto changed = store->set_active(query, false);
        EXPECT_TRUE(changed) << changed.error().text();
      });
  }
  EXPECT_GE(readers.size(), 12U);
  const auto again = std::ranges::unique(readers);
  readers.erase(again.begin(), again.end());
  EXPECT_EQ(readers.size(), 4U) << "of each thread all that it reads, without another one in between";
}

}  // namespace
}  // namespace credence::verifier
