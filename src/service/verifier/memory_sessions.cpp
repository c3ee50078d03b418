#include "service/verifier/memory_sessions.h"

#include <algorithm>
#include <array>
#include <format>
#include <iterator>

#include "base/guarded_clock.h"
#include "base/text.h"
#include "base/weak.h"
#include "rats/corim/uuid.h"

namespace credence::service {
namespace {

constexpr std::size_t kIdOctets = 16;

std::size_t kept(const Session& session) noexcept {
  return (session.evidence == nullptr ? 0 : session.evidence->size()) + session.result.size();
}

// One that was opened while the clock was ahead would live for as long as it was.
bool is_over(const Session& session, Timestamp now) noexcept {
  return session.expiry <= now || session.created > now + kClockTolerance;
}

bool is_hexadecimal(char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// What is an id to Veraison, a UUID with hyphens or without, may be unknown here but is not malformed.
bool is_id(std::string_view id) {
  if (id.size() != 2 * kIdOctets) return rats::Uuid::from_text(id).has_value();
  return std::ranges::all_of(id, is_hexadecimal);
}

}  // namespace

Result<Session> MemorySessions::open(Nonce nonce, bool own_nonce, std::string_view client, ResultRequest request) {
  // The id is a capability: whoever knows it reads the result and may spend the nonce. Veraison's, made of time and
  // host, can be guessed.
  std::array<std::uint8_t, kIdOctets> id;
  CHECK(random_->fill(id));
  const Timestamp now = clock_->now();

  const std::lock_guard lock(mutex_);
  drop_expired();
  // A nonce that comes twice is one for which evidence may lie ready: whoever recorded the first answer shows it again.
  if (own_nonce && !issued_.add(nonce.view()) && !weak::removed(weak::Check::issued_nonce))
    return fail(Errc::internal, "the random generator repeats itself: this nonce was made before");
  CHECK(make_room(client));
  Session session{.id = to_hex(id),
                  .nonce = std::move(nonce),
                  .own_nonce = own_nonce,
                  .created = now,
                  .expiry = now + limits_.lifetime,
                  .status = SessionStatus::waiting,
                  .evidence_type = {},
                  .evidence = {},
                  .result = {},
                  .request = std::move(request)};
  Queue newest(1);
  const auto [position, is_new] = table_.try_emplace(
      session.id,
      Slot{.session = session, .client = std::string(client), .by_age = newest.begin(), .finished = {}, .places = {}});
  if (!is_new) return fail(Errc::internal, "the random generator repeats itself");
  try {
    ++clients_[position->second.client].open;
  } catch (...) {
    table_.erase(position);  // of no client it could never be taken away
    throw;
  }
  newest.front() = position->first;
  by_age_.splice(by_age_.end(), newest);
  return session;
}

// Who has a result has read it with its answer; who still waits does not lose the session to a newcomer. One client
// that opens sessions and never uses them must not take them all: the others would be refused as long as it goes on.
Result<void> MemorySessions::make_room(std::string_view client) {
  if (const auto known = clients_.find(client); known != clients_.end()) {
    const Client& its = known->second;
    if (its.open >= limits_.of_one_client && its.finished.empty()) {
      return fail(Errc::busy, std::format("{} sessions of this client are open, try again later", its.open));
    }
    if (its.open >= limits_.of_one_client) erase(table_.find(its.finished.front()));
  }
  if (table_.size() >= limits_.sessions && !finished_.empty()) erase(table_.find(finished_.front()));
  if (table_.size() >= limits_.sessions) {
    return fail(Errc::busy, std::format("{} sessions are open, try again later", table_.size()));
  }
  return {};
}

Result<Session> MemorySessions::find(std::string_view id) {
  const std::lock_guard lock(mutex_);
  TRY(const auto position, locate(id));
  return position->second.session;
}

Result<Sessions::Question> MemorySessions::question(std::string_view id) {
  const std::lock_guard lock(mutex_);
  TRY(const auto position, locate(id));
  const Session& session = position->second.session;
  return Question{.nonce = session.nonce, .own_nonce = session.own_nonce};
}

// What takes memory comes before what is changed: a session that is claimed, and that nobody holds, would never end.
Result<Session> MemorySessions::claim(std::string_view id, std::string evidence_type, Bytes evidence) {
  const std::lock_guard lock(mutex_);
  TRY(const auto position, locate(id));
  Slot& slot = position->second;
  if (slot.session.status != SessionStatus::waiting) {
    return fail(Errc::conflict, "this session has taken evidence already; open a new one");
  }
  Session claimed = slot.session;
  claimed.status = SessionStatus::processing;
  claimed.evidence_type = evidence_type;
  claimed.evidence = std::make_shared<const Bytes>(std::move(evidence));
  Queue places(2, position->first);

  slot.session.status = claimed.status;
  slot.session.evidence_type = std::move(evidence_type);
  slot.session.evidence = claimed.evidence;
  slot.places.swap(places);
  kept_octets_ += kept(slot.session);
  return claimed;
}

Result<void> MemorySessions::finish(Session& claimed, std::optional<std::string> result) {
  const SessionStatus status = result ? SessionStatus::complete : SessionStatus::failed;
  std::string told = std::move(result).value_or(std::string());
  const std::lock_guard lock(mutex_);
  if (const auto position = table_.find(claimed.id); position != table_.end()) {
    if (position->second.session.status != SessionStatus::processing)
      return fail(Errc::conflict, "this session has an outcome already, which stays");
    record(position, status, told);
  }
  claimed.status = status;
  claimed.result = std::move(told);
  return {};
}

// Takes no memory: all of it happens.
void MemorySessions::record(Table::iterator position, SessionStatus status, std::string result) noexcept {
  Slot& slot = position->second;
  kept_octets_ -= kept(slot.session);
  slot.session.status = status;
  slot.session.result = std::move(result);
  kept_octets_ += kept(slot.session);
  Queue& of_client = clients_.find(slot.client)->second.finished;
  slot.finished = {.of_all = slot.places.begin(), .of_client = std::next(slot.places.begin())};
  finished_.splice(finished_.end(), slot.places, slot.finished->of_all);
  of_client.splice(of_client.end(), slot.places, slot.finished->of_client);
  // The session just finished stays, whatever it weighs: its own client still has to read it.
  while (kept_octets_ > limits_.kept_octets && finished_.size() > 1) erase(table_.find(finished_.front()));
}

Result<void> MemorySessions::remove(std::string_view id) {
  const std::lock_guard lock(mutex_);
  TRY(const auto position, locate(id));
  erase(position);
  return {};
}

Result<MemorySessions::Table::iterator> MemorySessions::locate(std::string_view id) {
  if (!is_id(id)) return fail(Errc::malformed, "session id: expected the 32 hexadecimal digits that newSession gave");
  const auto position = table_.find(id);
  if (position == table_.end()) return fail(Errc::not_found, "no such session, or it has expired");
  // An old nonce is an open door for evidence prepared long ago. While the clock is not believed no evidence is taken,
  // and what is open stays so.
  const auto now = clock_->checked_now();
  if (now && is_over(position->second.session, *now)) {
    erase(position);
    return fail(Errc::not_found, "no such session, or it has expired");
  }
  return position;
}

std::size_t MemorySessions::count() {
  const std::lock_guard lock(mutex_);
  drop_expired();
  return table_.size();
}

void MemorySessions::erase(Table::iterator position) noexcept {
  const Slot& slot = position->second;
  kept_octets_ -= kept(slot.session);
  by_age_.erase(slot.by_age);
  const auto client = clients_.find(slot.client);
  if (slot.finished) {
    finished_.erase(slot.finished->of_all);
    client->second.finished.erase(slot.finished->of_client);
  }
  if (--client->second.open == 0) clients_.erase(client);
  table_.erase(position);
}

void MemorySessions::drop_expired() {
  const auto now = clock_->checked_now();
  while (!by_age_.empty()) {
    const auto oldest = table_.find(by_age_.front());
    if (!now || !is_over(oldest->second.session, *now)) return;
    erase(oldest);
  }
}

}  // namespace credence::service
