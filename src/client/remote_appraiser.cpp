#include "client/remote_appraiser.h"

#include <atomic>
#include <format>
#include <utility>

#include "base/text.h"
#include "client/bearer.h"
#include "client/refusal.h"
#include "client/result_check.h"
#include "client/session.h"
#include "client/transfers.h"
#include "client/url.h"

namespace credence::client {
namespace {

using Steady = std::chrono::steady_clock;
using verifier::AppraisalRequest;
using verifier::Verdict;

std::string encode(ByteView nonce, NonceDialect dialect) {
  switch (dialect) {
    case NonceDialect::url_padded:
      return to_base64url_padded(nonce);
    case NonceDialect::standard:
      return to_base64(nonce);
    case NonceDialect::url:
      break;
  }
  return to_base64url(nonce);
}

// A verifier that does not know the parameter leaves it alone, and the default is Veraison's anyway.
std::string_view query_of(ResultForm form) {
  switch (form) {
    case ResultForm::draft:
      return "&ear=draft";
    case ResultForm::draft_cwt:
      return "&ear=draft-cwt";
    case ResultForm::veraison:
      break;
  }
  return "";
}

Bytes nonce_of(const verifier::Challenge& challenge) {
  return std::visit([](const auto& value) { return to_bytes(value.view()); }, challenge);
}

// What every appraisal of one verifier shares.
struct Shared {
  RemoteVerifier verifier;
  std::shared_ptr<const Clock> clock;
  Log& log;
  std::atomic<std::size_t> pending = 0;
};

// One evidence on its way: newSession, evidence, polling, check. Kept alive by the transfer that is under way.
class Appraisal : public std::enable_shared_from_this<Appraisal> {
 public:
  Appraisal(std::shared_ptr<Shared> shared, std::shared_ptr<Transfers::Queue> transfers, AppraisalRequest request,
            Verdict done)
      : shared_(std::move(shared)),
        transfers_(std::move(transfers)),
        request_(std::move(request)),
        nonce_(nonce_of(request_.challenge)),
        deadline_(Steady::now() + shared_->verifier.deadline),
        done_(std::move(done)) {}

  void start() {
    std::string query = "nonce=" + percent_encode(encode(nonce_, shared_->verifier.dialect));
    query += query_of(shared_->verifier.form);
    if (request_.trace) query += "&trace=1";
    if (!request_.peer.empty()) query += "&peer=" + percent_encode(request_.peer);
    url_ = endpoint(shared_->verifier.url, "/challenge-response/v1/newSession?" + query);
    send({.method = HttpMethod::post, .url = url_, .headers = {accept()}}, {}, &Appraisal::on_session);
  }

 private:
  using Step = Result<void> (Appraisal::*)(const HttpResponse&);

  static std::pair<std::string, std::string> accept() { return {"Accept", std::string(kSessionMediaType)}; }

  void send(HttpRequest request, std::chrono::milliseconds delay, Step next) {
    if (shared_->verifier.token) {
      auto header = authorization(*shared_->verifier.token);
      if (!header) return finish(std::unexpected(std::move(header).error()));
      request.headers.emplace_back("Authorization", *std::move(header));
    }
    transfers_->start({.request = std::move(request),
                       .not_before = Steady::now() + delay,
                       .deadline = deadline_,
                       .done = [self = shared_from_this(), next](Result<HttpResponse> response) {
                         self->advance(std::move(response), next);
                       }});
  }

  void advance(Result<HttpResponse> response, Step next) {
    if (!response) {
      Error error = std::move(response).error();
      // The connection's certificate is the verifier's word as much as its signature is.
      if (error.code == Errc::untrusted_chain) error.code = Errc::untrusted_verifier;
      return finish(std::unexpected(std::move(error)));
    }
    if (auto done = (this->*next)(*response); !done) finish(std::unexpected(std::move(done).error()));
  }

  Result<void> on_session(const HttpResponse& response) {
    if (response.status != 201 && response.status != 200) return std::unexpected(refusal_of(response, url_));
    TRY(const SessionReport session, parse(response));
    if (session.nonce != nonce_) {
      return fail_in(Errc::nonce_mismatch, url_, "the verifier opened a session with another nonce than the one sent");
    }
    TRY(session_url_, resolve_same_origin(url_, std::string(response.header("location"))));
    url_ = session_url_;
    send({.method = HttpMethod::post,
          .url = url_,
          .headers = {accept(), {"Content-Type", request_.media_type}},
          .body = std::move(request_.evidence)},
         {}, &Appraisal::on_report);
    return {};
  }

  // The answer to the evidence, and to every poll after it.
  Result<void> on_report(const HttpResponse& response) {
    if (response.status != 200 && response.status != 202) return std::unexpected(refusal_of(response, url_));
    TRY(SessionReport session, parse(response));
    switch (session.status) {
      case SessionStatus::complete:
        return on_result(*std::move(session.result), true);
      case SessionStatus::failed:
        return fail_in(Errc::unavailable, url_, "the verifier could not decide");
      case SessionStatus::waiting:
      case SessionStatus::processing:
        break;
    }
    send({.method = HttpMethod::get, .url = url_, .headers = {accept()}}, shared_->verifier.poll_interval,
         &Appraisal::on_report);
    return {};
  }

  // A result of a key that is not known may be the first one of a new key: worth one look at the key set.
  Result<void> on_result(std::string token, bool may_refresh) {
    const auto& key_set = shared_->verifier.key_set;
    const KeySet::Keys keys = key_set ? key_set->keys() : KeySet::Keys{};
    auto result = check_result(token, shared_->verifier, nonce_, shared_->clock->now(), keys);
    if (!result && may_refresh && key_set && result.error().code == Errc::untrusted_verifier) {
      // The fetch that keys() may have begun is over: the key is there now, and was not when the result was checked.
      if (!names_unknown_key(token)) return on_result(std::move(token), false);
      key_set->refresh([self = shared_from_this(), token = std::move(token)]() mutable {
        if (auto done = self->on_result(std::move(token), false); !done)
          self->finish(std::unexpected(std::move(done).error()));
      });
      return {};
    }
    if (!result) return std::unexpected(std::move(result).error());
    finish(*std::move(result));
    return {};
  }

  [[nodiscard]] bool names_unknown_key(std::string_view token) const {
    const auto kid = rats::ear_key_id(token);
    return kid && (!*kid || !shared_->verifier.key_set->knows(**kid));
  }

  Result<SessionReport> parse(const HttpResponse& response) {
    auto session = parse_session(response.text());
    if (session) return session;
    return fail_in(Errc::unavailable, url_, "expected a Veraison session: " + session.error().text());
  }

  void finish(Result<rats::Ear> verdict) {
    shared_->pending.fetch_sub(1);
    if (!verdict) shared_->log.write(LogLevel::warning, "remote appraisal failed: " + verdict.error().text());
    done_(std::move(verdict));
  }

  const std::shared_ptr<Shared> shared_;
  const std::shared_ptr<Transfers::Queue> transfers_;
  AppraisalRequest request_;
  const Bytes nonce_;
  const Transfers::Time deadline_;
  Verdict done_;
  std::string url_;  // of the request under way
  std::string session_url_;
};

class RemoteAppraiser final : public verifier::Appraiser {
 public:
  RemoteAppraiser(std::shared_ptr<Shared> shared, std::unique_ptr<Transfers> transfers)
      : shared_(std::move(shared)), queue_(transfers->queue()), transfers_(std::move(transfers)) {}

  std::vector<std::string> media_types() const override { return shared_->verifier.media_types; }

  void appraise(AppraisalRequest request, Verdict done) override {
    if (shared_->pending.fetch_add(1) >= shared_->verifier.max_pending) {
      shared_->pending.fetch_sub(1);
      return done(fail(Errc::busy, std::format("{} appraisals are waiting already", shared_->verifier.max_pending)));
    }
    std::make_shared<Appraisal>(shared_, queue_, std::move(request), std::move(done))->start();
  }

 private:
  const std::shared_ptr<Shared> shared_;
  const std::shared_ptr<Transfers::Queue> queue_;  // verdicts of the end may still ask for more
  const std::unique_ptr<Transfers> transfers_;
};

}  // namespace

Result<std::shared_ptr<verifier::Appraiser>> remote_appraiser(RemoteVerifier verifier,
                                                              std::shared_ptr<const Clock> clock, Log& log) {
  CHECK(check_url(verifier.url, verifier.http.allow_insecure_http));
  // Without a pinned key there is nothing to believe a result by.
  if (verifier.keys.empty() && !verifier.key_set)
    return fail(Errc::configuration, "expected at least one pinned key of the verifier, or its key set");
  if (verifier.token) CHECK(authorization(*verifier.token));
  if (verifier.media_types.empty()) return fail(Errc::configuration, "expected at least one media type of evidence");
  TRY(std::unique_ptr<Transfers> transfers, Transfers::make(verifier.http, verifier.max_concurrent));
  auto shared = std::make_shared<Shared>(std::move(verifier), std::move(clock), log);
  return std::make_shared<RemoteAppraiser>(std::move(shared), std::move(transfers));
}

}  // namespace credence::client
