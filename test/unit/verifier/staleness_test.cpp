// A store whose database is away: what is known stays in force for a while, and then gives no verdict any more.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "fixture.h"
#include "support/dice_device.h"
#include "support/trace_steps.h"
#include "verifier/store/indexed_store.h"
#include "verifier/store/journal.h"
#include "verifier/store/submission.h"

namespace credence::verifier {
namespace {

// A CoRIM that another node stores at some time.
struct News {
  std::atomic<bool> is_there = false;
  Document corim;
  std::atomic<bool> is_too_much = false;  // for the memory
  std::atomic<int> failures = 0;          // for want of it
};

// An empty database that can be away, and may get news.
class AbsentJournal final : public Journal {
 public:
  explicit AbsentJournal(std::shared_ptr<std::atomic<bool>> away, std::shared_ptr<News> news = {})
      : away_(std::move(away)), news_(std::move(news)) {}

  Result<bool> has_news() override { return answer(true); }
  Result<std::int64_t> last_sequence() override { return answer(std::int64_t{0}); }
  Result<std::vector<Change>> changes_after(std::int64_t sequence) override {
    if (is_news() && news_->is_too_much) {
      ++news_->failures;
      throw std::bad_alloc();
    }
    if (!is_news() || sequence >= kNews) return answer(std::vector<Change>{});
    return answer(
        std::vector<Change>{{.sequence = kNews, .event = Event::added, .kind = Kind::corim, .id = news_->corim.id}});
  }
  Result<std::optional<Entry>> entry(Kind, std::string_view id) override {
    return answer(is_news() && id == news_->corim.id ? std::optional(news_->corim) : std::nullopt);
  }
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
  [[nodiscard]] bool is_news() const { return news_ != nullptr && news_->is_there; }

  static constexpr std::int64_t kNews = 100;
  std::shared_ptr<std::atomic<bool>> away_;
  std::shared_ptr<News> news_;
};

template <typename Condition>
bool comes_true(Condition condition) {
  for (int i = 0; i < 500 && !condition(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  return condition();
}

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
  constexpr std::string_view kMissed = "revocations since then may have been missed";
  test::expect_refused(store->deny_list(), Errc::unavailable, kMissed);
  // Nor is anything handed on that may be revoked.
  const auto any = [](const Origin&) { return true; };
  test::expect_refused(store->origins("any"), Errc::unavailable, kMissed);
  test::expect_refused(store->newest_with_tag("any", "any", any), Errc::unavailable, kMissed);
  *away = false;
  EXPECT_TRUE(code_of_deny_list(*store, true) == Errc{} && store->deny_list());
  EXPECT_TRUE(store->origins("any"));
  EXPECT_TRUE(store->newest_with_tag("any", "any", any));
}

// The thread that asks for news goes on: else the process would end.
TEST(Staleness, EndsWhenThereIsMemoryForTheNews) {
  const Bytes octets = rats::encode_corim(test::DiceDevice().reference_values()).value();
  const auto news = std::make_shared<News>();
  news->corim = {.id = submission_id(octets).value(), .octets = octets, .active = true};
  const auto store =
      open_indexed_store(std::make_unique<AbsentJournal>(std::make_shared<std::atomic<bool>>(false), news),
                         Sharing::shared)
          .value();
  news->is_too_much = true;
  news->is_there = true;
  EXPECT_TRUE(comes_true([&] { return news->failures >= 2; }));
  EXPECT_EQ(store->size().corims, 0U);
  news->is_too_much = false;
  EXPECT_TRUE(comes_true([&] { return store->size().corims == 1; }));
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

// --- a device whose layers have several names: its firmware stands under one of them ---

const Bytes kDiceNonce(32, 0x11);

// Of vendor Example, model M and layer 5.
void name_layer(test::DiceDevice& device) {
  using namespace test::dice_der;
  device.more_of_alias = {
      {std::string(evidence::dice::kTcbInfo),
       element(0x30, joined({element(0x80, as_bytes(device.vendor)), element(0x81, as_bytes("M")),
                             element(0x83, Bytes{3}), element(0x84, Bytes{5}), element(0xa6, fwid(device.firmware))})),
       true}};
}

Result<rats::Ear> appraise(const std::shared_ptr<Store>& store, test::DiceDevice& device) {
  name_layer(device);
  return test::engine_over(store).appraise({.media_type = std::string(evidence::dice::kPemChain),
                                            .evidence = test::DiceDevice::pem(device.with_fresh_leaf(kDiceNonce)),
                                            .challenge = Nonce(kDiceNonce),
                                            .trace = true});
}

TEST(Staleness, LetsDevicesPassWhoseFirmwareIsKnown) {
  test::DiceDevice device;
  const auto away = std::make_shared<std::atomic<bool>>(false);
  const auto store = open_indexed_store(std::make_unique<AbsentJournal>(away), Sharing::shared).value();
  test::provision(*store, device.roots());
  test::provision(*store, device.reference_values());
  *away = true;
  const auto good = appraise(store, device);
  ASSERT_TRUE(good) << good.error().text();
  EXPECT_TRUE(good->is_affirming()) << testing::PrintToString(good->problems());

  // Others may have approved meanwhile what is not known here: no refusal without the database.
  device.firmware[0] ^= 1;
  test::expect_refused(appraise(store, device), Errc::io, "the database is away");
  *away = false;
  const auto bad = appraise(store, device);
  ASSERT_TRUE(bad) << bad.error().text();
  test::expect_problem(bad->submodules.at("RIOT"), Errc::not_affirming, "no reference value");
}

TEST(Staleness, IsNoneOfFirmwareThatIsUnknownHere) {
  test::DiceDevice device;
  rats::Corim values = device.reference_values();
  rats::Class& named = values.comids.at(0).reference_values.at(0).environment.class_map.value();
  named = {.id = {}, .vendor = {}, .model = {}, .layer = 5, .index = {}};
  const Bytes octets = rats::encode_corim(values).value();
  const auto news = std::make_shared<News>();
  news->corim = {.id = submission_id(octets).value(), .octets = octets, .active = true};
  const auto away = std::make_shared<std::atomic<bool>>(false);
  const auto store = open_indexed_store(std::make_unique<AbsentJournal>(away, news), Sharing::shared).value();
  test::provision(*store, device.roots());
  const auto before = appraise(store, device);
  ASSERT_TRUE(before) << before.error().text();
  test::expect_problem(before->submodules.at("RIOT"), Errc::no_reference_values, "no reference value is known");
  news->is_there = true;
  const auto after = appraise(store, device);  // at once: it was asked under another name of the layer
  ASSERT_TRUE(after) << after.error().text();
  EXPECT_TRUE(after->is_affirming()) << testing::PrintToString(after->problems());
  // Of what was known before the trace says nothing.
  ASSERT_EQ(test::steps_about(*before, "FWID").size(), 1U);
  EXPECT_FALSE(test::steps_about(*before, "FWID")[0].agrees);
  ASSERT_EQ(test::steps_about(*after, "FWID").size(), 1U);
  EXPECT_TRUE(test::steps_about(*after, "FWID")[0].agrees);
}

}  // namespace
}  // namespace credence::verifier
