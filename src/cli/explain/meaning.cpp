#include "cli/explain/meaning.h"

#include <algorithm>
#include <array>
#include <optional>

namespace credence::cli {
namespace {

using enum rats::TrustClaim;

struct Meaning {
  std::optional<rats::TrustClaim> claim;  // empty: of every claim
  std::int8_t value;
  std::string_view words;
};

constexpr std::array kMeanings{
    Meaning{std::nullopt, -1, "the verifier could not work"},
    Meaning{std::nullopt, 0, "not appraised"},
    Meaning{std::nullopt, 1, "evidence of a kind that the verifier does not expect"},
    Meaning{std::nullopt, 99, "the evidence is not authentic, or not for this challenge"},
    Meaning{instance_identity, 2, "the instance is recognised"},
    Meaning{instance_identity, 96, "the instance is recognised and not to be trusted"},
    Meaning{instance_identity, 97, "the instance is not recognised"},
    Meaning{configuration, 2, "the configuration is approved"},
    Meaning{configuration, 3, "no known weakness in the configuration"},
    Meaning{configuration, 32, "the configuration is not safe"},
    Meaning{configuration, 36, "known weaknesses in the configuration"},
    Meaning{configuration, 96, "the configuration cannot be trusted"},
    Meaning{executables, 2, "all that was loaded is approved"},
    Meaning{executables, 3, "all that was booted is approved"},
    Meaning{executables, 4, "only recognised software, of which some is not approved for all uses"},
    Meaning{executables, 32, "software with known weaknesses is loaded"},
    Meaning{executables, 33, "something is loaded that nobody has approved"},
    Meaning{executables, 96, "software is loaded that must not run"},
    Meaning{file_system, 2, "only approved files"},
    Meaning{file_system, 32, "files that nobody has approved"},
    Meaning{file_system, 96, "files that must not be there"},
    Meaning{hardware, 2, "genuine hardware and firmware"},
    Meaning{hardware, 32, "hardware or firmware with known weaknesses"},
    Meaning{hardware, 96, "hardware or firmware that is not to be trusted"},
    Meaning{hardware, 97, "hardware or firmware that is not recognised"},
    Meaning{runtime_opaque, 2, "memory is encrypted and apart from others"},
    Meaning{runtime_opaque, 32, "memory is apart from others, not encrypted"},
    Meaning{runtime_opaque, 96, "memory can be seen from outside"},
    Meaning{storage_opaque, 2, "stored secrets are under keys of the hardware"},
    Meaning{storage_opaque, 32, "stored secrets are under keys of software"},
    Meaning{storage_opaque, 96, "stored secrets are not encrypted"},
    Meaning{sourced_data, 2, "its sources of data are trusted"},
    Meaning{sourced_data, 32, "some of its sources of data are not attested"},
    Meaning{sourced_data, 96, "its sources of data are not to be trusted"},
};

std::string_view meaning_of(rats::Tier tier) noexcept {
  switch (tier) {
    case rats::Tier::affirming:
      return "good";
    case rats::Tier::warning:
      return "not as it should be";
    case rats::Tier::contraindicated:
      return "not to be trusted";
    case rats::Tier::none:
      break;
  }
  return "nothing is known";
}

struct Advice {
  Errc code;
  std::string_view words;
};

constexpr std::array kAdvice{
    Advice{Errc::unknown_attester,
           "Provision the endorsements of this device: credence endorse on it, then credence "
           "provision. If they are there, see that their CoRIM is active."},
    Advice{Errc::pcr_mismatch,
           "Find out which software changed. If the change was meant, provision a CoRIM with the new "
           "values beside the old ones; if not, treat the machine as compromised."},
    Advice{Errc::no_reference_values, "Provision a CoRIM with the reference values of this class."},
    Advice{Errc::insufficient_pcrs,
           "Let the attester quote these PCRs too (--pcrs), or change minimum-pcrs of the "
           "verifier."},
    Advice{Errc::expired, "Provision a current CoRIM; if its dates are right, check the verifier's clock."},
    Advice{Errc::nonce_mismatch,
           "Evidence must be made for the nonce of its own session. If the attester did that, "
           "somebody played old evidence back."},
    Advice{Errc::binder_mismatch,
           "The evidence belongs to another connection or another TLS key. If attester and relying "
           "party are what you think, somebody is between them."},
    Advice{Errc::bad_signature,
           "The endorsed key did not make this signature: the evidence was changed on its way, or the "
           "endorsement is of another key."},
    Advice{Errc::wrong_purpose,
           "Use the media type and the attestation key that are meant for this purpose: one for "
           "channels, one for challenges."},
    Advice{Errc::unrestricted_attestation_key,
           "Provision the second file that credence endorse writes, "
           "keys.corim.cbor."},
    Advice{Errc::test_root_refused, "Attest with a real root of trust. The test root proves nothing."},
    Advice{Errc::external_key, "Make the TLS key inside the root of trust; this one may be known elsewhere."},
    Advice{Errc::signer_mismatch,
           "The attestation key is not the endorsed one: endorse the device again if its TPM was "
           "cleared or replaced."},
    Advice{Errc::reset_mismatch, "The machine was restarted between two parts of its evidence: try again."},
    Advice{Errc::unsupported,
           "Send evidence of a media type that the verifier lists (credence doctor --verifier URL)."},
    Advice{Errc::conflict, "Two CoRIMs contradict each other: remove or deactivate the one that is wrong."},
};

}  // namespace

std::string_view meaning_of(rats::TrustClaim claim, std::int8_t value) noexcept {
  const auto* const found = std::ranges::find_if(kMeanings, [&](const Meaning& meaning) {
    return meaning.value == value && meaning.claim.value_or(claim) == claim;
  });
  return found != kMeanings.end() ? found->words : meaning_of(rats::tier_of(value));
}

std::string_view advice_for(std::string_view code) noexcept {
  const auto* const found =
      std::ranges::find_if(kAdvice, [&](const Advice& advice) { return name(advice.code) == code; });
  return found != kAdvice.end() ? found->words : "";
}

}  // namespace credence::cli
