#include "service/verifier/change_feed_api.h"

#include <algorithm>
#include <charconv>
#include <format>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "service/http/accept.h"
#include "service/http/problem.h"
#include "verifier/store/deactivated.h"
#include "wire/json/json.h"

namespace credence::service {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::string_view kEvents = "text/event-stream";
constexpr std::string_view kJson = "application/json";
constexpr seconds kLongestWait{60};
constexpr seconds kSignOfLife{15};  // proxies cut connections that are quiet for half a minute or more

using verifier::DocumentChange;
using verifier::DocumentKind;

std::string_view name(DocumentKind kind) noexcept {
  switch (kind) {
    case DocumentKind::policy:
      return "policies";
    case DocumentKind::deny_entry:
      return "deny-list";
    case DocumentKind::corim:
    case DocumentKind::deactivation:
      break;
  }
  return "endorsements";
}

// What is turned off of a CoRIM is a document that is there or not: readers are told what happened to the endorsement.
DocumentChange::Event event_of(const verifier::StoreChange& change) noexcept {
  if (change.kind != DocumentKind::deactivation) return change.event;
  return change.event == DocumentChange::Event::added ? DocumentChange::Event::deactivated
                                                      : DocumentChange::Event::activated;
}

std::string_view name(DocumentChange::Event event) noexcept {
  switch (event) {
    case DocumentChange::Event::added:
      return "added";
    case DocumentChange::Event::removed:
      return "removed";
    case DocumentChange::Event::activated:
      return "activated";
    case DocumentChange::Event::deactivated:
      break;
  }
  return "deactivated";
}

std::string document(const ChangeFeed::News& news) {
  json::Array changes;
  std::set<std::string, std::less<>> removed;  // of these nobody needs to hear of parts
  for (const verifier::StoreChange& change : news.changes) {
    if (change.kind == DocumentKind::corim && change.event == DocumentChange::Event::removed) removed.insert(change.id);
    if (change.kind == DocumentKind::deactivation && removed.contains(verifier::corim_of_deactivation(change.id)))
      continue;
    changes.push_back(json::Object{{"kind", name(change.kind)},
                                   {"event", name(event_of(change))},
                                   {"id", change.id},
                                   {"generation", change.generation}});
  }
  if (news.options) changes.push_back(json::Object{{"kind", "configuration"}});
  if (news.keys) changes.push_back(json::Object{{"kind", "keys"}});
  return json::to_text(
      json::Object{{"position", news.position}, {"reset", news.reset}, {"changes", std::move(changes)}});
}

// https://html.spec.whatwg.org/multipage/server-sent-events.html: the id comes back as Last-Event-ID.
std::string event(std::string_view type, const ChangeFeed::News& news) {
  return std::format("event: {}\nid: {}\ndata: {}\n\n", type, news.position, document(news));
}

std::string event(const ChangeFeed::News& news) { return event(news.reset ? "reset" : "changes", news); }

http::Response response(std::string_view type, std::string body) {
  return {.headers = {{"Content-Type", std::string(type)}, {"Cache-Control", "no-store"}, {"Vary", "Accept"}},
          .body = std::move(body)};
}

Result<std::string_view> media_type(const http::Request& request) {
  const std::string accept = request.list_header("Accept");
  TRY(const bool json, http::accepts(accept, kJson));
  // What accepts anything is a program that polls: only who asks for events gets a response without an end.
  TRY(const bool events, http::accepts(accept, kEvents));
  if (events && accept.find(kEvents) != std::string::npos) return kEvents;
  if (json) return kJson;
  return fail(Errc::not_acceptable, std::format("the answer is of type {} or {}", kJson, kEvents));
}

Result<seconds> wait_of(const http::Request& request) {
  TRY(const auto text, request.target.parameter("wait"));
  if (!text) return seconds(0);
  seconds::rep wait = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), wait);
  if (error == std::errc{} && end == text->data() + text->size() && wait >= 0 && wait <= kLongestWait.count())
    return seconds(wait);
  return fail(Errc::invalid_value, std::format("wait: expected 0 to {} seconds", kLongestWait.count()));
}

// Where the follower was: what a browser sends when it connects again, or the parameter.
Result<std::optional<std::string>> position_of(const http::Request& request) {
  TRY(const auto last, request.header("Last-Event-ID"));
  if (last) return std::string(*last);
  TRY(const auto after, request.target.parameter("after"));
  if (after) return std::string(*after);
  return std::nullopt;
}

// What waits for news of a feed, on a connection's behalf.
class Follower : public http::ResponseStream {
 public:
  Follower(std::shared_ptr<ChangeFeed> feed, std::string position)
      : feed_(std::move(feed)), position_(std::move(position)) {}

  void on_news(std::function<void()> wake) override {
    subscription_.reset();
    if (wake) subscription_ = feed_->subscribe(std::move(wake));
  }

 protected:
  // An Error: it cannot be said now whether there is any.
  Result<std::optional<ChangeFeed::News>> take_news() {
    TRY(ChangeFeed::News news, feed_->since(position_));
    if (news.is_empty()) return std::nullopt;
    position_ = news.position;
    return std::optional(std::move(news));
  }
  [[nodiscard]] const std::string& position() const noexcept { return position_; }

 private:
  const std::shared_ptr<ChangeFeed> feed_;
  std::string position_;
  std::unique_ptr<ChangeFeed::Subscription> subscription_;
};

}  // namespace

class ChangeFeedApi::Place {
 public:
  explicit Place(std::shared_ptr<Streams> streams) : streams_(std::move(streams)) {}
  Place(Place&&) noexcept = default;
  Place& operator=(Place&&) = delete;
  ~Place() {
    if (streams_ != nullptr) --streams_->open;
  }

 private:
  std::shared_ptr<Streams> streams_;
};

class ChangeFeedApi::EventStream final : public Follower {
 public:
  EventStream(Place place, std::shared_ptr<ChangeFeed> feed, std::string position, bool known)
      : Follower(std::move(feed), std::move(position)), place_(std::move(place)), greeted_(known) {}

  Part next() override {
    // A follower that comes without a position learns it, so that it misses nothing when it comes again.
    if (!std::exchange(greeted_, true)) return {.octets = event("position", {.position = position()})};
    const auto news = take_news();
    if (news && *news) return {.octets = event(**news)};
    return {};  // an Error may be over when it has been quiet for a while
  }
  // That the verifier lives says that it would tell of changes: without that the stream ends.
  Part when_quiet() override {
    const auto news = take_news();
    if (!news) return {.failed = true};
    return {.octets = *news ? event(**news) : ":\n\n"};
  }
  milliseconds quiet_time() const override { return kSignOfLife; }

 private:
  const Place place_;
  bool greeted_;
};

class ChangeFeedApi::LongPoll final : public Follower {
 public:
  LongPoll(Place place, std::shared_ptr<ChangeFeed> feed, std::string position, seconds wait)
      : Follower(std::move(feed), std::move(position)),
        place_(std::move(place)),
        until_(std::chrono::steady_clock::now() + wait) {}

  Part next() override {
    const auto news = take_news();
    if (news && *news) return {.octets = document(**news), .last = true};
    return {};
  }
  // Where it cannot be said that nothing happened, nothing is: its header is out, so the answer breaks off. Another
  // verifier may know more; a reset would end what that one knows to be good.
  Part when_quiet() override {
    const auto news = take_news();
    if (!news) return {.failed = true};
    return {.octets = document(*news ? **news : ChangeFeed::News{.position = position()}), .last = true};
  }
  milliseconds quiet_time() const override {
    const auto left = std::chrono::ceil<milliseconds>(until_ - std::chrono::steady_clock::now());
    return std::max(left, milliseconds(0));
  }

 private:
  const Place place_;
  const std::chrono::steady_clock::time_point until_;
};

Result<ChangeFeedApi::Place> ChangeFeedApi::take_place() const {
  if (streams_->open.fetch_add(1) < streams_->most) return Place(streams_);
  --streams_->open;
  return fail(Errc::busy, std::format("{} followers are waiting already, try again later", streams_->most));
}

http::Response ChangeFeedApi::changes(const http::Request& request) const {
  const auto answer = [&]() -> Result<http::Response> {
    TRY(const std::string_view type, media_type(request));
    TRY(auto position, position_of(request));
    TRY(const seconds wait, wait_of(request));
    CHECK(feed_->check_current());  // nobody begins to follow it either
    const bool known = position.has_value();
    if (type == kEvents) {
      TRY(Place place, take_place());
      http::Response stream = response(kEvents, "retry: 2000\n\n");
      stream.stream = std::make_shared<EventStream>(std::move(place), feed_,
                                                    known ? *std::move(position) : feed_->position(), known);
      return stream;
    }
    if (!known) return response(kJson, document({.position = feed_->position()}));
    TRY(const ChangeFeed::News news, feed_->since(*position));
    if (!news.is_empty() || wait == seconds(0)) return response(kJson, document(news));
    TRY(Place place, take_place());
    http::Response waiting = response(kJson, {});
    waiting.stream = std::make_shared<LongPoll>(std::move(place), feed_, news.position, wait);
    return waiting;
  }();
  return answer ? *answer : http::problem(answer.error());
}

void ChangeFeedApi::add_routes(Routes& routes) const {
  routes.add(Operation::follow_changes, [api = *this](const http::Request& request) { return api.changes(request); });
}

}  // namespace credence::service
