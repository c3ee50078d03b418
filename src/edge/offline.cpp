#include "edge/offline.h"

#include <algorithm>
#include <format>
#include <utility>
#include <variant>

#include "edge/single_queries.h"

namespace credence::edge {
namespace {

constexpr std::string_view kWhereItWasLeftOut =
    "; where it is too much for one, have the evidence appraised by the verifier, or by rules that do not read "
    "`endorsements`";

std::int64_t seconds_between(Timestamp from, Timestamp to) {
  return std::chrono::floor<std::chrono::seconds>(to - from).count();
}

}  // namespace

std::string BundleAge::text(Timestamp now) const {
  return std::format("made {} ({} s ago), good until {}", to_rfc3339(made), seconds_between(made, now),
                     to_rfc3339(until));
}

Result<std::shared_ptr<const OfflineAnswers>> OfflineAnswers::open(const Bundle& bundle, const OfflineOptions& options,
                                                                   Timestamp now) {
  CHECK(client::check_trust(options.trust));
  std::shared_ptr<OfflineAnswers> made(new OfflineAnswers);
  made->max_age_ = options.max_age;
  made->clock_skew_ = options.trust.clock_skew;
  for (std::size_t i = 0; i < bundle.results.size(); ++i)
    if (auto added = made->add(bundle.results[i], bundle, options.trust); !added)
      return within(std::format("results.[{}]", i), std::move(added).error());
  // The file is not signed. One that promises more than what is signed in it was altered.
  if (bundle.until != made->age_.until)
    return fail_in(Errc::invalid_value, "until",
                   std::format("expected {}, when the first of the signed results expires, got {}: the bundle was "
                               "altered, create it anew",
                               to_rfc3339(made->age_.until), to_rfc3339(bundle.until)));
  CHECK(made->check_age(now));
  return made;
}

Result<void> OfflineAnswers::add(const Bundle::Entry& entry, const Bundle& bundle, const client::CoservTrust& trust) {
  TRY(const rats::Coserv message, client::verify_coserv(entry.octets, trust));
  // Without it the age is what the file says, and the file is not signed: whoever can write it would make it young.
  if (max_age_ && !message.issued_at)
    return fail(
        Errc::stale,
        "expected a result that says when it was made (iat, signed), since the bundle's age is limited; got one "
        "without: use a service that signs the time, or no --max-age");
  const Timestamp issued = message.issued_at.value_or(std::min(entry.received, bundle.made));
  age_.made = std::min(age_.made, issued);
  // What other makers say must neither end the bundle nor spoil it: who needs it looks when it ends.
  const bool of_other_makers = is_of_other_makers(message);
  if (!of_other_makers) age_.until = std::min(age_.until, message.results.expires);
  auto answer = Answer::read(
      message,
      {.name = bundle.service, .keys = trust.keys_now(), .allow_insecure_unsigned = trust.allow_insecure_unsigned});
  if (!answer && of_other_makers) return {};
  if (!answer) return std::unexpected(std::move(answer).error());
  const Kept kept{.answer = *std::move(answer),
                  .received = issued,
                  .usable_until = message.results.expires,
                  .size = entry.octets.size()};
  for (const rats::CoservQuery& single : single_queries(message.query)) {
    TRY(Bytes octets, rats::encode_coserv_query(single));
    // Of two answers an older one might bring back what the newer one takes away.
    if (!kept_.try_emplace(std::move(octets), std::vector{kept}).second)
      return fail(Errc::duplicate_key,
                  std::format("another result answers {} already: the bundle was altered, create it "
                              "anew",
                              text_of(single)));
  }
  return {};
}

Result<void> OfflineAnswers::check_age(Timestamp now) const {
  if (age_.made > now + clock_skew_)
    return fail(Errc::stale, std::format("the bundle was made at {}, now it is {}: check the clock",
                                         to_rfc3339(age_.made), to_rfc3339(now)));
  if (now >= age_.until)
    return fail(Errc::expired, std::format("expected a bundle that is good now ({}), got one {}: create a new one "
                                           "(credence bundle create)",
                                           to_rfc3339(now), age_.text(now)));
  if (max_age_ && age_.made + *max_age_ < now)
    return fail(Errc::expired, std::format("expected a bundle that is at most {} s old, got one {}: create a new one "
                                           "(credence bundle create)",
                                           max_age_->count(), age_.text(now)));
  return {};
}

Result<std::vector<Kept>> OfflineAnswers::find(const rats::CoservQuery& query, ByteView octets, Timestamp now) const {
  const auto found = kept_.find(to_bytes(octets));
  if (found == kept_.end())
    return fail(Errc::not_found,
                std::format("the bundle does not say anything about {}: create one that names it (credence bundle "
                            "create){}",
                            text_of(query), is_of_any_maker(query) ? kWhereItWasLeftOut : ""));
  const Timestamp end = found->second.front().usable_until;
  if (now < end) return found->second;
  return fail(Errc::not_found,
              std::format("what the bundle says about {} was good until {}: create a new one (credence "
                          "bundle create)",
                          text_of(query), to_rfc3339(end)));
}

}  // namespace credence::edge
