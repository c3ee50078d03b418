#include "verifier/scheme/riot/endorsed.h"

#include <format>
#include <utility>

#include "verifier/claims/conditional.h"

namespace credence::verifier::riot {
namespace {

Result<void> check_layer(const rats::Environment& environment) {
  if (environment.instance || environment.group)
    return fail(Errc::invalid_value, "environment: firmware is of a class, an instance or a group is not allowed");
  if (!environment.class_map) return fail(Errc::missing_member, "environment: class is missing");
  if (environment.class_map->id)
    return fail(Errc::unsupported, "environment.class.id: a TcbInfo has vendor, model, layer and index");
  // No octets decode to it. CoRIMs that a program makes have it, and firmware_key() needs a member.
  if (*environment.class_map == rats::Class{})
    return fail(Errc::missing_member, "environment.class: expected vendor, model, layer or index");
  return {};
}

Result<void> check_values(const rats::Measurement& measurement) {
  if (measurement.key) return fail(Errc::invalid_value, "mkey: not allowed, FWIDs have no names");
  const rats::MeasurementValues& values = measurement.values;
  if (values.digests.empty()) return fail(Errc::missing_member, "digests are missing: they are the FWIDs");
  if (rats::member_count(values) != (values.svn ? 2U : 1U))
    return fail(Errc::unsupported, "expected digests, and an svn if one likes, and nothing else");
  for (const rats::CorimDigest& digest : values.digests)
    if (!rats::hash_of(digest))
      return fail(Errc::unsupported_algorithm, "expected digests of SHA-256, SHA-384 or SHA-512");
  return {};
}

}  // namespace

evidence::dice::Anchors DeviceRoots::at(Timestamp now) const {
  return {.roots = as_certificates(valid_at(roots, now)),
          .intermediates = as_certificates(valid_at(intermediates, now))};
}

// As Veraison validates it.
Result<void> check_root_environment(const rats::Environment& environment) {
  if (environment.instance || environment.group || !environment.class_map)
    return fail(Errc::invalid_value, "environment: expected a class and nothing else");
  const rats::Class& named = *environment.class_map;
  if (named.vendor != kVendor)
    return fail(Errc::invalid_value,
                std::format("environment.class.vendor: expected {}, got {}", kVendor, named.vendor.value_or("none")));
  if (named.model != kModel)
    return fail(Errc::invalid_value,
                std::format("environment.class.model: expected {}, got {}", kModel, named.model.value_or("none")));
  return {};
}

Result<std::vector<crypto::Certificate>> certificates_of(const rats::KeyTriple& triple) {
  if (triple.measurement_key || !triple.authorized_by.empty())
    return fail(Errc::unsupported, "conditions: a root has none");
  if (triple.keys.size() != 1)
    return fail(Errc::invalid_value, std::format("expected exactly one key, got {}", triple.keys.size()));
  const rats::CryptoKey& key = triple.keys.front();
  if (key.tag != rats::kTagPkixBase64Cert && key.tag != rats::kTagPkixBase64CertPath)
    return fail(Errc::unexpected_type,
                std::format("expected a certificate or a path (tag 555 or 556), got tag {}", key.tag));
  return crypto::certificates_from_pem(as_text(key.value));
}

Result<std::vector<ApprovedFirmware::Entry>> firmware_of(const rats::ReferenceTriple& triple) {
  CHECK(check_layer(triple.environment));
  if (triple.measurements.empty()) return fail(Errc::missing_member, "no measurement");
  std::vector<ApprovedFirmware::Entry> entries;
  for (const rats::Measurement& measurement : triple.measurements) {
    CHECK(check_values(measurement));
    entries.push_back({.layer = *triple.environment.class_map,
                       .digests = approve(measurement.values.digests),
                       .svn = measurement.values.svn,
                       .validity = {},
                       .source = {}});
  }
  return entries;
}

std::vector<rats::Class> members_of(const rats::Class& layer) {
  std::vector<rats::Class> members;
  const auto add = [&](auto rats::Class::* member) {
    if (layer.*member) members.emplace_back().*member = layer.*member;
  };
  add(&rats::Class::vendor);
  add(&rats::Class::model);
  add(&rats::Class::layer);
  add(&rats::Class::index);
  return members;
}

Bytes firmware_key(const rats::Class& approved) {
  return condition_key({.class_map = members_of(approved).front(), .instance = {}, .group = {}});
}

// Roots of several makers stand side by side: Veraison's profile has one class for all.
Result<std::shared_ptr<const Endorsed>> join_roots(std::span<const Statement> statements) {
  auto joined = std::make_shared<DeviceRoots>();
  for (const Statement& statement : statements) {
    TRY(const std::vector<crypto::Certificate> path, certificates_of(statement.keys()));
    add_authority(joined->roots, path.back(), *statement.origin);
    for (std::size_t i = 0; i + 1 < path.size(); ++i) add_authority(joined->intermediates, path[i], *statement.origin);
  }
  return joined;
}

Result<std::shared_ptr<const Endorsed>> join_firmware(std::span<const Statement> statements) {
  auto joined = std::make_shared<ApprovedFirmware>();
  for (const Statement& statement : statements) {
    TRY(std::vector<ApprovedFirmware::Entry> entries, firmware_of(statement.values()));
    for (ApprovedFirmware::Entry& entry : entries) {
      entry.validity.add(statement.origin->validity);
      entry.source = Source(*statement.origin);
      joined->by_digest.add(entry.digests, joined->entries.size());
      joined->entries.push_back(std::move(entry));
    }
  }
  joined->by_digest.sort();
  return joined;
}

}  // namespace credence::verifier::riot
