#include "verifier/scheme/parsec_tpm/form.h"

#include <variant>

#include "base/weak.h"
#include "evidence/binding/binder.h"
#include "evidence/media_types.h"
#include "rats/cmw/cmw.h"

namespace credence::verifier {
namespace {

using evidence::tpm::Purpose;

std::string_view purpose_name(Purpose purpose) { return purpose == Purpose::channel ? "channel" : "challenge"; }

std::unexpected<Error> wrong_key(Purpose expected, Purpose got) {
  return fail(Errc::wrong_purpose, std::string("expected evidence signed by a ") + std::string(purpose_name(expected)) +
                                       " key, this attestation key is endorsed as a " + std::string(purpose_name(got)) +
                                       " key");
}

}  // namespace

std::string_view known_media_type(std::string_view media_type) {
  for (const std::string_view known : {evidence::kTpmChallenge, evidence::kSoftwareTest})
    if (rats::same_media_type(media_type, known)) return known;
  return evidence::kParsecTpm;
}

Result<Form> form_of(std::string_view media_type, const Challenge& challenge, const Policy& policy) {
  const bool is_binder = std::holds_alternative<evidence::Binder>(challenge);
  if (media_type == evidence::kTpmChallenge) {
    if (is_binder)
      return fail(Errc::wrong_purpose,
                  "evidence over a hashed challenge says nothing of a channel: expected media type " +
                      std::string(evidence::kParsecTpm));
    return Form::challenge;
  }
  if (is_binder) return Form::channel;
  if (media_type == evidence::kSoftwareTest) return Form::challenge;
  if (!policy.compatibility)
    return fail(Errc::wrong_purpose, "a nonce that is quoted verbatim is Veraison's form: expected media type " +
                                         std::string(evidence::kTpmChallenge) + ", or allow the compatibility mode");
  return Form::plain_nonce;
}

Result<Bytes> expected_extra_data(Form form, const Challenge& challenge) {
  if (form == Form::channel) return to_bytes(std::get<evidence::Binder>(challenge).view());
  const Nonce& nonce = std::get<Nonce>(challenge);
  if (form == Form::plain_nonce) return to_bytes(nonce.view());
  TRY(const crypto::Digest digest, evidence::challenge_digest(nonce));
  return to_bytes(digest.view());
}

Errc mismatch_of(Form form) noexcept { return form == Form::channel ? Errc::binder_mismatch : Errc::nonce_mismatch; }

// protocol.md 2.8: a challenge key signs any hashed nonce on request, so if it counted in a channel, or if a channel
// key signed challenges, an attacker could have evidence made for his own connection.
Result<void> check_form(Form form, const TrustAnchor& anchor, const Policy& policy) {
  if (weak::removed(weak::Check::purpose)) return {};
  if (!anchor.record) {
    // protocol.md 2.2: without a Name nothing says that the key is restricted: it may sign a quote that software wrote.
    if (form == Form::plain_nonce && policy.insecure_veraison_endorsements) return {};
    return fail(Errc::unrestricted_attestation_key,
                "the attestation key is endorsed without its Name and public area (Veraison's form): provision the "
                "keys.corim.cbor of this device too");
  }
  const Purpose got = anchor.record->purpose;
  if (form == Form::channel && got != Purpose::channel) return wrong_key(Purpose::channel, got);
  if (form == Form::challenge && got != Purpose::challenge) return wrong_key(Purpose::challenge, got);
  return {};
}

}  // namespace credence::verifier
