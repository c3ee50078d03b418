#include "sign/cose/sign1.h"

#include <gtest/gtest.h>

#include <string>

#include "base/text.h"
#include "wire/cbor/writer.h"

namespace credence::cose {
namespace {

using crypto::KeyType;
using crypto::PrivateKey;

Bytes hex(std::string_view text) { return from_hex(text).value(); }

const std::string kSignature(128, '1');

// #6.18([protected, unprotected, 'payload', 64 octets]), from the hexadecimal encodings of the maps.
Bytes message(const std::string& protected_map, const std::string& unprotected_map = "a0") {
  Bytes out = hex("d284");
  append(out, cbor::Writer().bytes(hex(protected_map)).take());
  append(out, hex(unprotected_map));
  append(out, cbor::Writer().bytes(as_bytes("payload")).bytes(hex(kSignature)).take());
  return out;
}

TEST(Sign1, EveryKeySignsWhatItsPublicKeyVerifies) {
  for (const KeyType type : {KeyType::ec_p256, KeyType::ec_p384, KeyType::ec_p521, KeyType::rsa, KeyType::ed25519}) {
    const PrivateKey key = PrivateKey::generate(type).value();
    const Bytes signed_message = sign1(key, {}, as_bytes("payload"), as_bytes("aad")).value();
    Sign1 decoded = decode_sign1(signed_message).value();
    EXPECT_EQ(as_text(decoded.payload), "payload");
    EXPECT_EQ(decoded.protected_headers.algorithm, key.default_algorithm());
    EXPECT_TRUE(verify(decoded, key.public_key(), as_bytes("aad"))) << name(type);
    EXPECT_EQ(verify(decoded, key.public_key(), as_bytes("aaa")).error().code, Errc::bad_signature) << name(type);
    EXPECT_EQ(verify(decoded, key.public_key()).error().code, Errc::bad_signature) << name(type);
    decoded.payload.push_back('!');
    EXPECT_EQ(verify(decoded, key.public_key(), as_bytes("aad")).error().code, Errc::bad_signature) << name(type);
  }
}

TEST(Sign1, HeadersGoThereAndBack) {
  const PrivateKey key = PrivateKey::generate(KeyType::ec_p256).value();
  const Headers written{.algorithm = std::nullopt,
                        .content_type = "application/rim+cbor",
                        .kid = hex("0102"),
                        .x5chain = {hex("aa"), hex("bbbb")},
                        .corim_meta = hex("a0"),
                        .cwt_claims = hex("a10161"
                                          "69")};
  const Sign1 decoded = decode_sign1(sign1(key, written, {}).value()).value();
  const Headers& read = decoded.protected_headers;
  EXPECT_EQ(read.algorithm, crypto::SignatureAlgorithm::es256);
  EXPECT_EQ(read.content_type, written.content_type);
  EXPECT_EQ(read.kid, written.kid);
  EXPECT_EQ(read.x5chain, written.x5chain);
  EXPECT_EQ(read.corim_meta, written.corim_meta);
  EXPECT_EQ(read.cwt_claims, written.cwt_claims);
  EXPECT_TRUE(verify(decoded, key.public_key()));
}

TEST(Sign1, ProtectedOctetsAreVerifiedAsReceived) {
  // The same header in two encodings: a signature over one must not pass for the other.
  const PrivateKey key = PrivateKey::generate(KeyType::ec_p256).value();
  Sign1 decoded = decode_sign1(sign1(key, {}, as_bytes("payload")).value()).value();
  ASSERT_TRUE(verify(decoded, key.public_key()));
  ASSERT_EQ(to_hex(decoded.protected_octets), "a10126");
  decoded.protected_octets = hex("a1180126");
  EXPECT_EQ(verify(decoded, key.public_key()).error().code, Errc::bad_signature);
}

TEST(Sign1, AlgorithmMustBeForTheKey) {
  const PrivateKey key = PrivateKey::generate(KeyType::ec_p384).value();
  const Sign1 es256 = decode_sign1(message("a10126")).value();
  EXPECT_EQ(verify(es256, key.public_key()).error().code, Errc::unsupported_algorithm);
  const Sign1 without = decode_sign1(message("a0")).value();
  EXPECT_EQ(verify(without, key.public_key()).error().code, Errc::missing_member);
  const auto signed_message = sign1(key, {.algorithm = crypto::SignatureAlgorithm::es256}, {});
  EXPECT_EQ(signed_message.error().code, Errc::unsupported_algorithm);
}

TEST(Sign1, X5chainIsOneCertificateOrAnArray) {
  EXPECT_EQ(decode_sign1(message("a10126", "a1182141aa"))->unprotected_headers.x5chain, std::vector<Bytes>{hex("aa")});
  EXPECT_EQ(decode_sign1(message("a10126", "a118218241aa41bb"))->unprotected_headers.x5chain,
            (std::vector<Bytes>{hex("aa"), hex("bb")}));
}

TEST(Sign1, TagIsOptionalOnlyWhenSaid) {
  const Bytes tagged = message("a10126");
  const Bytes untagged(tagged.begin() + 1, tagged.end());
  EXPECT_TRUE(decode_sign1(tagged));
  EXPECT_TRUE(decode_sign1(tagged, Tagged::optional));
  EXPECT_TRUE(decode_sign1(untagged, Tagged::optional));
  EXPECT_FALSE(decode_sign1(untagged));
  Bytes other_tag = tagged;
  other_tag[0] = 0xd1;  // 17: COSE_Mac0
  EXPECT_FALSE(decode_sign1(other_tag));
  EXPECT_FALSE(decode_sign1(other_tag, Tagged::optional));
}

TEST(Sign1, CriticalParametersThatAreUnderstood) {
  EXPECT_TRUE(decode_sign1(message("a301260281030300")));
  EXPECT_TRUE(
      decode_sign1(message("a2012602"
                           "8101")));
}

struct Refused {
  std::string name;
  Bytes input;
  Errc code;
};
void PrintTo(const Refused& refused, std::ostream* out) { *out << refused.name; }

class RefusedSign1 : public testing::TestWithParam<Refused> {};

TEST_P(RefusedSign1, SaysWhy) {
  const auto decoded = decode_sign1(GetParam().input);
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().code, GetParam().code) << decoded.error().text();
  EXPECT_FALSE(decoded.error().why.empty());
}

Bytes without_last(Bytes octets) {
  octets.pop_back();
  return octets;
}

Bytes with_more(Bytes octets) {
  octets.push_back(0);
  return octets;
}

const Refused kRefused[] = {{"Empty", {}, Errc::truncated},
                            {"CutOff", without_last(message("a10126")), Errc::truncated},
                            {"TrailingOctets", with_more(message("a10126")), Errc::trailing_bytes},
                            {"DetachedPayload", hex("d28443a10126a0f640"), Errc::unsupported},
                            {"ThreeMembers", hex("d28343a10126a040"), Errc::missing_member},
                            {"FiveMembers", hex("d28543a10126a0404000"), Errc::malformed},
                            {"ProtectedIsNoByteString", hex("d284a10126a04040"), Errc::unexpected_type},
                            {"ProtectedIsNoMap", message("820126"), Errc::unexpected_type},
                            {"ProtectedHasTrailingOctets", message("a1012600"), Errc::trailing_bytes},
                            {"AlgorithmIsUnknown", message("a1013903e7"), Errc::unsupported_algorithm},
                            {"AlgorithmIsAName",
                             message("a10165"
                                     "4553323536"),
                             Errc::unsupported_algorithm},
                            {"AlgorithmIsUnprotected", message("a0", "a10126"), Errc::invalid_value},
                            {"DuplicateInOneBucket", message("a201260126"), Errc::duplicate_key},
                            {"DuplicateInAnotherEncoding", message("a20126180126"), Errc::duplicate_key},
                            {"DuplicateOverBothBuckets", message("a20126044101", "a1044101"), Errc::duplicate_key},
                            {"DuplicateUnknownOverBothBuckets",
                             message("a2012618630"
                                     "0",
                                     "a1186300"),
                             Errc::duplicate_key},
                            {"DuplicateNameOverBothBuckets", message("a20126616100", "a1616100"), Errc::duplicate_key},
                            {"CriticalNotUnderstood",
                             message("a301260281186318630"
                                     "0"),
                             Errc::unsupported},
                            {"CriticalNameNotUnderstood", message("a3012602816161616100"), Errc::unsupported},
                            {"CriticalAbsent", message("a20126028103"), Errc::missing_member},
                            {"CriticalEmpty", message("a201260280"), Errc::invalid_value},
                            {"CriticalUnprotected", message("a10126", "a1028101"), Errc::invalid_value},
                            {"CwtClaimsUnprotected", message("a10126", "a10fa0"), Errc::invalid_value},
                            {"CwtClaimsAreNoMap", message("a201260f00"), Errc::unexpected_type},
                            {"X5chainIsEmpty", message("a20126182180"), Errc::invalid_value},
                            {"X5chainIsLong",
                             message("a20126182191"
                                     "4040404040404040404040404040404040"),
                             Errc::too_large},
                            {"LabelIsAnArray",
                             message("a2012680"
                                     "00"),
                             Errc::unexpected_type}};

INSTANTIATE_TEST_SUITE_P(Cose, RefusedSign1, testing::ValuesIn(kRefused),
                         [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace credence::cose
