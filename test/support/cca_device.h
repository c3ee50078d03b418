// A CCA platform with one realm on it, made of two keys: they sign what they are told.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "psa_device.h"
#include "sign/cose/key.h"

namespace credence::test {

struct CcaDevice {
  crypto::PrivateKey platform_key = make_key();
  crypto::PrivateKey realm_key = crypto::PrivateKey::generate(crypto::KeyType::ec_p384).value();
  Bytes implementation = Bytes(32, 0x1d);
  Bytes instance = Bytes(33, 0x01);
  std::uint64_t lifecycle = 0x3003;
  std::vector<DeviceComponent> components = two_components();
  Bytes config = {1, 2, 3};
  // The same octets as the implementation: each must be found as what it is.
  Bytes initial_measurement = Bytes(32, 0x1d);
  Bytes personalization = Bytes(64, 0xad);
  std::array<Bytes, 4> registers = {Bytes(32, 0xe0), Bytes(32, 0xe1), Bytes(32, 0xe2), Bytes(32, 0x00)};
  std::string platform_hash = "sha-256";
  std::string realm_hash = "sha-256";
  bool old_realm = false;  // no profile, the RAK as a point
  bool cmw = false;        // tag 907

  [[nodiscard]] Bytes rak() const {
    if (!old_realm) return cose::encode_key(realm_key.public_key()).value();
    const crypto::EcPoint point = realm_key.public_key().ec_point().value();
    Bytes octets = {0x04};
    append(octets, point.x);
    append(octets, point.y);
    return octets;
  }

  [[nodiscard]] Bytes platform_claims() const {
    const Bytes key = rak();
    const auto challenge = crypto::digest(crypto::HashAlgorithm::sha384, key).value();
    cbor::Writer writer;
    writer.map(8).integer(265).text("tag:arm.com,2023:cca_platform#1.0.0").integer(10).bytes(challenge.view());
    writer.integer(2396).bytes(implementation).integer(256).bytes(instance).integer(2401).bytes(config);
    writer.integer(2395).unsigned_integer(lifecycle).integer(2402).text(platform_hash);
    write_components(writer.integer(2399), components);
    return writer.take();
  }

  // `challenge` of 64 octets.
  [[nodiscard]] Bytes realm_claims(ByteView challenge) const {
    cbor::Writer writer;
    writer.map(old_realm ? 7 : 8).integer(10).bytes(challenge).integer(44235).bytes(personalization);
    if (!old_realm) writer.integer(265).text("tag:arm.com,2023:realm#1.0.0");
    writer.integer(44236).text(realm_hash).integer(44237).bytes(rak()).integer(44238).bytes(initial_measurement);
    writer.integer(44239).array(registers.size());
    for (const Bytes& value : registers) writer.bytes(value);
    return writer.integer(44240).text("sha-384").take();
  }

  [[nodiscard]] Bytes assemble(ByteView platform, ByteView realm) const {
    cbor::Writer writer;
    writer.tag(cmw ? 907 : 399).map(2);
    for (const auto& [key, token] : {std::pair{44234, platform}, std::pair{44241, realm}}) {
      writer.integer(key);
      if (cmw) writer.array(2).unsigned_integer(263);
      writer.bytes(token);
    }
    return writer.take();
  }

  [[nodiscard]] Bytes platform_token() const { return cose::sign1(platform_key, {}, platform_claims()).value(); }
  [[nodiscard]] Bytes realm_token(ByteView nonce) const {
    Bytes challenge = to_bytes(nonce);
    challenge.resize(64);
    return cose::sign1(realm_key, {}, realm_claims(challenge)).value();
  }
  [[nodiscard]] Bytes token(ByteView nonce) const { return assemble(platform_token(), realm_token(nonce)); }

  // Approves the platform as it is.
  [[nodiscard]] rats::Corim platform_corim(const std::string& profile = "tag:arm.com,2025:cca_platform#1.0.0") const {
    rats::Comid comid;
    comid.id = std::string("platform");
    rats::ReferenceTriple values{.environment = implementation_environment(implementation), .measurements = {}};
    for (const DeviceComponent& component : components)
      values.measurements.push_back(component_measurement(component, "cca.software-component"));
    rats::Measurement configuration;
    configuration.key = "cca.platform-config";
    configuration.values.raw_value = rats::RawValue{.value = config, .mask = {}};
    values.measurements.push_back(std::move(configuration));
    comid.reference_values.push_back(std::move(values));
    comid.attestation_keys.push_back(instance_key(implementation, instance, platform_key.public_key()));
    return corim_of(std::move(comid), "platform", profile);
  }

  // Approves the realm as it is.
  [[nodiscard]] rats::Corim realm_corim(const std::string& profile = "tag:arm.com,2025:cca_realm#1.0.0") const {
    rats::Comid comid;
    comid.id = std::string("realm");
    rats::ReferenceTriple values{.environment = implementation_environment(initial_measurement), .measurements = {}};
    values.measurements.push_back(digest_measurement("cca.rim", initial_measurement));
    for (std::size_t i = 0; i < registers.size(); ++i)
      values.measurements.push_back(digest_measurement("cca.rem" + std::to_string(i), registers[i]));
    rats::Measurement value;
    value.key = "cca.rpv";
    value.values.raw_value = rats::RawValue{.value = personalization, .mask = {}};
    values.measurements.push_back(std::move(value));
    comid.reference_values.push_back(std::move(values));
    return corim_of(std::move(comid), "realm", profile);
  }

  // Parsec's: the realm speaks for this key.
  [[nodiscard]] Bytes bundle(ByteView nonce, const crypto::PublicKey& key) const {
    const Bytes encoded = cose::encode_key(key).value();
    const Bytes kat =
        cbor::Writer().tag(601).map(2).integer(10).bytes(nonce).integer(8).map(1).integer(1).raw_item(encoded).take();
    const auto challenge = crypto::digest(crypto::HashAlgorithm::sha512, kat).value();
    return cbor::Writer().map(2).text("kat").raw_item(kat).text("pat").raw_item(token(challenge.view())).take();
  }

 private:
  static rats::Measurement digest_measurement(const std::string& mkey, const Bytes& value) {
    rats::Measurement measurement;
    measurement.key = mkey;
    measurement.values.digests.push_back(digest_of_size(value));
    return measurement;
  }

  static rats::Corim corim_of(rats::Comid comid, const std::string& id, const std::string& profile) {
    rats::Corim corim;
    corim.id = id;
    corim.profile = profile;
    corim.comids.push_back(std::move(comid));
    return corim;
  }
};

}  // namespace credence::test
