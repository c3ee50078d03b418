#include "rot/software/structures.h"

#include <array>
#include <format>

#include "wire/tls/writer.h"

namespace credence::rot::software {
namespace {

namespace tpm = evidence::tpm;

constexpr std::uint32_t kGenerated = 0xff544347;  // TPM_GENERATED_VALUE
constexpr std::uint64_t kFirmwareVersion = 0;     // there is no firmware
constexpr std::size_t kSelectSize = 3;            // 24 PCRs, as on a PC Client TPM

void write_tpm2b(tls::Writer& writer, ByteView octets) {
  writer.u16(static_cast<std::uint16_t>(octets.size())).fixed(octets);
}

// TPM_ECC_CURVE (part 2, 6.4).
Result<std::uint16_t> curve_of(crypto::KeyType type) {
  switch (type) {
    case crypto::KeyType::ec_p256:
      return 0x0003;
    case crypto::KeyType::ec_p384:
      return 0x0004;
    default:
      return fail(Errc::unsupported_algorithm, std::format("expected a P-256 or P-384 key, got {}", name(type)));
  }
}

// TPMS_PCR_SELECTION (part 2, 10.6.2): bit i of octet j selects PCR 8j + i.
Result<void> write_selection(tls::Writer& writer, std::uint16_t alg, const std::map<std::uint8_t, Bytes>& bank) {
  std::array<std::uint8_t, kSelectSize> bitmap{};
  for (const auto& [pcr, value] : bank) {
    if (pcr >= kSelectSize * 8)
      return fail(Errc::configuration, std::format("expected PCR numbers up to {}, got {}", kSelectSize * 8 - 1, pcr));
    auto& octet = bitmap[pcr / 8U];
    octet = static_cast<std::uint8_t>(octet | 1U << (pcr % 8U));
  }
  writer.u16(alg).u8(kSelectSize).fixed(bitmap);
  return {};
}

}  // namespace

Result<Bytes> encode_public(const crypto::PublicKey& key, std::uint32_t attributes, crypto::HashAlgorithm hash) {
  TRY(const std::uint16_t curve, curve_of(key.type()));
  TRY(const crypto::EcPoint point, key.ec_point());
  tls::Writer writer;
  writer.u16(tpm::kAlgEcc).u16(tpm::kAlgSha256).u32(attributes);
  write_tpm2b(writer, {});                                   // authPolicy
  writer.u16(tpm::kAlgNull);                                 // symmetric
  writer.u16(tpm::kAlgEcdsa).u16(tpm::alg_from_hash(hash));  // scheme
  writer.u16(curve).u16(tpm::kAlgNull);                      // curveID, kdf
  write_tpm2b(writer, point.x);
  write_tpm2b(writer, point.y);
  return writer.take();
}

Result<Bytes> qualified_name(Hierarchy hierarchy, ByteView name) {
  tls::Writer handle;
  handle.u32(static_cast<std::uint32_t>(hierarchy));
  TRY(const crypto::Digest digest, crypto::digest(crypto::HashAlgorithm::sha256, {handle.view(), name}));
  tls::Writer writer;
  writer.u16(tpm::kAlgSha256).fixed(digest.view());
  return writer.take();
}

Bytes encode_certify_info(ByteView name, ByteView qualified_name) {
  tls::Writer writer;
  write_tpm2b(writer, name);
  write_tpm2b(writer, qualified_name);
  return writer.take();
}

Result<Bytes> encode_quote_info(const tpm::PcrValues& pcrs) {
  tls::Writer writer;
  writer.u32(static_cast<std::uint32_t>(pcrs.size()));
  TRY(crypto::Hasher hasher, crypto::Hasher::start(crypto::HashAlgorithm::sha256));
  for (const auto& [alg, bank] : pcrs) {
    CHECK(write_selection(writer, alg, bank));
    for (const auto& [pcr, value] : bank) CHECK(hasher.update(value));
  }
  TRY(const crypto::Digest digest, hasher.current());
  write_tpm2b(writer, digest.view());
  return writer.take();
}

Bytes encode_attest(AttestType type, ByteView qualified_signer, ByteView extra_data, const tpm::ClockInfo& clock,
                    ByteView info) {
  tls::Writer writer;
  writer.u32(kGenerated).u16(static_cast<std::uint16_t>(type));
  write_tpm2b(writer, qualified_signer);
  write_tpm2b(writer, extra_data);
  writer.u64(clock.clock).u32(clock.reset_count).u32(clock.restart_count).u8(clock.safe ? 1 : 0);
  writer.u64(kFirmwareVersion).fixed(info);
  return writer.take();
}

}  // namespace credence::rot::software
