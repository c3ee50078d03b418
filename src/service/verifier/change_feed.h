// What changed in what verdicts rest on: what the store has, the options of the verifier, and the keys of results. For
// relying parties that hold connections open on a verdict of some time ago.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/result.h"
#include "verifier/store.h"

namespace credence::service {

// Thread-safe.
class ChangeFeed {
 public:
  struct Sources {
    std::shared_ptr<const verifier::Store> store;
    // A text that is another one after each change of the keys; letters, digits and "_". Cheap, and safe to call from
    // any thread. Absent: never changes.
    std::function<std::string()> keys{};
    // The same of the options that verdicts depend on.
    std::function<std::string()> options{};
    // Of a store that is empty again in the next process: a text that no other process has, of the same characters.
    std::string instance{};
  };
  // How often it is looked for changes while somebody waits for them.
  static constexpr std::chrono::milliseconds kPeriod{200};

  explicit ChangeFeed(Sources sources);
  ~ChangeFeed();
  ChangeFeed(const ChangeFeed&) = delete;
  ChangeFeed& operator=(const ChangeFeed&) = delete;

  // Fails when changes by another process may have been missed here (Store::deny_list()).
  [[nodiscard]] Result<void> check_current() const;

  // Where the feed is now: what a follower remembers. It means the same to every verifier over the same store.
  [[nodiscard]] std::string position() const;

  struct News {
    std::string position;
    // What happened since is not known in full: the follower takes it that everything has changed. Else the others say.
    bool reset = false;
    std::vector<verifier::StoreChange> changes{};
    bool options = false;
    bool keys = false;

    [[nodiscard]] bool is_empty() const noexcept { return !reset && changes.empty() && !options && !keys; }
  };
  // A position that is none, or of a future that this store does not have, gives a reset. An Error is the store's, and
  // never means that nothing happened.
  [[nodiscard]] Result<News> since(std::string_view position) const;

  // `wake` is called after each change, until the returned object goes; it does not block.
  class Subscription;
  [[nodiscard]] std::unique_ptr<Subscription> subscribe(std::function<void()> wake);

 private:
  struct Position;
  [[nodiscard]] Position current() const;
  [[nodiscard]] Result<Position> current_for(const std::optional<Position>& then) const;
  void watch(const std::stop_token& stop);
  void look();

  const Sources sources_;
  std::mutex mutex_;
  std::condition_variable_any some_;
  std::map<std::uint64_t, std::function<void()>> subscribers_;
  std::atomic<std::uint64_t> next_ = 0;
  std::string seen_;      // the position that the subscribers know of
  std::jthread watcher_;  // last
};

class ChangeFeed::Subscription {
 public:
  Subscription(ChangeFeed& feed, std::uint64_t number) : feed_(feed), number_(number) {}
  ~Subscription();
  Subscription(const Subscription&) = delete;
  Subscription& operator=(const Subscription&) = delete;

 private:
  ChangeFeed& feed_;
  const std::uint64_t number_;
};

}  // namespace credence::service
