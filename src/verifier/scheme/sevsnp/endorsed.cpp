#include "verifier/scheme/sevsnp/endorsed.h"

#include <algorithm>
#include <format>
#include <utility>

#include "rats/oid.h"

namespace credence::verifier::sevsnp {
namespace {

constexpr std::size_t kMeasurement = 48;

Result<void> check_class(const rats::Class& environment_class) {
  const bool has_others =
      environment_class.vendor || environment_class.model || environment_class.layer || environment_class.index;
  if (has_others) return fail(Errc::unsupported, "environment.class: expected an id and nothing else");
  TRY(const Bytes expected, rats::oid_from_text(kClass));
  const auto& id = environment_class.id;
  if (id && id->tag == rats::kTagOid && id->value == expected) return {};
  return fail(Errc::unsupported, std::format("environment.class.id: expected the OID {}", kClass));
}

}  // namespace

evidence::sevsnp::Roots ProductRoot::at(Timestamp now) const {
  return {.arks = as_certificates(valid_at(arks, now)), .asks = as_certificates(valid_at(asks, now))};
}

const Expected* ReferenceSet::find(std::uint64_t mkey) const {
  const auto found = std::ranges::find_if(values, [&](const Expected& value) { return value.field->mkey == mkey; });
  return found == values.end() ? nullptr : &*found;
}

Bytes root_key(std::string_view organization, std::string_view common_name) {
  Bytes key = to_bytes(as_bytes(organization));
  key.push_back(0);
  append(key, as_bytes(common_name));
  return key;
}

Result<rats::Class> class_of_root(ByteView root_key) {
  const std::string_view text = as_text(root_key);
  const std::size_t end = text.find('\0');
  if (end == std::string_view::npos || end == 0 || end + 1 == text.size())
    return fail(Errc::invalid_value, "expected a root with an organization and a name");
  rats::Class root;
  root.vendor = text.substr(0, end);
  root.model = text.substr(end + 1);
  return root;
}

Result<Bytes> root_key_of(const rats::Environment& environment) {
  if (environment.instance || environment.group)
    return fail(Errc::invalid_value, "environment: a root is of a class, an instance or a group is not allowed");
  if (!environment.class_map) return fail(Errc::missing_member, "environment: class is missing");
  const rats::Class& named = *environment.class_map;
  if (!named.vendor || named.vendor->empty()) return fail(Errc::missing_member, "environment.class: vendor is missing");
  if (!named.model || named.model->empty()) return fail(Errc::missing_member, "environment.class: model is missing");
  return root_key(*named.vendor, *named.model);
}

Result<std::vector<crypto::Certificate>> certificates_of(const rats::KeyTriple& triple) {
  if (triple.measurement_key || !triple.authorized_by.empty())
    return fail(Errc::unsupported, "conditions: a root has none");
  if (triple.keys.size() != 1)
    return fail(Errc::invalid_value, std::format("expected exactly one key, got {}", triple.keys.size()));
  const rats::CryptoKey& key = triple.keys.front();
  if (key.tag == rats::kTagPkixAsn1DerCert) {
    TRY(crypto::Certificate certificate, crypto::Certificate::from_der(key.value));
    return std::vector{std::move(certificate)};
  }
  if (key.tag != rats::kTagPkixBase64Cert && key.tag != rats::kTagPkixBase64CertPath)
    return fail(Errc::unexpected_type,
                std::format("expected a certificate or a path (tag 555, 556 or 562), got tag {}", key.tag));
  return crypto::certificates_from_pem(as_text(key.value));
}

Result<Bytes> measurement_of(const rats::Environment& environment) {
  if (environment.class_map) CHECK(check_class(*environment.class_map));
  if (environment.group) return fail(Errc::invalid_value, "environment: a group is not allowed");
  if (!environment.instance)
    return fail(Errc::missing_member, "environment: instance is missing: it is the MEASUREMENT");
  const rats::TaggedBytes& instance = *environment.instance;
  if (instance.tag != rats::kTagBytes)
    return fail(Errc::unexpected_type,
                std::format("environment.instance: expected bytes (tag 560), got tag {}", instance.tag));
  if (instance.value.size() != kMeasurement)
    return fail(Errc::invalid_value,
                std::format("environment.instance: expected {} octets, got {}", kMeasurement, instance.value.size()));
  return instance.value;
}

Result<std::vector<Expected>> values_of(const rats::ReferenceTriple& triple) {
  if (triple.measurements.empty()) return fail(Errc::missing_member, "no measurement");
  std::vector<Expected> values;
  for (const rats::Measurement& measurement : triple.measurements) {
    TRY(Expected expected, read_expected(measurement));
    if (std::ranges::contains(values, expected.field, &Expected::field))
      return fail(Errc::duplicate_key, std::format("mkey {} occurs twice", expected.field->mkey));
    values.push_back(std::move(expected));
  }
  return values;
}

Result<std::shared_ptr<const Endorsed>> join_roots(std::span<const Statement> statements) {
  std::shared_ptr<ProductRoot> joined;
  for (const Statement& statement : statements) {
    TRY(const std::vector<crypto::Certificate> path, certificates_of(statement.keys()));
    if (joined == nullptr) joined = std::make_shared<ProductRoot>();
    // Otherwise whoever may provision could put a second root beside AMD's, under its name.
    if (!joined->arks.empty() && !equal(joined->arks.front().certificate.der(), path.back().der()))
      return fail(Errc::conflict, "another root is already endorsed under this name: remove the old endorsement first");
    add_authority(joined->arks, path.back(), *statement.origin);
    for (std::size_t i = 0; i + 1 < path.size(); ++i) add_authority(joined->asks, path[i], *statement.origin);
  }
  return joined;
}

Result<std::shared_ptr<const Endorsed>> join_sets(std::span<const Statement> statements) {
  auto joined = std::make_shared<ReferenceSets>();
  for (const Statement& statement : statements) {
    ReferenceSet& set = joined->sets.emplace_back();
    TRY(set.values, values_of(statement.values()));
    set.validity.add(statement.origin->validity);
    set.source = Source(*statement.origin);
  }
  return joined;
}

}  // namespace credence::verifier::sevsnp
