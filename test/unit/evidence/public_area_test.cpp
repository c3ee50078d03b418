#include <gtest/gtest.h>

#include <ostream>

#include "evidence/tpm/structures.h"
#include "support/evidence_maker.h"
#include "support/refusal.h"

namespace credence::evidence::tpm {
namespace {

struct MadeKey {
  crypto::PrivateKey key = test::make_key();
  Bytes octets = test::make_public_area(key.public_key(), test::kTlsKeyAttributes);
};

TEST(Public, GivesKeyAndAttributes) {
  const MadeKey made;
  const Public area = decode_public(made.octets).value();
  EXPECT_EQ(area.key(), made.key.public_key());
  EXPECT_EQ(area.attributes, test::kTlsKeyAttributes);
  EXPECT_TRUE(area.has(kFixedTpm | kSign));
  EXPECT_FALSE(area.has(kSign | kRestricted));
  EXPECT_EQ(area.scheme, kAlgEcdsa);
  EXPECT_EQ(area.scheme_hash, kAlgSha256);
  EXPECT_EQ(name_of(area).value(), test::make_name(made.octets));
}

TEST(Public, HasOneLength) { test::expect_exact_length(MadeKey{}.octets, decode_public); }

TEST(Public, GivesAnRsaKey) {
  const crypto::PrivateKey key = crypto::PrivateKey::generate(crypto::KeyType::rsa).value();
  const Bytes modulus = key.public_key().rsa().value().modulus;
  tls::Writer writer;
  writer.u16(kAlgRsa).u16(kAlgSha256).u32(test::kTlsKeyAttributes).u16(0).u16(kAlgNull).u16(kAlgRsassa).u16(kAlgSha256);
  writer.u16(static_cast<std::uint16_t>(modulus.size() * 8)).u32(0);
  test::write_tpm2b(writer, modulus);
  Bytes octets = writer.take();
  EXPECT_EQ(decode_public(octets).value().key(), key.public_key());
  octets[17] ^= 1;  // keyBits
  test::expect_refused(decode_public(octets), Errc::invalid_value, "keyBits");
}

// Offsets: type 0, nameAlg 2, attributes 4, authPolicy 8, symmetric 10, scheme 12, hash 14, curve 16, kdf 18, x 20,
// y 54.
struct Flip {
  std::string name;
  std::size_t offset = 0;
  std::uint8_t value = 0;
  Errc code{};
  std::string why;
};
void PrintTo(const Flip& flip, std::ostream* out) { *out << flip.name; }

class PublicFlip : public testing::TestWithParam<Flip> {};
INSTANTIATE_TEST_SUITE_P(
    Refusals, PublicFlip,
    testing::Values(Flip{"Type", 1, 0x08, Errc::unsupported_algorithm, "type: expected ECC (0x0023)"},
                    Flip{"NameAlgSha1", 3, 0x04, Errc::unsupported_algorithm, "nameAlg: expected SHA-256"},
                    Flip{"PolicyTooLong", 9, 65, Errc::too_large, "authPolicy"},
                    Flip{"Scheme", 13, 0x50, Errc::unsupported_algorithm, "unknown scheme"},
                    Flip{"Curve", 17, 0x10, Errc::unsupported_algorithm, "curveID"}),
    [](const auto& example) { return example.param.name; });

TEST_P(PublicFlip, IsRefused) {
  Bytes octets = MadeKey{}.octets;
  ASSERT_TRUE(decode_public(octets));
  octets[GetParam().offset] = octets[GetParam().offset] == GetParam().value ? 0xfe : GetParam().value;
  test::expect_refused(decode_public(octets), GetParam().code, GetParam().why);
}

TEST(Public, GivesNoKeyOffTheCurve) {
  Bytes octets = MadeKey{}.octets;
  EXPECT_TRUE(decode_public(octets).value().key());
  octets[60] ^= 0xff;
  test::expect_refused(decode_public(octets).value().key(), Errc::bad_key,
                       "does not take these values as a public key");
}

}  // namespace
}  // namespace credence::evidence::tpm
