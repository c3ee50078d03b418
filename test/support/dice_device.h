// A DICE device and its maker: a root, a DeviceID, an alias that measures firmware, and what makes a chain fresh.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "certificate_maker.h"
#include "crypto/der.h"
#include "evidence/dice/chain.h"
#include "rats/corim/corim.h"
#include "rats/oid.h"
#include "sign/cose/sign1.h"
#include "wire/cbor/writer.h"

namespace credence::test {

inline crypto::PrivateKey p256() { return crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value(); }

namespace dice_der {

inline Bytes element(std::uint8_t tag, ByteView content) {
  Bytes octets;
  crypto::der::append_element(octets, static_cast<crypto::der::Tag>(tag), content);
  return octets;
}
inline Bytes joined(const std::vector<Bytes>& parts) {
  Bytes octets;
  for (const Bytes& part : parts) append(octets, part);
  return octets;
}
inline Bytes oid(std::string_view text) { return element(0x06, rats::oid_from_text(text).value()); }
inline Bytes fwid(ByteView digest, std::string_view algorithm = "2.16.840.1.101.3.4.2.1") {
  return element(0x30, joined({oid(algorithm), element(0x04, digest)}));
}
inline Bytes freshness(ByteView nonce) { return element(0x30, element(0x04, nonce)); }
inline Bytes composite(ByteView device_spki, ByteView digest) {
  return element(0x30, joined({Bytes{0x02, 0x01, 0x01}, to_bytes(device_spki), fwid(digest)}));
}

}  // namespace dice_der

// All members may be changed before chain() is made.
struct DiceDevice {
  crypto::PrivateKey root_key = p256();
  crypto::PrivateKey device_key = p256();
  crypto::PrivateKey alias_key = p256();
  crypto::PrivateKey fresh_key = p256();
  Bytes firmware = Bytes(32, 0xf1);
  std::string vendor = "Example";
  std::optional<std::uint8_t> flags;  // of the first octet
  bool alias_is_authority = true;     // so that it may issue fresh leaves
  bool device_is_authority = true;
  std::optional<int> device_path_length;
  std::int64_t device_serial = 0x0d01;
  std::vector<CertificateExtension> more_of_alias;

  crypto::Certificate root = make_certificate(
      root_key.public_key(), {.organization = "Maker", .common_name = "Device root", .is_authority = true}, root_key);

  // DiceTcbInfo { vendor, svn 3, fwids, flags }
  [[nodiscard]] Bytes tcb_info() const {
    using namespace dice_der;
    std::vector<Bytes> members = {element(0x80, as_bytes(vendor)), element(0x83, Bytes{3}),
                                  element(0xa6, fwid(firmware))};
    if (flags) members.push_back(element(0x87, Bytes{0, *flags}));
    return element(0x30, joined(members));
  }

  [[nodiscard]] crypto::Certificate device() const {
    return make_certificate(device_key.public_key(),
                            {.organization = "Maker",
                             .common_name = "DeviceID",
                             .serial = device_serial,
                             .is_authority = device_is_authority,
                             .path_length = device_path_length},
                            root_key, root);
  }
  [[nodiscard]] crypto::Certificate alias(const crypto::Certificate& issuer) const {
    std::vector<CertificateExtension> extensions = more_of_alias;
    if (extensions.empty()) extensions.push_back({std::string(evidence::dice::kTcbInfo), tcb_info(), true});
    return make_certificate(
        alias_key.public_key(),
        {.organization = "Maker", .common_name = "Alias", .is_authority = alias_is_authority, .extensions = extensions},
        device_key, issuer);
  }
  [[nodiscard]] crypto::Certificate fresh(const crypto::Certificate& issuer, ByteView nonce) const {
    return make_certificate(
        fresh_key.public_key(),
        {.organization = "Maker",
         .common_name = "Fresh",
         .extensions = {{std::string(evidence::dice::kTcbFreshness), dice_der::freshness(nonce), true}}},
        alias_key, issuer);
  }

  using Certificates = std::vector<crypto::Certificate>;
  // Alias and DeviceID.
  [[nodiscard]] Certificates bare() const {
    const crypto::Certificate issuer = device();
    return {alias(issuer), issuer};
  }
  // A leaf of the alias for this nonce before them.
  [[nodiscard]] Certificates with_fresh_leaf(ByteView nonce) const {
    Certificates certificates = bare();
    certificates.insert(certificates.begin(), fresh(certificates.front(), nonce));
    return certificates;
  }
  [[nodiscard]] static Bytes pem(const Certificates& certificates) {
    Bytes text;
    for (const crypto::Certificate& certificate : certificates) append(text, as_bytes(certificate.pem()));
    return text;
  }
  [[nodiscard]] Bytes signed_nonce(ByteView nonce, const Certificates& certificates,
                                   std::string_view profile = "tag:credence.example,2026:dice") const {
    cbor::Writer claims;
    claims.map(2);
    claims.integer(10).bytes(nonce);
    claims.integer(265).text(profile);
    cose::Headers headers;
    for (const crypto::Certificate& certificate : certificates) headers.x5chain.push_back(to_bytes(certificate.der()));
    return cose::sign1(alias_key, std::move(headers), claims.take()).value();
  }

  // --- endorsements ---

  [[nodiscard]] rats::Corim roots() const {
    rats::Comid comid;
    comid.id = std::string("roots");
    rats::Environment environment;
    environment.class_map =
        rats::Class{.id = {}, .vendor = "Veraison Project", .model = "RIOT", .layer = {}, .index = {}};
    comid.attestation_keys.push_back(
        {.environment = environment,
         .keys = {{.tag = rats::kTagPkixBase64Cert, .value = to_bytes(as_bytes(root.pem()))}}});
    return corim("device roots", "tag:veraison-project.com,2026:riot", std::move(comid));
  }
  [[nodiscard]] rats::Corim reference_values(const std::string& id = "firmware") const {
    rats::Comid comid;
    comid.id = id;
    rats::ReferenceTriple triple;
    triple.environment.class_map = rats::Class{.id = {}, .vendor = vendor, .model = {}, .layer = {}, .index = {}};
    rats::Measurement measurement;
    measurement.values.digests.push_back({.algorithm = std::int64_t{1}, .value = firmware});
    measurement.values.svn = rats::Svn{.value = 3, .minimum = true};
    triple.measurements.push_back(std::move(measurement));
    comid.reference_values.push_back(std::move(triple));
    return corim(id, "tag:credence.example,2026:dice", std::move(comid));
  }

 private:
  [[nodiscard]] static rats::Corim corim(const std::string& id, const std::string& profile, rats::Comid comid) {
    rats::Corim corim;
    corim.id = id;
    corim.profile = profile;
    corim.comids.push_back(std::move(comid));
    return corim;
  }
};

}  // namespace credence::test
