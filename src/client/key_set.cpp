#include "client/key_set.h"

#include <algorithm>
#include <format>
#include <fstream>
#include <mutex>
#include <optional>
#include <set>
#include <utility>

#include "client/refusal.h"
#include "client/transfers.h"
#include "client/url.h"
#include "sign/jose/jwk.h"
#include "wire/json/json.h"

namespace credence::client {
namespace {

using Steady = std::chrono::steady_clock;
using Waiters = std::vector<std::move_only_function<void()>>;

constexpr std::size_t kMostOctets = 256 << 10;
constexpr std::size_t kMostConcurrent = 1;

Result<KeySet::Keys> parse(std::string_view text) {
  TRY(const json::Value set, json::parse(text, {.bytes = kMostOctets}));
  return jose::keys_from_jwks(set);
}

// The set and how old it is. Keys are believed for max_age after the fetch that named them.
class Cache {
 public:
  void put(KeySet::Keys keys, Steady::time_point now) {
    kids_.clear();
    for (const crypto::PublicKey& key : keys)
      if (auto kid = jose::thumbprint(key)) kids_.insert(*std::move(kid));
    keys_ = std::move(keys);
    fetched_ = now;
  }
  [[nodiscard]] bool is_older_than(std::chrono::seconds age, Steady::time_point now) const {
    return !fetched_ || *fetched_ + age < now;
  }
  [[nodiscard]] const KeySet::Keys& keys() const noexcept { return keys_; }
  [[nodiscard]] bool knows(std::string_view kid) const { return kids_.contains(kid); }

 private:
  KeySet::Keys keys_;
  std::set<std::string, std::less<>> kids_;
  std::optional<Steady::time_point> fetched_;
};

class FileKeySet final : public KeySet {
 public:
  explicit FileKeySet(KeySetOptions options, Log& log) : options_(std::move(options)), log_(log) {}

  Result<void> load() {
    std::ifstream file(options_.location, std::ios::binary);
    if (!file) return fail_in(Errc::not_found, options_.location, "the key set cannot be read");
    std::string text(kMostOctets + 1, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(file.gcount()));
    auto keys = parse(text);
    if (!keys) return within(options_.location, std::move(keys).error());
    const std::lock_guard lock(mutex_);
    cache_.put(*std::move(keys), Steady::now());
    return {};
  }

  Keys keys() override {
    if (due(options_.refresh)) reload();
    const std::lock_guard lock(mutex_);
    return cache_.is_older_than(options_.max_age, Steady::now()) ? Keys{} : cache_.keys();
  }
  bool knows(std::string_view kid) const override {
    const std::lock_guard lock(mutex_);
    return !cache_.is_older_than(options_.max_age, Steady::now()) && cache_.knows(kid);
  }
  void refresh(std::move_only_function<void()> done) override {
    if (due(std::chrono::seconds(0))) reload();
    done();
  }

 private:
  // True for one caller, when the set is so old and nobody has read the file just now.
  bool due(std::chrono::seconds age) {
    const auto now = Steady::now();
    const std::lock_guard lock(mutex_);
    if (!cache_.is_older_than(age, now) || now < last_attempt_ + options_.least_interval) return false;
    last_attempt_ = now;
    return true;
  }
  void reload() {
    if (auto loaded = load(); !loaded) log_.write(LogLevel::warning, "key set: " + loaded.error().text());
  }

  const KeySetOptions options_;
  Log& log_;
  mutable std::mutex mutex_;
  Cache cache_;
  Steady::time_point last_attempt_{};
};

class RemoteKeySet final : public KeySet {
 public:
  RemoteKeySet(KeySetOptions options, std::unique_ptr<Transfers> transfers, Log& log)
      : shared_(std::make_shared<Shared>(std::move(options), log, transfers->queue())),
        transfers_(std::move(transfers)) {}

  Keys keys() override {
    const auto now = Steady::now();
    std::unique_lock lock(shared_->mutex);
    Keys keys = shared_->cache.is_older_than(shared_->options.max_age, now) ? Keys{} : shared_->cache.keys();
    if (shared_->cache.is_older_than(shared_->options.refresh, now)) Shared::fetch(shared_, std::move(lock));
    return keys;
  }
  bool knows(std::string_view kid) const override {
    const std::lock_guard lock(shared_->mutex);
    return !shared_->cache.is_older_than(shared_->options.max_age, Steady::now()) && shared_->cache.knows(kid);
  }
  void refresh(std::move_only_function<void()> done) override {
    std::unique_lock lock(shared_->mutex);
    shared_->waiting.push_back(std::move(done));
    Shared::fetch(shared_, std::move(lock));
  }

 private:
  // What a fetch under way keeps alive.
  struct Shared {
    Shared(KeySetOptions its_options, Log& its_log, std::shared_ptr<Transfers::Queue> its_queue)
        : options(std::move(its_options)), log(its_log), queue(std::move(its_queue)) {}

    // One at a time: all who wait are told when it ends. The queue may answer at once, so the lock goes first.
    static void fetch(const std::shared_ptr<Shared>& self, std::unique_lock<std::mutex> lock) {
      if (std::exchange(self->fetching, true)) return;
      self->last_attempt = std::max(Steady::now(), self->last_attempt + self->options.least_interval);
      const auto begin = self->last_attempt;
      lock.unlock();
      self->queue->start({.request = {.url = self->options.location, .headers = {{"Accept", "application/json"}}},
                          .not_before = begin,
                          .deadline = begin + self->options.http.timeout,
                          .done = [self](Result<HttpResponse> response) { self->finish(std::move(response)); }});
    }

    void finish(Result<HttpResponse> response) {
      auto fetched = keys_of(std::move(response));
      if (!fetched) log.write(LogLevel::warning, "key set: " + fetched.error().text());
      Waiters told;
      {
        const std::lock_guard lock(mutex);
        if (fetched) cache.put(*std::move(fetched), Steady::now());
        fetching = false;
        told = std::exchange(waiting, {});
      }
      for (auto& done : told) done();
    }

    [[nodiscard]] Result<Keys> keys_of(Result<HttpResponse> response) const {
      if (!response) return std::unexpected(std::move(response).error());
      if (response->status != 200) return std::unexpected(refusal_of(*response, options.location));
      auto keys = parse(response->text());
      if (!keys) return within(options.location, std::move(keys).error());
      return keys;
    }

    const KeySetOptions options;
    Log& log;
    const std::shared_ptr<Transfers::Queue> queue;
    mutable std::mutex mutex;
    Cache cache;
    Waiters waiting;
    bool fetching = false;
    Steady::time_point last_attempt{};
  };

  const std::shared_ptr<Shared> shared_;
  const std::unique_ptr<Transfers> transfers_;
};

bool is_url(std::string_view location) { return location.contains("://"); }

}  // namespace

Result<std::shared_ptr<KeySet>> open_key_set(KeySetOptions options, Log& log) {
  if (!is_url(options.location)) {
    auto set = std::make_shared<FileKeySet>(std::move(options), log);
    CHECK(set->load());
    return set;
  }
  // Not even on loopback: who owns a port there may be anybody who has an account on this machine.
  if (!options.location.starts_with("https://"))
    return fail(Errc::configuration, std::format("key set {}: expected https://, since whoever answers there names the "
                                                 "keys that results are believed by",
                                                 options.location));
  options.http.allow_insecure_http = false;
  CHECK(check_url(options.location, false));
  options.http.max_response = kMostOctets;
  TRY(std::unique_ptr<Transfers> transfers, Transfers::make(options.http, kMostConcurrent));
  return std::make_shared<RemoteKeySet>(std::move(options), std::move(transfers), log);
}

}  // namespace credence::client
