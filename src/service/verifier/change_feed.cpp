#include "service/verifier/change_feed.h"

#include <algorithm>
#include <charconv>
#include <exception>
#include <format>
#include <utility>

namespace credence::service {
namespace {

// So many changes are more than a follower wants to hear one by one.
constexpr std::uint64_t kMostChanges = 1'000;
constexpr char kSeparator = '.', kOptions = '-';

}  // namespace

// "17.4f2a-91c0": the generation of the store, the keys, and the options where they can change; behind them what sets
// one store apart from another.
struct ChangeFeed::Position {
  std::uint64_t generation = 0;
  std::string keys;
  std::string options;
  std::string instance;

  [[nodiscard]] std::string text() const {
    std::string text = std::format("{}.{}", generation, keys);
    if (!options.empty()) text += kOptions + options;
    if (!instance.empty()) text += kSeparator + instance;
    return text;
  }

  static std::optional<Position> from(std::string_view text) {
    const std::size_t separator = text.find(kSeparator);
    if (separator == std::string_view::npos) return std::nullopt;
    Position position;
    const std::string_view rest = text.substr(separator + 1);
    const std::size_t second = std::min(rest.find(kSeparator), rest.size());
    position.keys = rest.substr(0, second);
    if (const std::size_t end = position.keys.find(kOptions); end != std::string::npos) {
      position.options = position.keys.substr(end + 1);
      position.keys.resize(end);
    }
    if (second < rest.size()) position.instance = rest.substr(second + 1);
    const auto [end, error] = std::from_chars(text.data(), text.data() + separator, position.generation);
    if (error != std::errc{} || end != text.data() + separator) return std::nullopt;
    return position;
  }
};

ChangeFeed::ChangeFeed(Sources sources)
    : sources_(std::move(sources)), watcher_([this](const std::stop_token& stop) { watch(stop); }) {}

ChangeFeed::~ChangeFeed() = default;

ChangeFeed::Position ChangeFeed::current() const {
  return {.generation = sources_.store->generation(),
          .keys = sources_.keys ? sources_.keys() : "0",
          .options = sources_.options ? sources_.options() : "",
          .instance = sources_.instance};
}

// Whoever may have missed a revocation gives no verdict, and must not say that nothing happened either.
Result<void> ChangeFeed::check_current() const {
  CHECK(sources_.store->deny_list());
  return {};
}

// Another verifier over the same store may have told of changes that are yet to be seen here: a follower that comes
// from there, past a load balancer, is not of a future that never was.
Result<ChangeFeed::Position> ChangeFeed::current_for(const std::optional<Position>& then) const {
  Position now = current();
  const auto is_ahead = [&] { return then && then->instance == now.instance && then->generation > now.generation; };
  if (!is_ahead()) return now;
  auto asked = sources_.store->probe();
  now = current();
  if (is_ahead()) CHECK(std::move(asked));  // else they are here by now
  return now;
}

std::string ChangeFeed::position() const { return current().text(); }

Result<ChangeFeed::News> ChangeFeed::since(std::string_view text) const {
  CHECK(check_current());
  const auto then = Position::from(text);
  TRY(Position now, current_for(then));
  News news;
  // A store that was restored from a backup has forgotten what this follower saw.
  news.reset = !then || then->instance != now.instance || then->generation > now.generation ||
               now.generation - then->generation > kMostChanges;
  if (!news.reset && then->generation < now.generation) {
    TRY(news.changes, sources_.store->changes_after(then->generation));
    news.reset = news.changes.empty();  // something happened, and it is not said what
    // Changes that came meanwhile are in it, or in the next answer: never in neither.
    if (!news.reset) now.generation = news.changes.back().generation;
  }
  // Whoever comes from a verifier that does not tell of options knows nothing of them: that is no change. In a rolling
  // update it would be one at each question that a load balancer gives to another verifier.
  news.options = !news.reset && !then->options.empty() && then->options != now.options;
  news.keys = !news.reset && then->keys != now.keys;
  news.position = now.text();
  return news;
}

std::unique_ptr<ChangeFeed::Subscription> ChangeFeed::subscribe(std::function<void()> wake) {
  const std::uint64_t number = next_++;
  auto subscription = std::make_unique<Subscription>(*this, number);  // takes it back, also when what follows throws
  {
    const std::lock_guard lock(mutex_);
    if (subscribers_.empty()) seen_ = position();
    subscribers_.emplace(number, std::move(wake));
  }
  some_.notify_all();
  return subscription;
}

ChangeFeed::Subscription::~Subscription() {
  const std::lock_guard lock(feed_.mutex_);
  feed_.subscribers_.erase(number_);
}

// Those who were woken before an exception are so again: they look, and find what there is.
void ChangeFeed::look() {
  try {
    std::string now = position();
    if (subscribers_.empty() || now == seen_) return;
    for (const auto& [number, wake] : subscribers_) wake();
    seen_ = std::move(now);
  } catch (const std::exception&) {  // memory is lacking: after the next period
    return;
  }
}

// One thread for all followers, and it sleeps while there are none.
void ChangeFeed::watch(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (some_.wait(lock, stop, [this] { return !subscribers_.empty(); })) {
    some_.wait_for(lock, stop, kPeriod, [] { return false; });
    look();
  }
}

}  // namespace credence::service
