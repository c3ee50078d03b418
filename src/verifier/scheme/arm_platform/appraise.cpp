#include "verifier/scheme/arm_platform/appraise.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <format>
#include <optional>
#include <ranges>
#include <utility>
#include <vector>

#include "base/text.h"
#include "verifier/scheme/approved_digests.h"
#include "verifier/scheme/approved_value.h"
#include "verifier/scheme/arm_platform/digest.h"
#include "verifier/scheme/arm_platform/read.h"
#include "verifier/scheme/nearest.h"

namespace credence::verifier::arm {
namespace {

using evidence::psa::Claims;
using evidence::psa::Lifecycle;
using evidence::psa::SoftwareComponent;
using rats::TrustClaim;

std::string join(const std::vector<Bytes>& values) {
  std::string text;
  for (const Bytes& value : values) text += (text.empty() ? "" : " or ") + to_hex(value);
  return text;
}

std::string text_of(const ApprovedComponent& approved) {
  std::string text = verifier::text_of(approved.digests);
  if (approved.version) text += " version " + *approved.version;
  if (!approved.signers.empty()) text += " signer " + join(approved.signers);
  return text;
}

std::string text_of(const SoftwareComponent& component, const StatedDigest& digest) {
  std::string text = arm::text_of(digest);
  if (component.version) text += " version " + *component.version;
  return text + " signer " + to_hex(component.signer_id);
}

bool is_of_type(const ApprovedComponent& approved, const SoftwareComponent& component) {
  return !approved.type || approved.type == component.type;
}

// Veraison compares the octets of the digest, type and version. Without the signer, what anybody signed passes for the
// vendor's.
bool matches(const ApprovedComponent& approved, const SoftwareComponent& component, const StatedDigest& digest) {
  return arm::matches(approved.digests, digest) && is_of_type(approved, component) &&
         (!approved.version || approved.version == component.version) &&
         (approved.signers.empty() || std::ranges::contains(approved.signers, component.signer_id));
}

// The approved one that the component is, a valid one before others.
const ApprovedComponent* approved_as(const PlatformValues& values, const SoftwareComponent& component,
                                     const StatedDigest& digest, Timestamp now) {
  const ApprovedComponent* found = nullptr;
  for (const DigestIndex::Entry& entry : values.by_digest.find(digest.value)) {
    const ApprovedComponent& approved = values.components[entry.position];
    if (!matches(approved, component, digest)) continue;
    if (approved.validity.contains(now)) return &approved;
    found = &approved;
  }
  return found;
}

// What a component was expected to be, for people.
struct Expected {
  std::vector<const ApprovedComponent*> nearest;
  std::string others;  // in words
};

// Those with the octets of its digest are nearest: they differ in the algorithm, the version or the signer.
template <typename Pick>
Expected nearest_components(const PlatformValues& values, ByteView value, const Pick& is_picked) {
  Candidates<ApprovedComponent> candidates;
  candidates.add(values.components, values.by_digest, value);
  auto [entries, left_out] = nearest(candidates.values, std::array{true}, is_picked);
  return {.nearest = std::move(entries), .others = left_out > 0 || !candidates.all ? " or others" : ""};
}

Expected nearest_of_type(const PlatformValues& values, const SoftwareComponent& component) {
  return nearest_components(values, component.value,
                            [&](const ApprovedComponent& approved) { return is_of_type(approved, component); });
}

std::string expected_of(const PlatformValues& values, const SoftwareComponent& component) {
  const Expected of_type = nearest_of_type(values, component);
  if (of_type.nearest.empty()) return of_type.others.empty() ? "none of this type" : "another";
  std::string text;
  for (const ApprovedComponent* approved : of_type.nearest) text += (text.empty() ? "" : " or ") + text_of(*approved);
  return text + of_type.others;
}

// "..., which expired at ...", where it is not valid now.
std::string validity_text(const Periods& validity, Timestamp now) {
  return validity.contains(now) ? "" : ", which " + validity.refusal(now);
}

Trace::Step component_step(const std::string& submodule, const SoftwareComponent& component,
                           const StatedDigest& digest) {
  return {.submodule = submodule,
          .claim = "executables",
          .subject = "software component " + component.text(),
          .actual = text_of(component, digest)};
}

void note_approved(Endorsements& endorsements, Trace::Step step, const ApprovedComponent& approved) {
  step.expected = text_of(approved) + validity_text(approved.validity, endorsements.now());
  name_source(step, approved.source);
  step.agrees = approved.validity.contains(endorsements.now());
  endorsements.trace().add(std::move(step));
}

// A step for each candidate, with its CoRIM. Where none is of this type, of any other type.
void note_refused(Endorsements& endorsements, const Trace::Step& step, const PlatformValues& values,
                  const SoftwareComponent& component) {
  Expected noted = nearest_of_type(values, component);
  if (noted.nearest.empty())
    noted = nearest_components(values, component.value, [](const ApprovedComponent&) { return true; });
  for (const ApprovedComponent* approved : noted.nearest) {
    Trace::Step compared = step;
    if (!is_of_type(*approved, component)) compared.expected = *approved->type + ": ";
    compared.expected += text_of(*approved) + validity_text(approved->validity, endorsements.now());
    if (approved == noted.nearest.back()) compared.expected += noted.others;
    name_source(compared, approved->source);
    endorsements.trace().add(std::move(compared));
  }
}

Result<void> check_component(const PlatformValues& values, const SoftwareComponent& component,
                             const StatedDigest& digest, Endorsements& endorsements, const std::string& submodule) {
  const ApprovedComponent* approved = approved_as(values, component, digest, endorsements.now());
  if (endorsements.trace().wanted()) {
    const Trace::Step step = component_step(submodule, component, digest);
    if (approved != nullptr) {
      note_approved(endorsements, step, *approved);
    } else {
      note_refused(endorsements, step, values, component);
    }
  }
  if (approved == nullptr)
    return fail(Errc::not_affirming, std::format("software component {}: expected {}, got {}", component.text(),
                                                 expected_of(values, component), text_of(component, digest)));
  if (!approved->validity.contains(endorsements.now()))
    return fail(Errc::expired, std::format("software component {}: the reference value {}", component.text(),
                                           approved->validity.refusal(endorsements.now())));
  return {};
}

Result<void> check_components(const Claims& claims, const PlatformValues* values, Endorsements& endorsements,
                              const std::string& submodule) {
  // All of none are approved: a token that measured nothing would pass as the best.
  if (claims.components.empty())
    return fail(Errc::not_affirming, "the token has no software components: nothing was measured");
  if (values == nullptr || values->components.empty()) {
    note_no_values(endorsements, submodule, "executables",
                   "reference values for software of implementation " + to_hex(claims.implementation_id));
    return fail(Errc::no_reference_values, std::format("no reference value is known for software of implementation {}",
                                                       to_hex(claims.implementation_id)));
  }
  std::optional<Error> problem;
  std::size_t refused = 0;
  for (const SoftwareComponent& component : claims.components) {
    auto checked = check_component(*values, component, digest_of(component, claims), endorsements, submodule);
    if (checked || ++refused > kMostNamed) continue;
    if (problem) {
      problem->why += "; " + checked.error().why;
    } else {
      problem = std::move(checked).error();
    }
  }
  if (!problem) return {};
  if (refused > kMostNamed) problem->why += std::format("; and {} more components", refused - kMostNamed);
  return std::unexpected(*std::move(problem));
}

void note_config(Endorsements& endorsements, const std::string& submodule, const ApprovedConfig& approved,
                 const Bytes& config, bool agrees) {
  if (!endorsements.trace().wanted()) return;
  Trace::Step compared{.submodule = submodule,
                       .claim = "configuration",
                       .subject = "platform configuration",
                       .expected = arm::text_of(approved.value) + validity_text(approved.validity, endorsements.now()),
                       .actual = to_hex(config),
                       .agrees = agrees};
  name_source(compared, approved.source);
  endorsements.trace().add(std::move(compared));
}

// The approved one that it is, a valid one before others.
const ApprovedConfig* approved_config(const PlatformValues& values, ByteView config, Timestamp now) {
  const ApprovedConfig* found = nullptr;
  for (const ApprovedConfig& approved : values.configs) {
    if (!arm::matches(approved.value, config)) continue;
    if (approved.validity.contains(now)) return &approved;
    found = &approved;
  }
  return found;
}

Error refuse_config(const std::vector<ApprovedConfig>& configs, const Bytes& config, Endorsements& endorsements,
                    const std::string& submodule) {
  std::string expected;
  const std::size_t named = std::min(configs.size(), kMostNamed);
  for (const ApprovedConfig& approved : configs | std::views::take(named)) {
    note_config(endorsements, submodule, approved, config, false);
    expected += (expected.empty() ? "" : " or ") + arm::text_of(approved.value);
  }
  return {.code = Errc::not_affirming,
          .why = std::format("platform configuration: expected {}{}, got {}", expected,
                             others_text(configs.size() - named), to_hex(config))};
}

// Veraison compares with an empty value when none is endorsed: an empty configuration passes there.
Result<void> check_config(const Claims& claims, const PlatformValues* values, Endorsements& endorsements,
                          const std::string& submodule) {
  if (values == nullptr || values->configs.empty()) {
    note_no_values(endorsements, submodule, "configuration",
                   "platform configurations of implementation " + to_hex(claims.implementation_id));
    return fail(Errc::no_reference_values, std::format("no platform configuration is endorsed for implementation {}",
                                                       to_hex(claims.implementation_id)));
  }
  const Bytes& config = *claims.config;
  const ApprovedConfig* approved = approved_config(*values, config, endorsements.now());
  if (approved == nullptr) return std::unexpected(refuse_config(values->configs, config, endorsements, submodule));
  const bool valid = approved->validity.contains(endorsements.now());
  note_config(endorsements, submodule, *approved, config, valid);
  if (valid) return {};
  return fail(Errc::expired, std::format("platform configuration: the reference value {}",
                                         approved->validity.refusal(endorsements.now())));
}

// Who is to have signed, by its endorsement.
void note_key(Endorsements& endorsements, const Claims& claims, std::string_view submodule, const PlatformKey* key,
              std::string actual, bool agrees) {
  if (!endorsements.trace().wanted()) return;
  Trace::Step compared{.submodule = std::string(submodule),
                       .subject = std::format("attestation key of instance {} of implementation {}",
                                              to_hex(claims.instance_id), to_hex(claims.implementation_id)),
                       .expected = key == nullptr ? "" : to_hex(key->key.spki()),
                       .actual = std::move(actual),
                       .agrees = agrees};
  if (key != nullptr) name_source(compared, key->source);
  endorsements.trace().add(std::move(compared));
}

}  // namespace

Result<std::shared_ptr<const PlatformKey>> find_key(Endorsements& endorsements, const Claims& claims,
                                                    std::string_view submodule) {
  auto key =
      endorsements.find<PlatformKey>(Topic::trust_anchor, anchor_key(claims.implementation_id, claims.instance_id));
  if (key == nullptr) {
    note_key(endorsements, claims, submodule, nullptr, "no CoRIM has any", false);
    return fail(Errc::unknown_attester,
                std::format("no endorsement names instance {} of implementation {}: provision its CoRIM",
                            to_hex(claims.instance_id), to_hex(claims.implementation_id)));
  }
  if (!key->validity.contains(endorsements.now())) {
    const std::string refusal = key->validity.refusal(endorsements.now());
    note_key(endorsements, claims, submodule, key.get(), "its endorsement " + refusal, false);
    return fail(Errc::expired, std::format("the endorsement of instance {} {}, now it is {}: provision a current CoRIM",
                                           to_hex(claims.instance_id), refusal, to_rfc3339(endorsements.now())));
  }
  return key;
}

void note_signature(Endorsements& endorsements, const PlatformKey& key, const Claims& claims,
                    std::string_view submodule, const Result<void>& outcome) {
  if (!endorsements.trace().wanted()) return;
  note_key(endorsements, claims, submodule, &key, outcome ? "its signature" : outcome.error().text(),
           outcome.has_value());
}

void note_no_values(Endorsements& endorsements, std::string_view submodule, std::string_view claim,
                    std::string subject) {
  if (!endorsements.trace().wanted()) return;
  endorsements.trace().add({.submodule = std::string(submodule),
                            .claim = std::string(claim),
                            .subject = std::move(subject),
                            .actual = "no CoRIM has any"});
}

// RFC 9783 section 5.1: any debug state exposes memory that is protected otherwise. Veraison affirms debug outside the
// root of trust (0x40..); here only the state of devices in the field is affirmed.
void appraise_lifecycle(const Claims& claims, Endorsements& endorsements, Appraised::Submodule& submodule) {
  const bool secured = claims.lifecycle == Lifecycle::secured;
  if (endorsements.trace().wanted())
    endorsements.trace().add(
        {.submodule = submodule.name,
         .claim = "instance-identity",
         .subject = "security lifecycle",
         .expected = "0x3000 to 0x30ff (secured)",
         .actual = std::format("{:#06x} ({})", claims.lifecycle_value, evidence::psa::name(claims.lifecycle)),
         .source = {},
         .submission = {},
         .agrees = secured});
  submodule.vector[TrustClaim::instance_identity] = secured ? rats::kTrustworthy : arm::kContraindicated;
  submodule.vector[TrustClaim::runtime_opaque] = secured ? rats::kTrustworthy : arm::kContraindicated;
  submodule.vector[TrustClaim::storage_opaque] = secured ? rats::kTrustworthy : arm::kContraindicated;
  if (secured) return;
  add_problem(submodule,
              {.code = Errc::not_affirming,
               .why = std::format("security lifecycle: expected secured (0x3000 to 0x30ff), got {} ({:#06x})",
                                  evidence::psa::name(claims.lifecycle), claims.lifecycle_value)});
}

void appraise_components(const Claims& claims, const PlatformValues* values, Endorsements& endorsements,
                         Appraised::Submodule& submodule) {
  auto approved = check_components(claims, values, endorsements, submodule.name);
  submodule.vector[TrustClaim::executables] = approved ? rats::kTrustworthy : rats::kUnrecognisedRuntime;
  if (!approved) add_problem(submodule, std::move(approved).error());
}

void appraise_config(const Claims& claims, const PlatformValues* values, Endorsements& endorsements,
                     Appraised::Submodule& submodule) {
  auto approved = check_config(claims, values, endorsements, submodule.name);
  submodule.vector[TrustClaim::configuration] = approved ? rats::kTrustworthy : arm::kUnsafeConfiguration;
  if (!approved) add_problem(submodule, std::move(approved).error());
}

bool matches(const rats::RawValue& approved, ByteView actual) noexcept {
  if (!approved.mask) return equal(approved.value, actual);
  if (approved.value.size() != actual.size() || approved.mask->size() != actual.size()) return false;
  for (std::size_t i = 0; i < actual.size(); ++i)
    if (((approved.value[i] ^ actual[i]) & (*approved.mask)[i]) != 0) return false;
  return true;
}

std::string text_of(const rats::RawValue& approved) {
  return to_hex(approved.value) + (approved.mask ? " masked with " + to_hex(*approved.mask) : "");
}

void add_problem(Appraised::Submodule& submodule, Error reason) {
  if (!submodule.problem) {
    submodule.problem = std::move(reason);
  } else {
    submodule.problem->why += "; " + reason.text();
  }
}

}  // namespace credence::verifier::arm
