#include "channel/result_check.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "base/weak.h"

namespace credence::channel {
namespace {

using weak::Check;
using weak::removed;

constexpr std::string_view kVeraisonProfile = "tag:github.com,2023:veraison/ear";
constexpr std::string_view kDraftProfile = "tag:ietf.org,2026:rats/ear#03";

// protocol.md section 3: an unknown profile. A member that is not understood may take back what another one says.
Result<void> check_profile(const rats::Ear& ear) {
  if (ear.profile == kVeraisonProfile || ear.profile == kDraftProfile) return {};
  return fail_in(Errc::unsupported, "eat_profile",
                 "expected " + std::string(kVeraisonProfile) + ", got " + ear.profile);
}

// protocol.md section 3: a verifier that is trusted for something else must not speak for this peer.
Result<void> check_verifier(const rats::Ear& ear, const Demands& demands) {
  if (ear.verifier_developer.empty()) {
    return fail_in(Errc::untrusted_verifier, "verifier-id", "expected the verifier's identity, got none");
  }
  if (demands.verifier_developer && ear.verifier_developer != *demands.verifier_developer) {
    return fail_in(Errc::untrusted_verifier, "verifier-id.developer",
                   "expected " + *demands.verifier_developer + ", got " + ear.verifier_developer);
  }
  if (demands.verifier_issuer && ear.issuer != demands.verifier_issuer) {
    return fail_in(Errc::untrusted_verifier, "iss",
                   "expected " + *demands.verifier_issuer + ", got " + ear.issuer.value_or("none"));
  }
  return {};
}

// protocol.md section 3, attack A4: without it a result recorded on another connection passes here.
Result<void> check_nonce(const rats::Ear& ear, const evidence::Binder& binder) {
  if (removed(Check::result_nonce)) return {};
  if (!ear.nonce) return fail_in(Errc::nonce_mismatch, "eat_nonce", "expected this connection's binder, got none");
  if (constant_time_equal(*ear.nonce, binder.view())) return {};
  return fail_in(Errc::nonce_mismatch, "eat_nonce",
                 "expected this connection's binder " + to_hex(binder.view()) + ", got " + to_hex(*ear.nonce));
}

// protocol.md section 3: the verdict must speak of the key that CertificateVerify is made with. Without it good
// evidence of one key vouches for a connection that is authenticated with another.
Result<void> check_key(const rats::Ear& ear, ByteView leaf_spki) {
  if (removed(Check::result_key)) return {};
  const auto speaks_of_leaf = [leaf_spki](const auto& entry) {
    return entry.second.attested_key && equal(*entry.second.attested_key, leaf_spki);
  };
  const auto names_other_key = [&](const auto& entry) { return entry.second.attested_key && !speaks_of_leaf(entry); };
  const bool cnf_differs = ear.confirmation_key && !equal(*ear.confirmation_key, leaf_spki);
  if (std::ranges::any_of(ear.submodules, speaks_of_leaf) && std::ranges::none_of(ear.submodules, names_other_key) &&
      !cnf_differs) {
    return {};
  }
  return fail_in(Errc::key_mismatch, "submods",
                 "expected a result for the key of the peer's certificate, got one for another key or for none");
}

// protocol.md section 3: an old result says how the peer was, not how it is.
Result<void> check_time(const rats::Ear& ear, const Expected& expected) {
  if (removed(Check::result_time)) return {};
  if (ear.issued_at + expected.demands.result_age < expected.now ||
      ear.issued_at > expected.now + expected.demands.result_age) {
    return fail_in(Errc::stale, "iat",
                   "expected within " + std::to_string(expected.demands.result_age.count()) + " s of " +
                       to_rfc3339(expected.now) + ", got " + to_rfc3339(ear.issued_at));
  }
  if (ear.expires && *ear.expires <= expected.now) {
    return fail_in(Errc::expired, "exp", "the result expired at " + to_rfc3339(*ear.expires));
  }
  return {};
}

std::string joined(const std::vector<std::string>& sentences) {
  std::string text;
  for (const std::string& sentence : sentences) text += (text.empty() ? "" : "; ") + sentence;
  return text;
}

// protocol.md 2.7, 2.8: what never counts in a channel, however affirming it is.
Result<void> check_purpose(const rats::Ear& ear, const Demands& demands) {
  const rats::CredenceClaims& claims = ear.credence;
  if ((claims.purpose && *claims.purpose != "channel") || claims.compatibility_mode.value_or(false)) {
    return fail_in(Errc::wrong_purpose, "credence.purpose",
                   "expected a result for a channel, got one for a challenge or made in compatibility mode");
  }
  if (claims.test_root.value_or(false) && !demands.allow_insecure_test_root && !removed(Check::test_root)) {
    return fail_in(Errc::test_root_refused, "credence.test_root",
                   "the peer's root of trust is the software test root, which proves nothing");
  }
  return {};
}

// protocol.md section 3: every submodule affirming. Otherwise a machine that booted something else gets in.
Result<void> check_status(const rats::Ear& ear) {
  if (ear.is_affirming()) return {};
  const std::string problems = joined(ear.problems());
  return fail(Errc::not_affirming, "the verifier says " + std::string(rats::name(ear.status())) +
                                       (problems.empty() ? std::string() : ": " + problems));
}

// protocol.md 2.6, attack A2: another good device of the same class is still not the one that is meant.
Result<void> check_instance(const rats::Ear& ear, const PeerPin& pin) {
  if (pin.instances.empty() || removed(Check::peer_pin)) return {};
  if (!ear.ueid) return fail_in(Errc::wrong_peer, "ueid", "expected a pinned instance, the result names none");
  if (std::ranges::any_of(pin.instances, [&](const Kid& kid) { return equal(kid.view(), *ear.ueid); })) return {};
  return fail_in(Errc::wrong_peer, "ueid",
                 "expected instance " + to_hex(pin.instances.front().view()) +
                     (pin.instances.size() > 1 ? " or another pinned one" : "") + ", got " + to_hex(*ear.ueid));
}

std::string pinned_by(const PeerPin& pin) {
  if (pin.any_of_class) return "any of class";
  if (pin.instances.empty()) return "name";
  return pin.names.empty() ? "instance" : "instance and name";
}

// The verifier's own words are enough; one that sets only the claim gets ours.
void mention(std::vector<std::string>& warnings, std::string_view subject, std::string_view warning) {
  const auto speaks_of_it = [&](const std::string& given) { return given.contains(subject); };
  if (std::ranges::none_of(warnings, speaks_of_it)) warnings.emplace_back(warning);
}

std::vector<std::string> warnings_of(const rats::Ear& ear, const PeerPin& pin) {
  std::vector<std::string> warnings = ear.credence.warnings;
  if (ear.credence.test_root.value_or(false)) {
    warnings.emplace_back("INSECURE: the peer's root of trust is the software test root, which proves nothing");
  }
  if (ear.credence.software_tpm.value_or(false)) {
    mention(warnings, "software TPM", "the peer's TPM is a software TPM: it proves the plumbing, not the machine");
  }
  if (ear.credence.unknown_tpm_maker.value_or(false)) mention(warnings, "unknown TPM maker", "unknown TPM maker");
  if (ear.credence.hazard_allowed.value_or(false)) {
    mention(warnings, "allows it", "the peer is open to inspection or change from outside, and its endorser allows it");
  }
  if (pin.any_of_class) warnings.emplace_back("no instance is pinned: any device of the class is accepted");
  return warnings;
}

}  // namespace

Result<PeerAppraisal> check_result(rats::Ear ear, const Expected& expected) {
  CHECK(check_profile(ear));
  CHECK(check_verifier(ear, expected.demands));
  // The status first: of a contraindicated result the verifier's reason is what helps.
  CHECK(check_status(ear));
  CHECK(check_purpose(ear, expected.demands));
  CHECK(check_nonce(ear, expected.binder));
  CHECK(check_key(ear, expected.leaf_spki));
  CHECK(check_time(ear, expected));
  CHECK(check_instance(ear, expected.demands.pin));
  PeerAppraisal appraisal{.ear = std::move(ear),
                          .binding = Binding::handshake,
                          .freshness = {.kind = Freshness::Kind::session},
                          .spki = Spki(expected.leaf_spki),
                          .verdict_time = expected.now,
                          .pinned_by = pinned_by(expected.demands.pin)};
  if (appraisal.ear.ueid) appraisal.kid = Kid(ByteView(*appraisal.ear.ueid));
  appraisal.verifier = appraisal.ear.issuer.value_or(appraisal.ear.verifier_developer);
  appraisal.warnings = warnings_of(appraisal.ear, expected.demands.pin);
  return appraisal;
}

}  // namespace credence::channel
