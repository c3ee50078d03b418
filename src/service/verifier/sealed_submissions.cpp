#include "service/verifier/sealed_submissions.h"

#include <format>

#include "base/text.h"
#include "verifier/store/statement.h"
#include "verifier/store/submission.h"

namespace credence::service {
namespace {

constexpr std::size_t kLongestSubmissionId = 512;  // characters

std::unexpected<Error> no_such_submission() {
  return fail(Errc::not_found, "no provisioning session has this id, or it has expired");
}

}  // namespace

Result<ProvisioningSession> SealedSubmissions::open(std::string corim) const {
  const Timestamp now = parts_.clock->now();
  const SubmissionToken token{
      .corim = std::move(corim), .created = now, .expiry = now + kLongestSubmission + kOutcomeKept};
  TRY(const Bytes sealed, parts_.keys.seal(encode_submission_token(token), *parts_.random));
  return ProvisioningSession{.id = to_base64url(sealed), .expiry = token.expiry, .outcome = {}};
}

Result<SealedSubmissions::Opened> SealedSubmissions::unseal(std::string_view id) const {
  if (id.size() > kLongestSubmissionId) return no_such_submission();
  const auto sealed = from_base64url(id);
  if (!sealed) return no_such_submission();
  auto opened = parts_.keys.open(*sealed);
  if (!opened) return no_such_submission();
  TRY(SubmissionToken token, decode_submission_token(opened->plaintext));
  const Timestamp now = parts_.clock->now();
  if (token.expiry <= now || token.created > now + kClockDifference) return no_such_submission();
  return Opened{.key = std::move(opened->nonce), .token = std::move(token)};
}

Result<void> SealedSubmissions::dispose(const Opened& opened) const {
  return parts_.ledger->take_back(opened.key, opened.token.expiry);
}

Result<bool> SealedSubmissions::is_disposed_of(const Opened& opened) const {
  TRY(const auto mark, parts_.ledger->find(opened.key));
  return mark.has_value();
}

Result<SubmissionOutcome> SealedSubmissions::outcome(const SubmissionToken& token) const {
  auto told = outcome_in_store(token.corim);
  if (told || is_undecided(told.error().code)) return told;
  if (told.error().code == Errc::not_found) return outcome_of_absent(token);
  return fail(Errc::internal, told.error().text());
}

// As whoever submits it again is told: what is there and does not count is refused.
Result<SubmissionOutcome> SealedSubmissions::outcome_in_store(const std::string& corim) const {
  TRY(const verifier::StoredCorim stored, parts_.store->stored(corim));
  if (!stored.active || stored.deactivated > 0)
    return failed_submission(
        std::format("CoRIM {} is there, and it is deactivated, or a part of it: activate what is "
                    "meant to count",
                    corim));
  if (stored.validity) {
    TRY(const Timestamp now, parts_.clock->checked_now());
    if (const auto current = rats::check_validity(*stored.validity, now); !current)
      return failed_submission(current.error().text());
  }
  TRY(const Bytes octets, parts_.store->octets(corim));
  verifier::Origin origin{.id = corim, .source = stored.source, .profile = stored.profile, .validity = stored.validity};
  TRY(origin.signer, verifier::signer_of(octets));
  TRY(const auto denied, parts_.store->deny_list());
  if (const auto trusted = denied->check(origin); !trusted) return failed_submission(trusted.error().text());
  return SubmissionOutcome{.status = SubmissionStatus::success, .duplicate = false, .corim = corim, .reason = {}};
}

Result<SubmissionOutcome> SealedSubmissions::outcome_of_absent(const SubmissionToken& token) const {
  TRY(const Timestamp now, parts_.clock->checked_now());
  if (now < token.created + kLongestSubmission) return SubmissionOutcome{};
  return failed_submission(
      std::format("CoRIM {} is not stored, {} s after it was submitted: the verifier that took it knows why. Ask that "
                  "one, or submit it again, which is safe: what is there already is a duplicate",
                  token.corim, Seconds(kLongestSubmission).count()));
}

}  // namespace credence::service
