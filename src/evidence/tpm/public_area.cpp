// TPMT_PUBLIC (part 2, 12.2.4) of ECC and RSA keys, and the Name over it.
#include <array>
#include <format>

#include "crypto/spki.h"
#include "evidence/tpm/structures.h"
#include "evidence/tpm/tpm2b.h"
#include "wire/tls/reader.h"

namespace credence::evidence::tpm {
namespace {

// Part 2, 6.3: schemes that carry a hash, one that also carries a count, one that carries nothing.
constexpr std::uint16_t kAlgRsaes = 0x0015, kAlgOaep = 0x0017, kAlgEcdh = 0x0019, kAlgEcdaa = 0x001a, kAlgSm2 = 0x001b,
                        kAlgEcSchnorr = 0x001c;
// TPM_ECC_CURVE (part 2, 6.4).
constexpr std::uint16_t kCurveP256 = 0x0003, kCurveP384 = 0x0004, kCurveP521 = 0x0005;
// A zero exponent stands for this one (part 2, 12.2.3.5).
constexpr std::uint32_t kDefaultExponent = 65'537;

struct Head {
  std::uint16_t type = 0;
  std::uint16_t name_alg = 0;
  std::uint32_t attributes = 0;
  ByteView auth_policy;
};

Result<Head> read_head(tls::Reader& reader) {
  Head head;
  TRY(head.type, reader.u16());
  if (head.type != kAlgEcc && head.type != kAlgRsa)
    return fail_at(Errc::unsupported_algorithm, 0,
                   std::format("type: expected ECC (0x0023) or RSA (0x0001), got {:#06x}", head.type));
  const std::size_t name_alg_offset = reader.offset();
  TRY(head.name_alg, reader.u16());
  // The Name is all that a certify says of a key: over a hash with collisions it would say nothing.
  if (!hash_from_alg(head.name_alg))
    return fail_at(Errc::unsupported_algorithm, name_alg_offset,
                   std::format("nameAlg: expected SHA-256, SHA-384 or SHA-512, got {:#06x}", head.name_alg));
  TRY(head.attributes, reader.u32());
  TRY(head.auth_policy, read_tpm2b(reader, kMaxDigest, "authPolicy"));
  return head;
}

// TPMT_SYM_DEF_OBJECT: a restricted decryption key (EK, storage key) has one, others NULL.
Result<void> skip_symmetric(tls::Reader& reader) {
  TRY(const std::uint16_t algorithm, reader.u16());
  if (algorithm == kAlgNull) return {};
  TRY([[maybe_unused]] const std::uint32_t key_bits_and_mode, reader.u32());
  return {};
}

struct Scheme {
  std::uint16_t algorithm = kAlgNull;
  std::uint16_t hash = 0;
};

// TPMT_ASYM_SCHEME.
Result<Scheme> read_scheme(tls::Reader& reader) {
  const std::size_t start = reader.offset();
  Scheme scheme;
  TRY(scheme.algorithm, reader.u16());
  switch (scheme.algorithm) {
    case kAlgNull:
    case kAlgRsaes:
      return scheme;
    case kAlgEcdaa: {
      TRY(scheme.hash, reader.u16());
      TRY([[maybe_unused]] const std::uint16_t count, reader.u16());
      return scheme;
    }
    case kAlgRsassa:
    case kAlgRsapss:
    case kAlgOaep:
    case kAlgEcdsa:
    case kAlgEcdh:
    case kAlgSm2:
    case kAlgEcSchnorr: {
      TRY(scheme.hash, reader.u16());
      return scheme;
    }
    default:
      return fail_at(Errc::unsupported_algorithm, start, std::format("unknown scheme {:#06x}", scheme.algorithm));
  }
}

// TPMT_KDF_SCHEME.
Result<void> skip_kdf(tls::Reader& reader) {
  TRY(const std::uint16_t algorithm, reader.u16());
  if (algorithm == kAlgNull) return {};
  TRY([[maybe_unused]] const std::uint16_t hash, reader.u16());
  return {};
}

Result<crypto::KeyType> curve_type(std::uint16_t curve, std::size_t offset) {
  switch (curve) {
    case kCurveP256:
      return crypto::KeyType::ec_p256;
    case kCurveP384:
      return crypto::KeyType::ec_p384;
    case kCurveP521:
      return crypto::KeyType::ec_p521;
    default:
      return fail_at(Errc::unsupported_algorithm, offset,
                     std::format("curveID: expected P-256, P-384 or P-521 (3, 4, 5), got {:#06x}", curve));
  }
}

struct Parameters {
  Scheme scheme;
  std::uint16_t curve = 0;
  crypto::KeyMaterial key;
};

// TPMS_ECC_PARMS and TPMS_ECC_POINT.
Result<Parameters> read_ecc(tls::Reader& reader) {
  CHECK(skip_symmetric(reader));
  TRY(const Scheme scheme, read_scheme(reader));
  const std::size_t curve_offset = reader.offset();
  TRY(const std::uint16_t curve, reader.u16());
  TRY(const crypto::KeyType type, curve_type(curve, curve_offset));
  CHECK(skip_kdf(reader));
  TRY(const ByteView x, read_tpm2b(reader, kMaxCoordinate, "unique.x"));
  TRY(const ByteView y, read_tpm2b(reader, kMaxCoordinate, "unique.y"));
  CHECK(reader.finish());
  TRY(crypto::KeyMaterial key, crypto::ec_material(type, x, y));
  return Parameters{.scheme = scheme, .curve = curve, .key = std::move(key)};
}

// TPMS_RSA_PARMS and TPM2B_PUBLIC_KEY_RSA.
Result<Parameters> read_rsa(tls::Reader& reader) {
  CHECK(skip_symmetric(reader));
  TRY(const Scheme scheme, read_scheme(reader));
  TRY(const std::uint16_t key_bits, reader.u16());
  TRY(std::uint32_t exponent, reader.u32());
  if (exponent == 0) exponent = kDefaultExponent;
  const std::size_t modulus_offset = reader.offset();
  TRY(const ByteView modulus, read_tpm2b(reader, kMaxRsaParameter, "unique.rsa"));
  CHECK(reader.finish());
  if (modulus.size() * 8 != key_bits)
    return fail_at(Errc::invalid_value, modulus_offset,
                   std::format("keyBits says {}, the modulus has {} bits", key_bits, modulus.size() * 8));
  const std::array<std::uint8_t, 4> octets = {
      static_cast<std::uint8_t>(exponent >> 24), static_cast<std::uint8_t>(exponent >> 16),
      static_cast<std::uint8_t>(exponent >> 8), static_cast<std::uint8_t>(exponent)};
  const auto* first = std::ranges::find_if(octets, [](std::uint8_t octet) { return octet != 0; });
  return Parameters{.scheme = scheme, .curve = 0, .key = crypto::rsa_material(modulus, ByteView(first, octets.end()))};
}

}  // namespace

Result<Public> decode_public(ByteView tpmt_public) {
  tls::Reader reader(tpmt_public);
  TRY(const Head head, read_head(reader));
  TRY(const Parameters parameters, head.type == kAlgEcc ? read_ecc(reader) : read_rsa(reader));
  return Public{.type = head.type,
                .name_alg = head.name_alg,
                .attributes = head.attributes,
                .auth_policy = to_bytes(head.auth_policy),
                .scheme = parameters.scheme.algorithm,
                .scheme_hash = parameters.scheme.hash,
                .curve = parameters.curve,
                .key_type = parameters.key.type,
                .spki = crypto::encode_spki(parameters.key),
                .raw = to_bytes(tpmt_public)};
}

Result<Name> name_of(const Public& area) {
  const auto hash = hash_from_alg(area.name_alg);
  if (!hash) return fail(Errc::unsupported_algorithm, std::format("no hash for nameAlg {:#06x}", area.name_alg));
  TRY(const crypto::Digest digest, crypto::digest(*hash, area.raw));
  Name name(std::array{static_cast<std::uint8_t>(area.name_alg >> 8), static_cast<std::uint8_t>(area.name_alg)});
  name.append(digest.view());
  return name;
}

}  // namespace credence::evidence::tpm
