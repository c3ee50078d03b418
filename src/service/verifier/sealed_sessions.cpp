#include "service/verifier/sealed_sessions.h"

#include <algorithm>
#include <format>
#include <utility>

#include "base/guarded_clock.h"
#include "base/text.h"
#include "base/weak.h"
#include "service/verifier/clock_watch.h"

namespace credence::service {
namespace {

constexpr std::size_t kLongestId = 1'024;  // characters
constexpr std::size_t kMostAsked = 512;    // octets of names and values
// A verifier that has just begun may have its clock set back by what passed since, and by what passed between the last
// note of the time and its beginning, and goes on: what had expired must not be fresh again then. A note may be due,
// and wait for the next look and for the store: it is given one more period for that.
constexpr std::chrono::minutes kMarksKept = kClockDifference + kClockSettling + 2 * kTimeNotePeriod;

// What an id begins with is the nonce of its seal, in the one way in which it can be written: it identifies the
// session, and to find it there no memory is needed.
std::string_view beginning_of(std::string_view id) noexcept {
  static_assert(crypto::AeadKey::kNonceSize % 3 == 0, "else a character of the id would have a part of both");
  return id.substr(0, crypto::AeadKey::kNonceSize / 3 * 4);
}

std::unexpected<Error> no_such_session() { return fail(Errc::not_found, "no such session, or it has expired"); }

Result<void> check_asked(const ResultRequest& request) {
  std::size_t octets = 0;
  for (const auto& [name, value] : request.asked) octets += name.size() + value.size();
  if (octets <= kMostAsked) return {};
  return fail(Errc::invalid_value,
              std::format("query: expected at most {} octets of wishes, got {}", kMostAsked, octets));
}

}  // namespace

Result<Session> SealedSessions::open(Nonce nonce, bool own_nonce, std::string_view, ResultRequest request) {
  CHECK(check_asked(request));
  if (own_nonce) {
    CHECK(check_fresh(nonce));
  }
  const Timestamp now = parts_.clock->now();
  SessionToken token{.nonce = std::move(nonce),
                     .own_nonce = own_nonce,
                     .created = now,
                     .expiry = now + parts_.lifetime,
                     .asked = request.asked};
  TRY(const Bytes sealed, parts_.keys.seal(encode_session_token(token), *parts_.random));
  return session_of(to_base64url(sealed), std::move(token));
}

Result<Session> SealedSessions::find(std::string_view id) {
  TRY(Opened opened, unseal(id));
  TRY(Session session, session_of(id, std::move(opened.token)));
  TRY(auto outcome, parts_.ledger->find(opened.key));
  if (outcome) {
    if (outcome->result.empty()) return no_such_session();  // deleted
    session.status = SessionStatus::complete;
    session.evidence_type = std::move(outcome->evidence_type);
    session.result = std::move(outcome->result);
    return session;
  }
  const std::lock_guard lock(mutex_);
  if (const auto here = processing_.find(beginning_of(id)); here != processing_.end()) {
    session.status = SessionStatus::processing;
    session.evidence_type = here->second;
  }
  return session;
}

Result<Sessions::Question> SealedSessions::question(std::string_view id) {
  TRY(Opened opened, unseal(id));
  return Question{.nonce = std::move(opened.token.nonce), .own_nonce = opened.token.own_nonce};
}

// What takes memory comes before the claim: nobody holds what was claimed and not returned.
Result<Session> SealedSessions::claim(std::string_view id, std::string evidence_type, Bytes evidence) {
  TRY(Opened opened, unseal(id));
  TRY(Session session, session_of(id, std::move(opened.token)));
  session.status = SessionStatus::processing;
  session.evidence_type = evidence_type;
  session.evidence = std::make_shared<const Bytes>(std::move(evidence));
  const std::lock_guard lock(mutex_);
  if (!processing_.emplace(beginning_of(id), std::move(evidence_type)).second)
    return fail(Errc::conflict, "evidence of this session is being appraised; ask for its result");
  return session;
}

Result<void> SealedSessions::finish(Session& claimed, std::optional<std::string> result) {
  // Whatever is thrown: nobody could claim here what is not released.
  const struct Release {
    ~Release() { sessions.release(id); }
    SealedSessions& sessions;
    const std::string& id;
  } at_the_end{.sessions = *this, .id = claimed.id};
  claimed.status = SessionStatus::failed;
  if (!result) return {};
  CHECK(record(claimed, *result));
  claimed.status = SessionStatus::complete;
  claimed.result = *std::move(result);
  return {};
}

Result<void> SealedSessions::record(const Session& claimed, const std::string& result) {
  TRY(const Bytes sealed, from_base64url(claimed.id));
  const ByteView key = ByteView(sealed).first(crypto::AeadKey::kNonceSize);
  forget_old();
  TRY(const bool first,
      parts_.ledger->record(key, claimed.expiry, {.evidence_type = claimed.evidence_type, .result = result}));
  // Another verifier was faster, or this very request came twice: one nonce, one verdict.
  if (!first) return fail(Errc::conflict, "this session has taken evidence already; GET says its result");
  return {};
}

Result<void> SealedSessions::remove(std::string_view id) {
  TRY(const Opened opened, unseal(id));
  return parts_.ledger->take_back(opened.key, opened.token.expiry);
}

std::size_t SealedSessions::count() {
  const std::lock_guard lock(mutex_);
  return processing_.size();
}

Result<SealedSessions::Opened> SealedSessions::unseal(std::string_view id) const {
  const auto sealed = id.size() <= kLongestId ? from_base64url(id) : fail(Errc::malformed, "");
  if (!sealed) return fail(Errc::malformed, "session id: expected base64 in the URL-safe alphabet, without padding");
  auto opened = parts_.keys.open(*sealed);
  if (!opened) return no_such_session();
  TRY(SessionToken token, decode_session_token(opened->plaintext));
  // An old nonce is an open door for evidence prepared long ago, also one that a verifier opened while its clock was
  // days ahead.
  const Timestamp now = parts_.clock->now();
  if (token.expiry <= now || token.created > now + kClockDifference) return no_such_session();
  return Opened{.key = std::move(opened->nonce), .token = std::move(token)};
}

Result<Session> SealedSessions::session_of(std::string_view id, SessionToken token) const {
  TRY(ResultRequest request,
      result_request_from({.segments = {}, .query = std::move(token.asked)}, parts_.longest_result_lifetime));
  return Session{.id = std::string(id),
                 .nonce = std::move(token.nonce),
                 .own_nonce = token.own_nonce,
                 .created = token.created,
                 .expiry = token.expiry,
                 .status = SessionStatus::waiting,
                 .evidence_type = {},
                 .evidence = {},
                 .result = {},
                 .request = std::move(request)};
}

// A nonce that comes twice is one for which evidence may lie ready: whoever recorded the first answer shows it again.
Result<void> SealedSessions::check_fresh(const Nonce& nonce) {
  const std::lock_guard lock(mutex_);
  if (issued_.add(nonce.view()) || weak::removed(weak::Check::issued_nonce)) return {};
  return fail(Errc::internal, "the random generator repeats itself: this nonce was made before");
}

void SealedSessions::release(std::string_view id) noexcept {
  const std::lock_guard lock(mutex_);
  if (const auto here = processing_.find(beginning_of(id)); here != processing_.end()) processing_.erase(here);
}

// A failure is no reason to stop: the same store is asked again by what follows, which reports it.
void SealedSessions::forget_old() {
  const Timestamp now = parts_.clock->now();
  // How long it was is not asked of the clock that may jump: after one that was days ahead nothing would be forgotten
  // for days.
  const auto elapsed = parts_.monotonic();
  Timestamp expired;
  {
    const std::lock_guard lock(mutex_);
    least_told_ = std::min(least_told_, now);
    if (elapsed - since_ < parts_.forget_after) return;
    expired = std::exchange(least_told_, now);
    since_ = elapsed;
  }
  static_cast<void>(parts_.ledger->forget_expired(expired, kMarksKept));
}

}  // namespace credence::service
