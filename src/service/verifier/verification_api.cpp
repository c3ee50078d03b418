#include "service/verifier/verification_api.h"

#include <charconv>
#include <exception>
#include <format>
#include <mutex>
#include <optional>
#include <ranges>
#include <utility>

#include "base/text.h"
#include "service/http/accept.h"
#include "service/http/problem.h"
#include "service/verifier/challenge.h"
#include "service/verifier/evidence_body.h"
#include "wire/json/json.h"

namespace credence::service {
namespace {

using Parts = VerificationApi::Parts;

constexpr std::size_t kDefaultNonce = 32, kLeastNonce = 8, kMostNonce = 64;  // octets
constexpr std::size_t kMaxRawEvidence = 256 << 10;                           // within a result

Result<void> require_session_type(const http::Request& request) {
  TRY(const bool accepted, http::accepts(request.list_header("Accept"), kSessionMediaType));
  if (!accepted) return fail(Errc::not_acceptable, std::format("the answer is of type {}", kSessionMediaType));
  return {};
}

Result<Nonce> make_nonce(std::size_t size, const Random& random) {
  Bytes octets(size);
  CHECK(random.fill(octets));
  return Nonce(std::move(octets));
}

Result<std::size_t> parse_nonce_size(std::string_view text) {
  std::size_t size = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size);
  if (error != std::errc{} || end != text.data() + text.size() || size < kLeastNonce || size > kMostNonce) {
    return fail(Errc::invalid_value, std::format("nonceSize: expected {} to {}", kLeastNonce, kMostNonce));
  }
  return size;
}

Result<Nonce> parse_nonce(std::string_view text) {
  auto octets = from_any_base64(text);
  if (!octets) return fail(Errc::malformed, "nonce: expected base64, best without padding in the URL-safe alphabet");
  if (octets->size() < kLeastNonce || octets->size() > kMostNonce) {
    return fail(Errc::invalid_value,
                std::format("nonce: expected {} to {} octets, got {}", kLeastNonce, kMostNonce, octets->size()));
  }
  return Nonce(*std::move(octets));
}

// As Veraison's framework has it: an empty parameter is none.
Result<std::optional<std::string_view>> given_parameter(const http::Target& target, std::string_view name) {
  TRY(const auto parameter, target.parameter(name));
  return parameter && !parameter->empty() ? parameter : std::nullopt;
}

Result<Session> open_session(const Parts& parts, const http::Request& request) {
  CHECK(require_session_type(request));
  TRY(const auto nonce, given_parameter(request.target, "nonce"));
  TRY(const auto size, given_parameter(request.target, "nonceSize"));
  TRY(ResultRequest wanted, result_request_from(request.target, parts.result_lifetime));
  if (nonce && size) return fail(Errc::invalid_value, "nonce and nonceSize exclude each other");
  if (nonce) {
    TRY(Nonce given, parse_nonce(*nonce));
    return parts.sessions->open(std::move(given), false, request.client, std::move(wanted));
  }
  std::size_t octets = kDefaultNonce;
  if (size) {
    TRY(octets, parse_nonce_size(*size));
  }
  TRY(Nonce made, make_nonce(octets, *parts.random));
  return parts.sessions->open(std::move(made), true, request.client, std::move(wanted));
}

http::Response session_response(const Parts& parts, unsigned status, const Session& session) {
  http::Response response;
  response.status = status;
  response.headers.reserve(4);  // with Location and X-Request-Id
  response.headers.emplace_back("Content-Type", kSessionMediaType);
  // A session is one client's own: no cache in between keeps its result.
  response.headers.emplace_back("Cache-Control", "no-store");
  response.body = session_to_json(session, parts.accept, parts.dialect);
  return response;
}

http::Response refusal(const Parts& parts, const Error& error) {
  http::Response response = http::problem(error);
  if (response.status >= http::kInternalServerError) parts.log->write(LogLevel::error, error.text());
  if (error.code == Errc::unsupported) {  // RFC 9110 section 15.5.16: say what would do
    std::string list;
    for (const std::string& type : parts.media_types) list += (list.empty() ? "" : ", ") + type;
    response.headers.emplace_back("Accept", list);
  }
  return response;
}

// One session's way through its challenges; on any thread, without a request behind it. What it has claimed it ends,
// whatever is thrown on the way.
class Appraisal : public std::enable_shared_from_this<Appraisal> {
 public:
  Appraisal(std::shared_ptr<const Parts> parts, verifier::Admitted appraise,
            std::vector<verifier::Challenge> challenges)
      : parts_(std::move(parts)), appraise_(std::move(appraise)), challenges_(std::move(challenges)) {}
  // An appraiser that loses the question, by an exception say, will not answer it.
  ~Appraisal() {
    if (!outcome_ && session_.status == SessionStatus::processing) abandon("the appraiser has lost the question");
  }
  Appraisal(const Appraisal&) = delete;
  Appraisal& operator=(const Appraisal&) = delete;

  // Here, so that nothing can fail between the claim and who answers for it.
  Result<void> claim(const std::string& id, EvidenceBody evidence) {
    TRY(session_, parts_->sessions->claim(id, std::move(evidence.media_type), std::move(evidence.octets)));
    return {};
  }

  // The session as it is when this returns: decided, mostly, else still processing.
  Result<Session> run() {
    caught([this] { start(0); });
    const std::lock_guard lock(mutex_);
    if (outcome_) {
      CHECK(*std::move(outcome_));
      return std::move(session_);
    }
    answered_ = true;
    return session_;
  }

 private:
  void start(std::size_t attempt) {
    verifier::AppraisalRequest request{.media_type = session_.evidence_type,
                                       .evidence = *session_.evidence,
                                       .challenge = std::move(challenges_[attempt]),
                                       .trace = session_.request.trace,
                                       .peer = session_.request.peer};
    appraise_(std::move(request), [self = shared_from_this(), attempt](Result<rats::Ear> verdict) {
      self->caught([&] { self->decide(std::move(verdict), attempt); });
    });
  }

  // An exception is a bug or a lack of memory. It must not reach whoever answers, who could not end the session.
  template <typename Step>
  void caught(Step step) noexcept {
    try {
      step();
    } catch (const std::exception& exception) {
      abandon(exception.what());
    }
  }

  void decide(Result<rats::Ear> verdict, std::size_t attempt) {
    if (!verdict) return give_up(std::move(verdict).error());
    const bool affirming = verdict->is_affirming();
    if (!affirming && attempt + 1 < challenges_.size()) {
      // Of two refusals the first is reported: it is about the rules that are not in compatibility mode.
      if (!first_) first_ = std::make_unique<rats::Ear>(*std::move(verdict));
      return start(attempt + 1);
    }
    finish(affirming || !first_ ? *std::move(verdict) : std::move(*first_));
  }

  void finish(rats::Ear result) {
    result.nonce = to_bytes(session_.nonce.view());
    if (session_.own_nonce) result.credence.evidence_time = session_.created;
    // A10: what an endorser allows all the same, a debug bit say, is told aloud.
    const LogLevel level = result.credence.hazard_allowed.value_or(false) ? LogLevel::warning : LogLevel::info;
    note_repetition(result);
    std::string line;
    if (parts_->log->wants(level)) line = summary(result);
    apply(session_.request, parts_->result_lifetime, result);
    add_raw_evidence(result);
    auto token = parts_->signer->sign(result, session_.request);
    if (!token) return give_up(std::move(token).error());
    if (!end(std::move(token))) return;
    parts_->log->write(level, line);
    if (parts_->metrics) parts_->metrics->appraised(result);
  }

  // A5: who repeats its nonce takes what was recorded under it for new, and only the verifier can tell. No refusal,
  // since a client whose answer was lost asks again with the same nonce.
  void note_repetition(rats::Ear& result) const {
    if (session_.own_nonce || parts_->given->add(session_.nonce)) return;
    result.credence.warnings.emplace_back(
        "evidence for this nonce was appraised before, in another session: expected a new nonce for each question");
  }

  [[nodiscard]] std::string summary(const rats::Ear& result) const {
    std::string line = std::format("appraised {}: {}", session_.evidence_type, rats::name(result.status()));
    for (const std::string& problem : result.problems()) line += "; " + problem;
    for (const std::string& warning : result.credence.warnings) line += "; warning: " + warning;
    return line;
  }

  void add_raw_evidence(rats::Ear& result) const {
    if (!session_.request.raw_evidence) return;
    if (session_.evidence->size() <= kMaxRawEvidence) {
      result.raw_evidence = *session_.evidence;
    } else {
      result.credence.warnings.push_back(std::format("the raw evidence has {} octets; results carry at most {}",
                                                     session_.evidence->size(), kMaxRawEvidence));
    }
  }

  void give_up(Error error) {
    parts_->log->write(LogLevel::error, "nothing was decided: " + error.text());
    if (parts_->metrics) parts_->metrics->undecided(error.code);
    end(std::unexpected(std::move(error)));
  }

  // True when this is the session's outcome: then, and only then, it is answered. Where finish() throws it is none, and
  // abandon() follows; what comes after finish() takes no memory before the outcome is there.
  bool end(Result<std::string> token) {
    const std::lock_guard lock(mutex_);  // run() sees the session as it is before or after
    if (outcome_) return false;
    auto finished = parts_->sessions->finish(session_, token ? std::optional(std::move(*token)) : std::nullopt);
    const bool is_unheard = !finished && answered_;
    // What Front would have said, had it been so already: with what to do about it.
    if (finished && !token && token.error().code == Errc::clock_set_back)
      finished = std::unexpected(std::move(token).error());
    const bool recorded = outcome_.emplace(std::move(finished)).has_value();
    if (is_unheard) {
      parts_->log->write(LogLevel::error, "an outcome was not recorded: " + outcome_->error().text());
      if (parts_->metrics) parts_->metrics->undecided(outcome_->error().code);
    }
    return recorded;
  }

  // Ends what has no outcome yet, without a result: for that no memory is needed. To say so may fail.
  void abandon(std::string_view why) noexcept {
    try {
      parts_->log->write(LogLevel::error, std::format("{}: {}", end_without_result(), why));
    } catch (const std::exception&) {
      return;
    }
  }

  // What became of it.
  std::string_view end_without_result() {
    const std::lock_guard lock(mutex_);
    if (outcome_) return "an outcome may lack its line here";
    outcome_ = fail(Errc::internal, "not ended");  // should the rest throw: run() must not take it for undecided
    // By a finish() that threw: perhaps after it had recorded one.
    if (session_.status != SessionStatus::processing) return "an outcome may have been recorded, GET says it";
    outcome_ = parts_->sessions->finish(session_, std::nullopt);
    if (parts_->metrics) parts_->metrics->undecided(Errc::internal);
    return "nothing was decided";
  }

  const std::shared_ptr<const Parts> parts_;
  const verifier::Admitted appraise_;            // goes before the appraiser, in parts_
  Session session_;                              // after it was claimed only finish() and run() change it
  std::vector<verifier::Challenge> challenges_;  // each is asked once
  std::unique_ptr<rats::Ear> first_;             // rarely there, and large
  std::mutex mutex_;                             // an appraiser may answer on its own thread
  bool answered_ = false;                        // with 202: nobody hears of the outcome but by asking again
  std::optional<Result<void>> outcome_;
};

// Everything that the request itself can be refused for comes before the claim, and so does a full queue: neither costs
// the session.
Result<Session> take_evidence(const std::shared_ptr<const Parts>& parts, http::Request& request) {
  CHECK(require_session_type(request));
  const std::string& id = request.path_parameters.front();
  TRY(const Sessions::Question question, parts->sessions->question(id));
  TRY(const auto content_type, request.header("Content-Type"));
  if (!content_type) return fail(Errc::unsupported, "expected a Content-Type: the media type of the evidence");
  if (request.body.empty()) return fail(Errc::invalid_value, "expected evidence, got an empty body");
  TRY(EvidenceBody evidence, evidence_from_body(*content_type, std::move(request.body), parts->media_types));
  TRY(auto challenges, challenges_for(evidence.media_type, question.nonce, question.own_nonce, parts->compatibility));

  TRY(verifier::Admitted appraise, parts->appraiser->admit(evidence.media_type));
  const auto appraisal = std::make_shared<Appraisal>(parts, std::move(appraise), std::move(challenges));
  CHECK(appraisal->claim(id, std::move(evidence)));
  return appraisal->run();
}

}  // namespace

VerificationApi::VerificationApi(Parts parts) {
  parts.accept = json::to_text(json::Array(parts.media_types.begin(), parts.media_types.end()));
  parts_ = std::make_shared<const Parts>(std::move(parts));
}

http::Response VerificationApi::new_session(const http::Request& request) const {
  const auto session = open_session(*parts_, request);
  if (!session) return refusal(*parts_, session.error());
  http::Response response = session_response(*parts_, http::kCreated, *session);
  response.headers.emplace_back("Location", "session/" + session->id);  // relative, as Veraison's is
  return response;
}

http::Response VerificationApi::submit_evidence(http::Request& request) const {
  const auto session = take_evidence(parts_, request);
  if (!session) return refusal(*parts_, session.error());
  switch (session->status) {
    case SessionStatus::complete:
      return session_response(*parts_, http::kOk, *session);
    case SessionStatus::failed:
      return http::problem(http::kInternalServerError, "nothing was decided: the verifier failed, its log says why");
    default:
      return session_response(*parts_, http::kAccepted, *session);
  }
}

http::Response VerificationApi::get_session(const http::Request& request) const {
  if (const auto accepted = require_session_type(request); !accepted) return refusal(*parts_, accepted.error());
  const auto session = parts_->sessions->find(request.path_parameters.front());
  if (!session) return refusal(*parts_, session.error());
  return session_response(*parts_, http::kOk, *session);
}

http::Response VerificationApi::delete_session(const http::Request& request) const {
  const auto removed = parts_->sessions->remove(request.path_parameters.front());
  if (!removed) return refusal(*parts_, removed.error());
  return {.status = http::kNoContent};
}

void VerificationApi::add_routes(Routes& routes) const {
  using http::Request;
  routes.add(Operation::new_session, [api = *this](const Request& request) { return api.new_session(request); });
  routes.add(Operation::submit_evidence, [api = *this](Request& request) { return api.submit_evidence(request); });
  routes.add(Operation::get_session, [api = *this](const Request& request) { return api.get_session(request); });
  routes.add(Operation::delete_session, [api = *this](const Request& request) { return api.delete_session(request); });
}

}  // namespace credence::service
