#include "client/change_follower.h"

#include <algorithm>
#include <atomic>
#include <format>
#include <utility>

#include "client/bearer.h"
#include "client/refusal.h"
#include "client/transfers.h"
#include "client/url.h"
#include "wire/json/json.h"

namespace credence::client {
namespace {

using Steady = std::chrono::steady_clock;
using Headers = std::vector<std::pair<std::string, std::string>>;

Result<void> read_change(const json::Value& value, VerifierChanges& changes) {
  TRY(const json::Object* const change, json::as_object(value, "changes"));
  TRY(const std::string_view kind, json::required_text(*change, "kind"));
  if (kind == "keys") {
    changes.keys = true;
  } else if (kind == "configuration") {
    changes.configuration = true;
  } else if (kind == "endorsements" || kind == "policies" || kind == "deny-list") {
    TRY(const std::string_view event, json::required_text(*change, "event"));
    TRY(const std::string_view id, json::required_text(*change, "id"));
    changes.changes.push_back({.kind = std::string(kind), .event = std::string(event), .id = std::string(id)});
  } else {
    changes.everything = true;  // a verifier of a later version knows of more: nothing is passed over
  }
  return {};
}

bool is_empty(const VerifierChanges& changes) {
  return !changes.everything && changes.changes.empty() && !changes.configuration && !changes.keys;
}

// More changes may wait behind those that are named. Behind anything else there is nothing to hurry for, and nodes
// behind a balancer that do not know each other's positions, or are not configured alike, tell of it at every question.
bool is_followed_at_once(const VerifierChanges& changes) {
  return !changes.everything && !changes.configuration && !changes.changes.empty();
}

}  // namespace

Result<VerifierChanges> parse_changes(std::string_view text) {
  TRY(const json::Value value, json::parse(text));
  TRY(const json::Object* const object, json::as_object(value, ""));
  VerifierChanges changes;
  TRY(const std::string_view position, json::required_text(*object, "position"));
  changes.position = position;
  const json::Value* const reset = object->if_contains("reset");
  changes.everything = reset == nullptr || !reset->is_bool() || reset->get_bool();
  TRY(const json::Array* const list, json::required_array(*object, "changes"));
  for (const json::Value& change : *list) CHECK(read_change(change, changes));
  return changes;
}

// One question after the other, each on the transfers' thread.
struct ChangeFollower::State {
  State(ChangeFollowerOptions made, Headers named, std::unique_ptr<Transfers> over)
      : options(std::move(made)),
        headers(std::move(named)),
        position(options.position),
        queue(over->queue()),
        transfers(std::move(over)) {}

  void ask(std::chrono::milliseconds delay) {
    const Steady::time_point start = Steady::now() + delay;
    asked = start;
    queue->start({.request = {.method = HttpMethod::get, .url = url(), .headers = headers},
                  .not_before = start,
                  .deadline = start + options.wait + options.http.timeout,
                  .done = [this](Result<HttpResponse> response) { take(std::move(response)); }});
  }

  [[nodiscard]] std::string url() const {
    std::string path = "/change-feed/v1/changes";
    if (position) path += std::format("?after={}&wait={}", percent_encode(*position), options.wait.count());
    return endpoint(options.url, path);
  }

  void take(Result<HttpResponse> response) {
    if (stopping) return;
    auto changes = response.and_then([this](const HttpResponse& answer) -> Result<VerifierChanges> {
      if (answer.status != 200) return std::unexpected(refusal_of(answer, options.url));
      return parse_changes(answer.text());
    });
    if (!changes) {
      if (options.on_failure) options.on_failure(changes.error());
      return ask(options.pause);
    }
    position = changes->position;
    if (!is_empty(*changes)) options.on_changes(*changes);
    if (options.on_answer) options.on_answer();
    const auto soon = std::max(std::chrono::milliseconds(options.wait) / 2, options.pause / 2);
    // A verifier that does not wait, or is about to stop, is not asked without a pause.
    const bool is_paced = !is_followed_at_once(*changes) && Steady::now() - asked < soon;
    ask(is_paced ? options.pause : std::chrono::milliseconds(0));
  }

  const ChangeFollowerOptions options;
  const Headers headers;
  std::optional<std::string> position;
  Steady::time_point asked{};
  std::atomic<bool> stopping = false;
  const std::shared_ptr<Transfers::Queue> queue;  // that of `transfers`, which is no longer to be asked once it ends
  std::unique_ptr<Transfers> transfers;           // last: its thread ends before the rest goes
};

Result<std::unique_ptr<ChangeFollower>> ChangeFollower::follow(ChangeFollowerOptions options) {
  CHECK(check_url(options.url, options.http.allow_insecure_http));
  if (!options.on_changes) return fail(Errc::configuration, "expected a function to call on changes");
  if (options.wait < std::chrono::seconds(0) || options.wait >= options.http.timeout)
    return fail(Errc::configuration, "expected a wait of 0 seconds or more, and less than the timeout of a request");
  TRY(auto transfers, Transfers::make(options.http, 1));
  Headers headers{{"Accept", "application/json"}};
  if (options.token) {
    TRY(std::string value, authorization(*options.token));
    headers.emplace_back("Authorization", std::move(value));
  }
  auto state = std::make_unique<State>(std::move(options), std::move(headers), std::move(transfers));
  state->ask({});
  return std::unique_ptr<ChangeFollower>(new ChangeFollower(std::move(state)));
}

ChangeFollower::ChangeFollower(std::unique_ptr<State> state) : state_(std::move(state)) {}

ChangeFollower::~ChangeFollower() {
  state_->stopping = true;
  state_->transfers.reset();
}

}  // namespace credence::client
