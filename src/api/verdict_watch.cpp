#include "credence/verdict_watch.h"

#include <algorithm>
#include <condition_variable>
#include <format>
#include <mutex>
#include <string_view>
#include <utility>

#include "base/secret.h"
#include "base/token_file.h"
#include "client/change_follower.h"

namespace credence {
namespace {

using Moment = std::chrono::steady_clock::time_point;
using client::VerifierChanges;
using std::chrono::seconds;

constexpr seconds kLongestQuestion{10};  // that the verifier may hold
constexpr seconds kShortestSilence{2};
constexpr seconds kLongestOption = std::chrono::years(10);

Result<void> check_between(std::string_view option, seconds value, seconds least) {
  if (value >= least && value <= kLongestOption) return {};
  return fail(Errc::configuration, std::format("{}: expected {} to {} s, got {}", option, least.count(),
                                               kLongestOption.count(), value.count()));
}

Result<void> check_watch_options(const VerdictWatchOptions& options) {
  CHECK(check_between("longest_silence", options.longest_silence, kShortestSilence));
  CHECK(check_between("knowledge_lag", options.knowledge_lag, seconds(0)));
  return check_between("longest_verdict", options.longest_verdict.value_or(kLongestOption), seconds(1));
}

bool ends_verdicts(const VerifierChanges::Change& change, bool also_additions) {
  if (change.kind == "endorsements") return also_additions || (change.event != "added" && change.event != "activated");
  // One that is stored is not in force yet.
  if (change.kind == "policies") return change.event != "added";
  return change.event != "removed";  // an entry of the deny list that is gone lets more pass
}

// In words; nothing when every verdict stands. New keys of results take no verdict back.
std::optional<std::string> reason_in(const VerifierChanges& changes, bool also_additions) {
  if (changes.everything) return "the verifier cannot say what has changed meanwhile";
  if (changes.configuration) return "the configuration of the verifier has changed";
  const auto found =
      std::ranges::find_if(changes.changes, [&](const auto& change) { return ends_verdicts(change, also_additions); });
  if (found == changes.changes.end()) return std::nullopt;
  return std::format("{} {} at the verifier: {}", found->kind, found->event, found->id);
}

}  // namespace

struct VerdictWatch::State {
  void take(const VerifierChanges& changes) {
    auto reason = reason_in(changes, also_additions);
    if (!reason) return;
    const std::lock_guard lock(mutex);
    changed = std::chrono::steady_clock::now();
    why = *std::move(reason);
  }

  // Of several changes the last is enough: what began before it ends with it, and what began after it is later than
  // all.
  [[nodiscard]] Result<void> check_changes(Moment begun, Moment now) const {
    if (!changed) return {};
    if (begun <= *changed) return fail(Errc::stale, why);  // equal: which was first cannot be told
    // Whoever judged it may have had yet to learn what was told here. Until that is over another verdict is no better.
    const Moment known = *changed + knowledge_lag;
    if (begun > known || now <= known) return {};
    return fail(Errc::stale, std::format("{}; the verdict was given less than {} s later, perhaps without knowing it",
                                         why, knowledge_lag.count()));
  }

  void hear() {
    const std::lock_guard lock(mutex);
    heard = std::chrono::steady_clock::now();
    answered.notify_all();
  }

  void fail_to_hear(const Error& error) {
    const std::lock_guard lock(mutex);
    failure = error;
    answered.notify_all();
  }

  Result<void> wait_for_first() {
    std::unique_lock lock(mutex);
    answered.wait(lock, [this] { return heard || failure; });  // a question has a deadline
    if (heard) return {};
    return std::unexpected(*failure);
  }

  bool also_additions = false;
  seconds longest_silence{};
  seconds knowledge_lag{};
  std::optional<seconds> longest_verdict;
  mutable std::mutex mutex;
  std::condition_variable answered;
  std::optional<Moment> heard;                       // last
  std::optional<Moment> changed;                     // last
  std::optional<Moment> watching;                    // since
  std::string why;                                   // of the last change
  std::optional<Error> failure;                      // last
  std::unique_ptr<client::ChangeFollower> follower;  // last: it ends before what it tells goes
};

Result<VerdictWatch> VerdictWatch::open(const VerdictWatchOptions& options) {
  CHECK(check_watch_options(options));
  auto state = std::make_unique<State>();
  state->also_additions = options.also_additions;
  state->longest_silence = options.longest_silence;
  state->knowledge_lag = options.knowledge_lag;
  state->longest_verdict = options.longest_verdict;
  client::ChangeFollowerOptions made;
  made.url = options.url;
  made.http.ca_file = options.ca_file;
  made.http.allow_insecure_http = options.allow_insecure_http;
  made.wait = std::min(kLongestQuestion, options.longest_silence / 2);
  if (options.token) {
    TRY(SecretBytes token, read_token_file(*options.token));
    made.token = std::make_shared<const SecretBytes>(std::move(token));
  }
  made.on_changes = [state = state.get()](const VerifierChanges& changes) { state->take(changes); };
  made.on_answer = [state = state.get()] { state->hear(); };
  made.on_failure = [state = state.get()](const Error& error) { state->fail_to_hear(error); };
  TRY(state->follower, client::ChangeFollower::follow(std::move(made)));
  CHECK(state->wait_for_first());
  {
    const std::lock_guard lock(state->mutex);
    state->watching = state->heard;
  }
  return VerdictWatch(std::move(state));
}

VerdictWatch::VerdictWatch(std::unique_ptr<State> state) : state_(std::move(state)) {}
VerdictWatch::VerdictWatch(VerdictWatch&&) noexcept = default;
VerdictWatch& VerdictWatch::operator=(VerdictWatch&&) noexcept = default;
VerdictWatch::~VerdictWatch() = default;

Result<void> VerdictWatch::check(std::chrono::steady_clock::time_point begun) const {
  const std::lock_guard lock(state_->mutex);
  if (begun < *state_->watching) return fail(Errc::stale, "the verdict is older than the watch over it");
  const Moment now = std::chrono::steady_clock::now();
  CHECK(state_->check_changes(begun, now));
  if (state_->longest_verdict && now - begun > *state_->longest_verdict)
    return fail(Errc::stale, std::format("the verdict is older than {} s", state_->longest_verdict->count()));
  if (now - std::max(begun, *state_->heard) > state_->longest_silence)
    return fail(Errc::unavailable,
                std::format("the verifier has not said for {} s whether anything was revoked: {}",
                            state_->longest_silence.count(), state_->failure ? state_->failure->text() : "no answer"));
  return {};
}

}  // namespace credence
