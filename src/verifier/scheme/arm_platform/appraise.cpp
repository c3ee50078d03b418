#include "verifier/scheme/arm_platform/appraise.h"

#include <algorithm>
#include <format>
#include <utility>

#include "base/text.h"
#include "verifier/scheme/arm_platform/read.h"

namespace credence::verifier::arm {
namespace {

using evidence::psa::Claims;
using evidence::psa::Lifecycle;
using evidence::psa::SoftwareComponent;
using rats::TrustClaim;

// An error says so many of the values that would have been approved.
constexpr std::size_t kMostNamed = 4;

std::string join(const std::vector<Bytes>& values) {
  std::string text;
  for (const Bytes& value : values) text += (text.empty() ? "" : " or ") + to_hex(value);
  return text;
}

std::string text_of(const ApprovedComponent& approved) {
  std::string text = join(approved.digests);
  if (approved.version) text += " version " + *approved.version;
  if (!approved.signers.empty()) text += " signer " + join(approved.signers);
  return text;
}

std::string text_of(const SoftwareComponent& component) {
  std::string text = to_hex(component.value);
  if (component.version) text += " version " + *component.version;
  return text + " signer " + to_hex(component.signer_id);
}

// Veraison compares digest, type and version. Without the signer, what anybody signed passes for the vendor's.
bool matches(const ApprovedComponent& approved, const SoftwareComponent& component) {
  return std::ranges::contains(approved.digests, component.value) &&
         (!approved.type || approved.type == component.type) &&
         (!approved.version || approved.version == component.version) &&
         (approved.signers.empty() || std::ranges::contains(approved.signers, component.signer_id));
}

// Of the same type, as far as types are stated.
std::string expected_of(const PlatformValues& values, const SoftwareComponent& component) {
  std::string text;
  std::size_t named = 0;
  for (const ApprovedComponent& approved : values.components) {
    if (approved.type && approved.type != component.type) continue;
    if (named++ == kMostNamed) return text + " or others";
    text += (text.empty() ? "" : " or ") + text_of(approved);
  }
  return text;
}

// The approved one that the component is, a valid one before others.
const ApprovedComponent* approved_as(const PlatformValues& values, const SoftwareComponent& component, Timestamp now) {
  const ApprovedComponent* found = nullptr;
  for (const ApprovedComponent& approved : values.components) {
    if (!matches(approved, component)) continue;
    if (approved.validity.contains(now)) return &approved;
    found = &approved;
  }
  return found;
}

void note_component(Endorsements& endorsements, const std::string& submodule, const SoftwareComponent& component,
                    const PlatformValues& values, const ApprovedComponent* approved) {
  if (!endorsements.trace().wanted()) return;
  endorsements.trace().add({.submodule = submodule,
                            .claim = "executables",
                            .subject = "software component " + component.text(),
                            .expected = approved != nullptr ? text_of(*approved) : expected_of(values, component),
                            .actual = text_of(component),
                            .source = approved != nullptr ? approved->source.corim : "",
                            .submission = approved != nullptr ? approved->source.submission : "",
                            .agrees = approved != nullptr && approved->validity.contains(endorsements.now())});
}

Result<void> check_component(const PlatformValues& values, const SoftwareComponent& component,
                             Endorsements& endorsements, const std::string& submodule) {
  const ApprovedComponent* approved = approved_as(values, component, endorsements.now());
  note_component(endorsements, submodule, component, values, approved);
  if (approved == nullptr) {
    const std::string expected = expected_of(values, component);
    return fail(Errc::not_affirming,
                std::format("software component {}: expected {}, got {}", component.text(),
                            expected.empty() ? "none of this type" : expected, text_of(component)));
  }
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
  if (values == nullptr || values->components.empty())
    return fail(Errc::no_reference_values, std::format("no reference value is known for software of implementation {}",
                                                       to_hex(claims.implementation_id)));
  Result<void> all;
  for (const SoftwareComponent& component : claims.components) {
    const auto checked = check_component(*values, component, endorsements, submodule);
    if (checked) continue;
    if (all) {
      all = checked;
    } else {
      all.error().why += "; " + checked.error().why;
    }
  }
  return all;
}

void note_config(Endorsements& endorsements, const std::string& submodule, const ApprovedConfig& approved,
                 const Bytes& config, bool agrees) {
  if (!endorsements.trace().wanted()) return;
  endorsements.trace().add({.submodule = submodule,
                            .claim = "configuration",
                            .subject = "platform configuration",
                            .expected = arm::text_of(approved.value),
                            .actual = to_hex(config),
                            .source = approved.source.corim,
                            .submission = approved.source.submission,
                            .agrees = agrees});
}

// Veraison compares with an empty value when none is endorsed: an empty configuration passes there.
Result<void> check_config(const Claims& claims, const PlatformValues* values, Endorsements& endorsements,
                          const std::string& submodule) {
  if (values == nullptr || values->configs.empty())
    return fail(Errc::no_reference_values, std::format("no platform configuration is endorsed for implementation {}",
                                                       to_hex(claims.implementation_id)));
  const Bytes& config = *claims.config;
  std::string expected;
  std::optional<std::string> expired;
  for (const ApprovedConfig& approved : values->configs) {
    const bool same = arm::matches(approved.value, config);
    const bool valid = approved.validity.contains(endorsements.now());
    note_config(endorsements, submodule, approved, config, same && valid);
    if (same && valid) return {};
    if (same) expired = approved.validity.refusal(endorsements.now());
    expected += (expected.empty() ? "" : " or ") + arm::text_of(approved.value);
  }
  if (expired) return fail(Errc::expired, std::format("platform configuration: the reference value {}", *expired));
  return fail(Errc::not_affirming,
              std::format("platform configuration: expected {}, got {}", expected, to_hex(config)));
}

}  // namespace

Result<std::shared_ptr<const PlatformKey>> find_key(Endorsements& endorsements, const Claims& claims) {
  auto key =
      endorsements.find<PlatformKey>(Topic::trust_anchor, anchor_key(claims.implementation_id, claims.instance_id));
  if (key == nullptr)
    return fail(Errc::unknown_attester,
                std::format("no endorsement names instance {} of implementation {}: provision its CoRIM",
                            to_hex(claims.instance_id), to_hex(claims.implementation_id)));
  if (!key->validity.contains(endorsements.now()))
    return fail(Errc::expired, std::format("the endorsement of instance {} {}, now it is {}: provision a current CoRIM",
                                           to_hex(claims.instance_id), key->validity.refusal(endorsements.now()),
                                           to_rfc3339(endorsements.now())));
  return key;
}

void note_signature(Endorsements& endorsements, const PlatformKey& key, const Claims& claims,
                    std::string_view submodule) {
  if (!endorsements.trace().wanted()) return;
  endorsements.trace().add({.submodule = std::string(submodule),
                            .claim = {},
                            .subject = "attestation key of instance " + to_hex(claims.instance_id),
                            .expected = to_hex(key.key.spki()),
                            .actual = "its signature",
                            .source = key.source.corim,
                            .submission = key.source.submission,
                            .agrees = true});
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
