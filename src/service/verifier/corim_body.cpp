#include "service/verifier/corim_body.h"

#include <algorithm>
#include <format>
#include <optional>
#include <span>
#include <utility>

#include "verifier/scheme/scheme.h"
#include "verifier/store/submission.h"

namespace credence::service {
namespace {

// Where the signers' roots are named.
constexpr std::string_view kNameAnAnchor =
    "start the verifier with --corim-anchor FILE, the root that certificates of signers chain to";

// The system's roots are never anchors: any web site could sign reference values. Whoever got hold of a provisioner's
// token signs nothing, and leaves the signature out: what is endorsed is the signer's word, not the messenger's.
Result<void> check_form(rats::CorimForm form, const CorimSigners& signers) {
  if (form == rats::CorimForm::signed_corim) {
    if (!signers.anchors.empty()) return {};
    return fail(Errc::untrusted_chain,
                std::format("expected a CoRIM by a signer that this verifier knows, got a signed one, and it has no "
                            "anchors: {}",
                            kNameAnAnchor));
  }
  if (signers.insecure_unsigned) return {};
  return fail(Errc::untrusted_chain,
              std::format("expected a signed CoRIM, got an unsigned one: sign it (credence sign){}{}; for a try, there "
                          "is --insecure-unsigned-corims",
                          signers.anchors.empty() ? ", and " : "", signers.anchors.empty() ? kNameAnAnchor : ""));
}

Result<CorimBody> decode_signed(ByteView body, std::span<const crypto::Certificate> anchors, Timestamp now) {
  TRY(rats::SignedCorim corim, rats::decode_signed_corim(body));
  CHECK(rats::verify_signed_corim(corim, anchors, now));
  Bytes octets = std::move(corim.octets);
  return CorimBody{.corim = rats::corim_of(std::move(corim)), .octets = std::move(octets)};
}

// A CoRIM is judged by the rules of its profile; announced under another one it would slip past them.
Result<void> check_profile_of_corim(const std::optional<std::string>& profile,
                                    const std::optional<std::string>& announced) {
  if (!profile) return fail(Errc::missing_member, "the CoRIM has no profile, nobody knows what it means");
  if (announced && *announced != *profile)
    return fail(Errc::invalid_value,
                std::format("the CoRIM has profile \"{}\", its media type \"{}\"", *profile, *announced));
  if (verifier::find_scheme_by_profile(*profile) == nullptr)
    return fail(Errc::unsupported, std::format("no active plugin found for a CoRIM of profile \"{}\"", *profile));
  return {};
}

}  // namespace

Result<rats::CorimMediaType> supported_corim_type(std::string_view content_type) {
  TRY(rats::CorimMediaType type, rats::parse_corim_media_type(content_type));
  if (type.profile && verifier::find_scheme_by_profile(*type.profile) == nullptr) {
    return fail(Errc::unsupported, std::format("no active plugin found for {}", content_type));
  }
  return type;
}

std::vector<std::string> corim_media_types() {
  std::vector<std::string> types;
  for (const auto form : {rats::CorimForm::unsigned_corim, rats::CorimForm::signed_corim}) {
    for (const std::string_view profile : verifier::corim_profiles()) {
      types.push_back(rats::to_text({.form = form, .profile = std::string(profile)}));
    }
  }
  return types;
}

Result<std::string> id_when_stored(const rats::CorimMediaType& type, ByteView body) {
  if (type.form == rats::CorimForm::signed_corim && !verifier::is_signed(body)) {
    // Perhaps in one of the old tags, which are not kept. What is no CoRIM will not be stored.
    if (const auto corim = rats::decode_signed_corim(body)) return verifier::submission_id(corim->octets);
  }
  return verifier::submission_id(body);
}

Result<CorimBody> corim_from_body(const rats::CorimMediaType& type, ByteView body, const CorimSigners& signers,
                                  Timestamp now) {
  CorimBody decoded;
  CHECK(check_form(type.form, signers));
  if (type.form == rats::CorimForm::signed_corim) {
    TRY(decoded, decode_signed(body, signers.anchors, now));
  } else {
    TRY(decoded.corim, rats::decode_corim(body));
    decoded.octets = to_bytes(body);
  }
  CHECK(check_profile_of_corim(decoded.corim.profile, type.profile));
  // draft-ietf-rats-corim section 4.1.6. Here so that the submitter learns of it: a store would keep it to no use.
  if (decoded.corim.validity) {
    if (auto current = rats::check_validity(*decoded.corim.validity, now); !current) {
      return within("validity", std::move(current).error());
    }
  }
  return decoded;
}

}  // namespace credence::service
