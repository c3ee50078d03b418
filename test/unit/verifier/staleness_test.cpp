// A store whose database is away: what is known stays in force for a while, and then gives no verdict any more.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <thread>
#include <utility>

#include "fixture.h"
#include "verifier/store/indexed_store.h"
#include "verifier/store/journal.h"

namespace credence::verifier {
namespace {

// An empty database that can be away.
class AbsentJournal final : public Journal {
 public:
  explicit AbsentJournal(std::shared_ptr<std::atomic<bool>> away) : away_(std::move(away)) {}

  Result<bool> has_news() override { return answer(true); }
  Result<std::int64_t> last_sequence() override { return answer(std::int64_t{0}); }
  Result<std::vector<Change>> changes_after(std::int64_t) override { return answer(std::vector<Change>{}); }
  Result<std::optional<Entry>> entry(Kind, std::string_view) override { return answer(std::optional<Entry>{}); }
  Result<void> for_each(Kind, const std::function<Result<void>(Entry)>&) override { return {}; }
  Result<std::int64_t> highest_kind() override { return answer(std::int64_t{0}); }
  Result<void> begin() override { return {}; }
  Result<void> begin_snapshot() override { return {}; }
  Result<void> commit() override { return {}; }
  void roll_back() noexcept override {}
  Result<std::int64_t> append(Event, Kind, std::string_view, ByteView) override { return answer(std::int64_t{1}); }

 private:
  template <typename T>
  Result<T> answer(T value) const {
    if (*away_) return fail(Errc::io, "the database is away");
    return value;
  }
  std::shared_ptr<std::atomic<bool>> away_;
};

// Within ten seconds, else what it says then.
Errc code_of_deny_list(const Store& store, bool expected) {
  using std::chrono::steady_clock;
  auto list = store.deny_list();
  for (const auto end = steady_clock::now() + std::chrono::seconds(10);
       list.has_value() != expected && steady_clock::now() < end; list = store.deny_list())
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  return list ? Errc{} : list.error().code;
}

TEST(Staleness, EndsVerdictsUntilTheDatabaseIsBack) {
  const auto away = std::make_shared<std::atomic<bool>>(false);
  const auto store = open_indexed_store(std::make_unique<AbsentJournal>(away), Sharing::shared).value();
  store->bound_staleness(std::chrono::seconds(2));
  ASSERT_TRUE(store->deny_list());
  *away = true;
  EXPECT_TRUE(store->deny_list());  // not at once
  EXPECT_EQ(code_of_deny_list(*store, false), Errc::unavailable);
  EXPECT_NE(store->deny_list().error().why.find("nothing was heard of the database"), std::string::npos);
  test::expect_refused(store->deny_list(), Errc::unavailable, "revocations since then may have been missed");
  *away = false;
  EXPECT_TRUE(code_of_deny_list(*store, true) == Errc{} && store->deny_list());
}

TEST(Staleness, IsNoneOfAStoreThatNobodyElseChanges) {
  const auto away = std::make_shared<std::atomic<bool>>(false);
  const auto store = open_indexed_store(std::make_unique<AbsentJournal>(away), Sharing::alone).value();
  store->bound_staleness(std::chrono::seconds(0));
  *away = true;
  std::this_thread::sleep_for(std::chrono::milliseconds(1'100));
  EXPECT_TRUE(store->deny_list());
}

TEST(Staleness, IsUnboundedUnlessAsked) {
  const auto away = std::make_shared<std::atomic<bool>>(false);
  const auto store = open_indexed_store(std::make_unique<AbsentJournal>(away), Sharing::shared).value();
  *away = true;
  std::this_thread::sleep_for(std::chrono::milliseconds(1'100));
  EXPECT_TRUE(store->deny_list());
}

}  // namespace
}  // namespace credence::verifier
