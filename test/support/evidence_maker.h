// A TPM's bundle made in software, with every part of it open to be made wrong. It shares no code with rot/software:
// a mistake there must not hide behind the same mistake here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/strong.h"
#include "crypto/hash.h"
#include "crypto/key.h"
#include "evidence/tpm/bundle.h"
#include "evidence/tpm/endorsement.h"
#include "evidence/tpm/structures.h"
#include "wire/tls/writer.h"

namespace credence::test {

namespace tpm = evidence::tpm;

inline void write_tpm2b(tls::Writer& writer, ByteView octets) {
  writer.u16(static_cast<std::uint16_t>(octets.size())).fixed(octets);
}

// TPMT_PUBLIC of an ECDSA P-256 key.
inline Bytes make_public_area(const crypto::PublicKey& key, std::uint32_t attributes) {
  const crypto::EcPoint point = key.ec_point().value();
  tls::Writer writer;
  writer.u16(tpm::kAlgEcc).u16(tpm::kAlgSha256).u32(attributes).u16(0);  // no authPolicy
  writer.u16(tpm::kAlgNull).u16(tpm::kAlgEcdsa).u16(tpm::kAlgSha256).u16(0x0003).u16(tpm::kAlgNull);
  write_tpm2b(writer, point.x);
  write_tpm2b(writer, point.y);
  return writer.take();
}

inline Bytes make_name(ByteView public_area) {
  Bytes name = {0x00, 0x0b};
  append(name, crypto::digest(crypto::HashAlgorithm::sha256, public_area).value().view());
  return name;
}

inline Bytes make_kid(const crypto::PublicKey& key) {
  Bytes kid = {0x01};
  append(kid, crypto::digest(crypto::HashAlgorithm::sha256, key.spki()).value().view());
  return kid;
}

inline crypto::PrivateKey make_key() { return crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value(); }

inline constexpr std::uint32_t kTlsKeyAttributes =
    tpm::kFixedTpm | tpm::kFixedParent | tpm::kSensitiveDataOrigin | tpm::kUserWithAuth | tpm::kSign;
inline constexpr std::uint32_t kAttestationKeyAttributes = kTlsKeyAttributes | tpm::kRestricted;

// All members may be changed before make(). What is empty is filled in as a TPM would.
struct EvidenceMaker {
  crypto::PrivateKey attestation_key = make_key();
  crypto::PrivateKey tls_key = make_key();
  std::uint32_t tls_key_attributes = kTlsKeyAttributes;
  std::uint32_t attestation_key_attributes = kAttestationKeyAttributes;
  tpm::Purpose purpose = tpm::Purpose::channel;
  std::string maker = "software TPM (test)";

  Bytes extra_data = Bytes(32, 0xee);
  Bytes qualified_signer = make_name(as_bytes("the endorsement hierarchy"));
  tpm::ClockInfo certify_clock{.clock = 1000, .reset_count = 5, .restart_count = 1, .safe = true};
  tpm::ClockInfo quote_clock{.clock = 1010, .reset_count = 5, .restart_count = 1, .safe = true};
  tpm::PcrValues pcrs = {{tpm::kAlgSha256, {{0, Bytes(32, 0x00)}, {1, Bytes(32, 0x01)}, {2, Bytes(32, 0x02)}}}};
  bool sends_pcrs = true;

  std::optional<Bytes> quote_extra_data{};
  std::optional<Bytes> quote_qualified_signer{};
  std::optional<Bytes> quote_kid{};
  std::optional<Bytes> certified_name{};
  std::optional<crypto::PrivateKey> quote_signer{};
  std::optional<tpm::PcrValues> sent_pcrs{};
  std::vector<Bytes> chain{};
  std::uint32_t magic = 0xff544347;

  [[nodiscard]] Bytes kid() const { return make_kid(attestation_key.public_key()); }

  [[nodiscard]] Bytes attest(std::uint16_t type, ByteView signer, ByteView extra, const tpm::ClockInfo& clock,
                             ByteView info) const {
    tls::Writer writer;
    writer.u32(magic).u16(type);
    write_tpm2b(writer, signer);
    write_tpm2b(writer, extra);
    writer.u64(clock.clock).u32(clock.reset_count).u32(clock.restart_count).u8(clock.safe ? 1 : 0);
    writer.u64(0x2024'0101'0001'0000).fixed(info);
    return writer.take();
  }

  [[nodiscard]] Bytes certify_info(ByteView public_area) const {
    tls::Writer writer;
    write_tpm2b(writer, certified_name.value_or(make_name(public_area)));
    write_tpm2b(writer, make_name(as_bytes("qualified name of the TLS key")));
    return writer.take();
  }

  [[nodiscard]] Bytes quote_info() const {
    tls::Writer writer;
    Bytes values;
    writer.u32(static_cast<std::uint32_t>(pcrs.size()));
    for (const auto& [bank, selected] : pcrs) {
      std::uint32_t bitmap = 0;
      for (const auto& [pcr, value] : selected) {
        bitmap |= 1U << pcr;
        append(values, value);
      }
      writer.u16(bank).u8(3);
      for (unsigned octet = 0; octet < 3; ++octet) writer.u8(static_cast<std::uint8_t>(bitmap >> (8 * octet)));
    }
    write_tpm2b(writer, crypto::digest(crypto::HashAlgorithm::sha256, values).value().view());
    return writer.take();
  }

  [[nodiscard]] static Bytes sign(const crypto::PrivateKey& key, ByteView message) {
    const Bytes signature = key.sign_ecdsa(crypto::digest(crypto::HashAlgorithm::sha256, message).value()).value();
    const ByteView octets(signature);
    return tpm::encode_signature({.scheme = tpm::kAlgEcdsa,
                                  .hash = crypto::HashAlgorithm::sha256,
                                  .r = tpm::Coordinate(octets.first(32)),
                                  .s = tpm::Coordinate(octets.last(32)),
                                  .rsa = {}});
  }

  [[nodiscard]] tpm::Bundle bundle() const {
    tpm::Bundle made;
    made.kat.kid = kid();
    made.kat.public_area = make_public_area(tls_key.public_key(), tls_key_attributes);
    made.kat.cert_info =
        attest(0x8017, qualified_signer, extra_data, certify_clock, certify_info(made.kat.public_area));
    made.kat.signature = sign(attestation_key, made.kat.cert_info);
    made.pat.kid = quote_kid.value_or(kid());
    made.pat.attest_info = attest(0x8018, quote_qualified_signer.value_or(qualified_signer),
                                  quote_extra_data.value_or(extra_data), quote_clock, quote_info());
    made.pat.signature = sign(quote_signer.value_or(attestation_key), made.pat.attest_info);
    if (sends_pcrs || !chain.empty()) made.ext.emplace();
    if (sends_pcrs) made.ext->pcrs = sent_pcrs.value_or(pcrs);
    if (!chain.empty()) made.ext->chain = chain;
    return made;
  }

  [[nodiscard]] Bytes make() const { return tpm::encode_bundle(bundle()); }

  [[nodiscard]] tpm::KeyFacts facts() const {
    const Bytes public_area = make_public_area(attestation_key.public_key(), attestation_key_attributes);
    return {.kid = Kid(kid()),
            .public_area = public_area,
            .name = make_name(public_area),
            .qualified_name = qualified_signer,
            .purpose = purpose,
            .ek_digest = Bytes(32, 0xe0),
            .maker = maker};
  }

  [[nodiscard]] tpm::Endorsement endorsement() const {
    tpm::Endorsement made;
    made.class_id = class_id();
    made.keys = {facts()};
    made.pcrs = pcrs;
    return made;
  }

  [[nodiscard]] static rats::Uuid class_id() {
    rats::Uuid id;
    id.octets.fill(0xc1);
    return id;
  }
};

}  // namespace credence::test
