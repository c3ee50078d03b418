// A PSA root of trust made of a key: it signs what it is told. Keys of claims are written out here: a mistake in the
// tables of src/evidence/psa must not hide behind the same mistake.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "crypto/key.h"
#include "evidence_maker.h"
#include "rats/corim/corim.h"
#include "sign/cose/sign1.h"
#include "wire/cbor/writer.h"

namespace credence::test {

struct DeviceComponent {
  std::string type = "BL";
  std::string version = "2.1.0";
  Bytes value = Bytes(32, 0x11);
  Bytes signer = Bytes(32, 0x51);
  std::string description{};  // empty: left out
};

inline std::vector<DeviceComponent> two_components() {
  return {{}, {.type = "PRoT", .version = "1.3.5", .value = Bytes(32, 0x22), .signer = Bytes(32, 0x51)}};
}

inline void write_components(cbor::Writer& writer, const std::vector<DeviceComponent>& components) {
  writer.array(components.size());
  for (const DeviceComponent& component : components) {
    writer.map(2U + (component.type.empty() ? 0U : 1U) + (component.version.empty() ? 0U : 1U) +
               (component.description.empty() ? 0U : 1U));
    if (!component.type.empty()) writer.integer(1).text(component.type);
    writer.integer(2).bytes(component.value);
    if (!component.version.empty()) writer.integer(4).text(component.version);
    writer.integer(5).bytes(component.signer);
    if (!component.description.empty()) writer.integer(6).text(component.description);
  }
}

inline rats::Environment implementation_environment(const Bytes& implementation) {
  rats::Environment environment;
  environment.class_map.emplace().id = rats::TaggedBytes{.tag = rats::kTagBytes, .value = implementation};
  return environment;
}

inline rats::KeyTriple instance_key(const Bytes& implementation, const Bytes& instance, const crypto::PublicKey& key) {
  rats::KeyTriple triple{.environment = implementation_environment(implementation),
                         .keys = {{.tag = rats::kTagPkixBase64Key, .value = to_bytes(as_bytes(key.pem()))}}};
  triple.environment.instance = rats::TaggedBytes{.tag = rats::kTagUeid, .value = instance};
  return triple;
}

// As the registry of Named Information numbers the hash of this size.
inline rats::CorimDigest digest_of_size(const Bytes& value) {
  return {.algorithm = std::int64_t{value.size() == 32 ? 1 : value.size() == 48 ? 7 : 8}, .value = value};
}

inline rats::Measurement component_measurement(const DeviceComponent& component, const std::string& mkey) {
  rats::Measurement measurement;
  measurement.key = mkey;
  if (!component.type.empty()) measurement.values.name = component.type;
  if (!component.version.empty()) {
    measurement.values.version = rats::Version{.version = component.version, .scheme = {}};
  }
  measurement.values.digests.push_back(digest_of_size(component.value));
  measurement.values.keys.push_back({.tag = rats::kTagBytes, .value = component.signer});
  return measurement;
}

struct PsaDevice {
  crypto::PrivateKey key = make_key();
  Bytes implementation = Bytes(32, 0x1d);
  Bytes instance = Bytes(33, 0x01);
  std::uint64_t lifecycle = 0x3000;
  std::vector<DeviceComponent> components = two_components();
  std::string profile = "tag:psacertified.org,2023:psa#tfm";

  [[nodiscard]] Bytes claims(ByteView nonce) const {
    cbor::Writer writer;
    writer.map(8).integer(265).text(profile).integer(2394).integer(-7).integer(2395).unsigned_integer(lifecycle);
    writer.integer(2396).bytes(implementation).integer(268).bytes(Bytes(8, 0xb5));
    write_components(writer.integer(2399), components);
    return writer.integer(10).bytes(nonce).integer(256).bytes(instance).take();
  }
  // PSA_IOT_PROFILE_1
  [[nodiscard]] Bytes legacy_claims(ByteView nonce) const {
    cbor::Writer writer;
    writer.map(8).integer(-75000).text("PSA_IOT_PROFILE_1").integer(-75001).integer(1);
    writer.integer(-75002).unsigned_integer(lifecycle).integer(-75003).bytes(implementation);
    writer.integer(-75004).bytes(Bytes(32, 0xb5));
    if (components.empty()) {
      writer.integer(-75007).unsigned_integer(1);
    } else {
      write_components(writer.integer(-75006), components);
    }
    return writer.integer(-75008).bytes(nonce).integer(-75009).bytes(instance).take();
  }

  [[nodiscard]] Bytes sign(ByteView payload) const { return cose::sign1(key, {}, payload).value(); }
  [[nodiscard]] Bytes token(ByteView nonce) const { return sign(claims(nonce)); }

  // Approves what the device has now.
  [[nodiscard]] rats::Corim corim() const {
    rats::Comid comid;
    comid.id = std::string("device");
    rats::ReferenceTriple values{.environment = implementation_environment(implementation), .measurements = {}};
    for (const DeviceComponent& component : components)
      values.measurements.push_back(component_measurement(component, "psa.software-component"));
    comid.reference_values.push_back(std::move(values));
    comid.attestation_keys.push_back(instance_key(implementation, instance, key.public_key()));
    rats::Corim corim;
    corim.id = std::string("psa");
    corim.profile = "tag:arm.com,2025:psa#1.0.0";
    corim.comids.push_back(std::move(comid));
    return corim;
  }
};

}  // namespace credence::test
