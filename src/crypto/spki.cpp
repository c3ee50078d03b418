#include "crypto/spki.h"

#include <algorithm>
#include <array>
#include <format>
#include <utility>

#include "crypto/der.h"

namespace credence::crypto {
namespace {

// What precedes the point of an EC key or the octets of an Ed25519 key: everything up to and with the "unused bits"
// octet of the BIT STRING. It is constant for each type because the keys have a constant length.
constexpr auto kP256Prefix =
    std::to_array<std::uint8_t>({0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01,
                                 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00});
constexpr auto kP384Prefix =
    std::to_array<std::uint8_t>({0x30, 0x76, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02,
                                 0x01, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22, 0x03, 0x62, 0x00});
constexpr auto kP521Prefix =
    std::to_array<std::uint8_t>({0x30, 0x81, 0x9b, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02,
                                 0x01, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x23, 0x03, 0x81, 0x86, 0x00});
constexpr auto kEd25519Prefix =
    std::to_array<std::uint8_t>({0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00});
constexpr auto kRsaAlgorithm = std::to_array<std::uint8_t>(
    {0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00});

constexpr std::uint8_t kUncompressed = 0x04;  // SEC 1 section 2.3.3

struct FixedForm {
  KeyType type;
  ByteView prefix;
  std::size_t key_size;
  bool is_point;
};

const std::array<FixedForm, 4>& fixed_forms() {
  static const std::array<FixedForm, 4> forms{FixedForm{KeyType::ec_p256, kP256Prefix, 65, true},
                                              FixedForm{KeyType::ec_p384, kP384Prefix, 97, true},
                                              FixedForm{KeyType::ec_p521, kP521Prefix, 133, true},
                                              FixedForm{KeyType::ed25519, kEd25519Prefix, kEd25519KeySize, false}};
  return forms;
}

bool matches(const FixedForm& form, ByteView der) {
  return der.size() == form.prefix.size() + form.key_size && equal(der.first(form.prefix.size()), form.prefix) &&
         (!form.is_point || der[form.prefix.size()] == kUncompressed);
}

// SEQUENCE { algorithm, BIT STRING { SEQUENCE { modulus INTEGER, publicExponent INTEGER } } }
Result<KeyView> read_rsa(ByteView der) {
  der::Reader outer(der);
  TRY(der::Reader info, outer.nested(der::Tag::sequence));
  CHECK(outer.finish());
  CHECK(info.literal(kRsaAlgorithm));
  TRY(der::Reader bits, info.nested(der::Tag::bit_string));
  CHECK(info.finish());
  constexpr std::array<std::uint8_t, 1> no_unused_bits{0};
  CHECK(bits.literal(no_unused_bits));
  TRY(der::Reader key, bits.nested(der::Tag::sequence));
  CHECK(bits.finish());
  TRY(const ByteView modulus, key.unsigned_integer());
  TRY(const ByteView exponent, key.unsigned_integer());
  CHECK(key.finish());
  return KeyView{.type = KeyType::rsa, .key = {}, .modulus = modulus, .exponent = exponent};
}

Bytes encode_rsa(const RsaPublic& rsa) {
  Bytes numbers;
  der::append_unsigned_integer(numbers, rsa.modulus);
  der::append_unsigned_integer(numbers, rsa.exponent);
  Bytes bits{0};
  der::append_element(bits, der::Tag::sequence, numbers);
  Bytes info = to_bytes(kRsaAlgorithm);
  der::append_element(info, der::Tag::bit_string, bits);
  Bytes out;
  der::append_element(out, der::Tag::sequence, info);
  return out;
}

// Left-padded with zeros to the length of the field.
Result<void> place_coordinate(MutableByteView field, ByteView coordinate) {
  const ByteView digits = der::without_leading_zeros(coordinate);
  if (digits.size() > field.size()) {
    return fail(Errc::bad_key,
                std::format("expected a coordinate of at most {} octets, got {}", field.size(), digits.size()));
  }
  std::ranges::copy(digits, field.last(digits.size()).begin());
  return {};
}

}  // namespace

Result<KeyMaterial> ec_material(KeyType curve, ByteView x, ByteView y) {
  const std::size_t field = field_size(curve);
  if (field == 0) {
    return fail(Errc::unexpected_type, std::format("expected the curve P-256, P-384 or P-521, got {}", name(curve)));
  }
  Bytes point(1 + 2 * field);
  point[0] = kUncompressed;
  const MutableByteView coordinates = MutableByteView(point).subspan(1);
  CHECK(place_coordinate(coordinates.first(field), x));
  CHECK(place_coordinate(coordinates.last(field), y));
  return KeyMaterial{.type = curve, .key = std::move(point), .rsa = {}};
}

KeyMaterial rsa_material(ByteView modulus, ByteView exponent) {
  return {.type = KeyType::rsa,
          .key = {},
          .rsa = {.modulus = to_bytes(der::without_leading_zeros(modulus)),
                  .exponent = to_bytes(der::without_leading_zeros(exponent))}};
}

Result<KeyView> read_spki(ByteView der) {
  // protocol section 2.4: one encoding of each key. The binder hashes these octets; a second encoding of the same key
  // would let a peer present evidence for "another" key that is the same, or the reverse.
  for (const FixedForm& form : fixed_forms()) {
    if (matches(form, der)) {
      return KeyView{.type = form.type, .key = der.subspan(form.prefix.size()), .modulus = {}, .exponent = {}};
    }
  }
  auto rsa = read_rsa(der);
  if (!rsa) {
    return fail_at(Errc::bad_key, rsa.error().offset.value_or(0),
                   "expected a SubjectPublicKeyInfo of P-256, P-384 or P-521 (named curve, uncompressed point), "
                   "Ed25519 or RSA, in DER without trailing octets");
  }
  return rsa;
}

KeyMaterial material_of(const KeyView& key) {
  return {.type = key.type,
          .key = to_bytes(key.key),
          .rsa = {.modulus = to_bytes(key.modulus), .exponent = to_bytes(key.exponent)}};
}

Result<KeyMaterial> decode_spki(ByteView der) { return read_spki(der).transform(material_of); }

Bytes encode_spki(const KeyMaterial& material) {
  for (const FixedForm& form : fixed_forms()) {
    if (form.type != material.type) continue;
    Bytes out;
    out.reserve(form.prefix.size() + material.key.size());
    append(out, form.prefix);
    append(out, material.key);
    return out;
  }
  return encode_rsa(material.rsa);
}

}  // namespace credence::crypto
