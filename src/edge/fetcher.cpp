#include "edge/fetcher.h"

#include <algorithm>
#include <format>
#include <utility>
#include <variant>

namespace credence::edge {

void Fetcher::fetch(const rats::CoservQuery& query, Done done) {
  const auto octets = rats::encode_coserv_query(query);
  if (!octets) return done(std::unexpected(octets.error()));
  const std::string key(as_text(*octets));
  {
    const std::lock_guard lock(mutex_);
    auto& waiting = waiting_[key];
    waiting.push_back(std::move(done));
    if (waiting.size() > 1) return;
  }
  const auto finish = [self = shared_from_this(), query, key](Result<client::CoservAnswer> answer) {
    const Result<Kept> kept = self->keep(query, std::move(answer));
    std::vector<Done> told;
    {
      const std::lock_guard lock(self->mutex_);
      told = std::move(self->waiting_.extract(key).mapped());
    }
    for (Done& one : told) one(kept);
  };
  const auto client = parts_.client.lock();
  if (client == nullptr) return finish(fail(Errc::unavailable, "the client is shutting down"));
  client->ask(query, finish);
}

Result<Kept> Fetcher::keep(const rats::CoservQuery& query, Result<client::CoservAnswer> answer) const {
  if (!answer && is_dispensable(query, answer.error())) answer = nothing_for(query);
  if (!answer) return std::unexpected(explain(query, std::move(answer).error()));
  const Timestamp now = parts_.clock->now();
  const Service service{.name = parts_.service,
                        .keys = parts_.trust.keys_now(),
                        .allow_insecure_unsigned = parts_.trust.allow_insecure_unsigned};
  Kept kept{.answer = {}, .received = now, .usable_until = {}, .size = answer->octets.size()};
  TRY(kept.answer, Answer::read(answer->message, service));
  const Timestamp made = std::min(answer->message.issued_at.value_or(now), now);
  kept.usable_until = std::min(kept.answer->expires(), made + parts_.max_age);
  if (!kept.is_usable(now))
    return fail(Errc::stale, std::format("{}: the CoSERV result was made at {}, now it is {}: expected one that is at "
                                         "most {} s old",
                                         parts_.service, to_rfc3339(made), to_rfc3339(now), parts_.max_age.count()));
  parts_.cache->put(answer->message.query_octets, kept, now);
  return kept;
}

// Documents are asked for by id for the sake of the deny list alone. Any other failure may hide one.
bool Fetcher::is_dispensable(const rats::CoservQuery& query, const Error& refusal) const {
  return parts_.allow_insecure_no_deny_list && refusal.code == Errc::not_acceptable &&
         std::holds_alternative<rats::RimQuery>(query.query);
}

Result<client::CoservAnswer> Fetcher::nothing_for(const rats::CoservQuery& query) const {
  client::CoservAnswer nothing;
  nothing.message.query = query;
  TRY(nothing.message.query_octets, rats::encode_coserv_query(query));
  nothing.message.results.expires = parts_.clock->now() + parts_.max_age;
  return nothing;
}

Error Fetcher::explain(const rats::CoservQuery& query, Error error) const {
  const auto octets = rats::encode_coserv_query(query);
  const auto known = octets ? parts_.cache->last_known(*octets) : std::nullopt;
  const Timestamp now = parts_.clock->now();
  if (known && *known <= now)
    error.why += std::format("; what was known was good until {}, now it is {}: it is not used any more",
                             to_rfc3339(*known), to_rfc3339(now));
  return error;
}

}  // namespace credence::edge
