#include "crypto/aead.h"

#include <gtest/gtest.h>

#include <ostream>

#include "base/text.h"

namespace credence::crypto {
namespace {

Bytes hex(std::string_view text) { return from_hex(text).value(); }

struct Vector {
  std::string_view name, plaintext, associated, sealed;
};
void PrintTo(const Vector& vector, std::ostream* out) { *out << vector.name; }

// RFC 8452 appendix C.2, all with the same key and nonce.
constexpr std::string_view kKey = "0100000000000000000000000000000000000000000000000000000000000000";
constexpr std::string_view kNonce = "030000000000000000000000";

class Rfc8452 : public testing::TestWithParam<Vector> {};
INSTANTIATE_TEST_SUITE_P(All, Rfc8452,
                         testing::Values(Vector{"empty", "", "", "07f5f4169bbf55a8400cd47ea6fd400f"},
                                         Vector{"8_octets", "0100000000000000", "",
                                                "c2ef328e5c71c83b843122130f7364b761e0b97427e3df28"},
                                         Vector{"8_octets_and_associated", "0200000000000000", "01",
                                                "1de22967237a813291213f267e3b452f02d01ae33e4ec854"}),
                         [](const auto& vector) { return std::string(vector.param.name); });

TEST_P(Rfc8452, IsSealedAndOpened) {
  const AeadKey key = AeadKey::from(hex(kKey)).value();
  const Vector& vector = GetParam();
  EXPECT_EQ(to_hex(key.seal(hex(kNonce), hex(vector.associated), hex(vector.plaintext)).value()), vector.sealed);
  EXPECT_EQ(to_hex(key.open(hex(kNonce), hex(vector.associated), hex(vector.sealed)).value()), vector.plaintext);
}

TEST(Aead, OpensNothingThatWasNotSealed) {
  const AeadKey key = AeadKey::from(Bytes(32, 7)).value();
  const Bytes nonce(12, 1), associated{1, 2, 3}, plaintext{9, 8, 7, 6, 5};
  const Bytes sealed = key.seal(nonce, associated, plaintext).value();
  ASSERT_EQ(key.open(nonce, associated, sealed).value(), plaintext);
  for (std::size_t at = 0; at < sealed.size(); ++at) {
    Bytes changed = sealed;
    changed[at] ^= 0x10;
    EXPECT_EQ(key.open(nonce, associated, changed).error().code, Errc::bad_signature) << at;
  }
  EXPECT_EQ(key.open(Bytes(12, 2), associated, sealed).error().code, Errc::bad_signature);
  EXPECT_EQ(key.open(nonce, Bytes{1, 2}, sealed).error().code, Errc::bad_signature);
  EXPECT_EQ(AeadKey::from(Bytes(32, 8))->open(nonce, associated, sealed).error().code, Errc::bad_signature);
  EXPECT_EQ(key.open(nonce, associated, ByteView(sealed).first(15)).error().code, Errc::truncated);
}

TEST(Aead, RefusesOtherSizes) {
  EXPECT_EQ(AeadKey::from(Bytes(31)).error().code, Errc::bad_key);
  EXPECT_EQ(AeadKey::from(Bytes(32))->seal(Bytes(11), {}, {}).error().code, Errc::invalid_value);
}

}  // namespace
}  // namespace credence::crypto
