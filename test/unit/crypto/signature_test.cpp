#include <gtest/gtest.h>
#include <openssl/err.h>

#include <algorithm>
#include <string>

#include "base/text.h"
#include "crypto/key.h"
#include "crypto/openssl/native.h"
#include "support/refusal.h"
#include "unit/crypto/known_answers.h"

namespace credence::crypto {
namespace {

using namespace test;
using enum SignatureAlgorithm;

Bytes hex(std::string_view text) { return from_hex(text).value(); }

struct KnownAnswer {
  SignatureAlgorithm algorithm;
  std::string_view spki;  // empty: the key of RFC 6979
  std::string_view signature;

  [[nodiscard]] PublicKey key() const {
    if (spki.empty()) return PublicKey::from_ec_point(KeyType::ec_p256, hex(kEs256X), hex(kEs256Y)).value();
    return PublicKey::from_spki(hex(spki)).value();
  }
};
void PrintTo(const KnownAnswer& answer, std::ostream* out) { *out << name(answer.algorithm); }

const KnownAnswer kAnswers[] = {{es256, "", kEs256Signature},         {es384, kEs384Spki, kEs384Signature},
                                {es512, kEs512Spki, kEs512Signature}, {rs256, kRsaSpki, kRs256Signature},
                                {rs384, kRsaSpki, kRs384Signature},   {rs512, kRsaSpki, kRs512Signature},
                                {ps256, kRsaSpki, kPs256Signature},   {ps384, kRsaSpki, kPs384Signature},
                                {ps512, kRsaSpki, kPs512Signature},   {eddsa, kEdDsaSpki, kEdDsaSignature}};

class Verification : public testing::TestWithParam<KnownAnswer> {
 protected:
  const PublicKey key_ = GetParam().key();
  const Bytes signature_ = hex(GetParam().signature);

  [[nodiscard]] Errc refusal(ByteView message, ByteView signature) const {
    const auto result = key_.verify(GetParam().algorithm, message, signature);
    EXPECT_FALSE(result);
    EXPECT_EQ(ERR_peek_error(), 0U) << "the queue of OpenSSL must stay empty";
    return result ? Errc::internal : result.error().code;
  }
};

TEST_P(Verification, AcceptsTheKnownAnswer) {
  const auto result = key_.verify(GetParam().algorithm, as_bytes(kMessage), signature_);
  EXPECT_TRUE(result) << result.error().text();
}

TEST_P(Verification, RefusesAnyFlippedBit) {
  for (std::size_t at = 0; at < signature_.size(); at += 7) {
    Bytes changed = signature_;
    changed[at] ^= 0x10;
    EXPECT_EQ(refusal(as_bytes(kMessage), changed), Errc::bad_signature) << at;
  }
}

TEST_P(Verification, RefusesOtherMessagesAndLengths) {
  EXPECT_EQ(refusal(as_bytes("sampl"), signature_), Errc::bad_signature);
  EXPECT_EQ(refusal({}, signature_), Errc::bad_signature);
  EXPECT_EQ(refusal(as_bytes(kMessage), {}), Errc::bad_signature);
  Bytes longer = signature_;
  longer.push_back(0);
  EXPECT_EQ(refusal(as_bytes(kMessage), longer), Errc::bad_signature);
  EXPECT_EQ(refusal(as_bytes(kMessage), ByteView(signature_).first(signature_.size() - 1)), Errc::bad_signature);
  EXPECT_EQ(refusal(as_bytes(kMessage), Bytes(signature_.size())), Errc::bad_signature);
}

TEST_P(Verification, RefusesEveryOtherAlgorithm) {
  for (const KnownAnswer& other : kAnswers) {
    if (other.algorithm == GetParam().algorithm) continue;
    const auto result = key_.verify(other.algorithm, as_bytes(kMessage), signature_);
    ASSERT_FALSE(result) << name(other.algorithm);
    const bool same_type = other.spki == GetParam().spki;
    EXPECT_EQ(result.error().code, same_type ? Errc::bad_signature : Errc::unsupported_algorithm)
        << name(other.algorithm);
  }
}

INSTANTIATE_TEST_SUITE_P(Algorithms, Verification, testing::ValuesIn(kAnswers),
                         [](const auto& tested) { return std::string(name(tested.param.algorithm)); });

TEST(Verification, PssSaltIsAsLongAsTheHash) {
  const PublicKey key = PublicKey::from_spki(hex(kRsaSpki)).value();
  EXPECT_TRUE(key.verify(ps256, as_bytes(kMessage), hex(kPs256Signature)));
  EXPECT_EQ(key.verify(ps256, as_bytes(kMessage), hex(kPs256LongSaltSignature)).error().code, Errc::bad_signature);
}

TEST(VerifyEcdsa, TakesShortScalarsAndRefusesZeroAndLongOnes) {
  const PublicKey key = kAnswers[0].key();
  const Digest hashed = digest(HashAlgorithm::sha256, as_bytes(kMessage)).value();
  const Bytes signature = hex(kEs256Signature);
  const Bytes r(signature.begin(), signature.begin() + 32);
  const Bytes s(signature.begin() + 32, signature.end());
  Bytes padded{0};
  append(padded, r);
  EXPECT_TRUE(key.verify_ecdsa(hashed, r, s));
  EXPECT_TRUE(key.verify_ecdsa(hashed, padded, s)) << "leading zeros do not matter for scalars given apart";
  const std::pair<Bytes, Bytes> refused[] = {{Bytes(32), s}, {r, Bytes(32)}, {{}, s},           {r, {}},
                                             {s, r},         {r, r},         {Bytes(67, 1), s}, {Bytes(32, 0xff), s}};
  for (const auto& [bad_r, bad_s] : refused) {
    EXPECT_EQ(key.verify_ecdsa(hashed, bad_r, bad_s).error().code, Errc::bad_signature) << to_hex(bad_r);
  }
  const PublicKey rsa = PublicKey::from_spki(hex(kRsaSpki)).value();
  EXPECT_EQ(rsa.verify_ecdsa(hashed, r, s).error().code, Errc::unsupported_algorithm);
}

TEST(VerifyRsassa, OverADigest) {
  const PublicKey key = PublicKey::from_spki(hex(kRsaSpki)).value();
  const Digest hashed = digest(HashAlgorithm::sha384, as_bytes(kMessage)).value();
  EXPECT_TRUE(key.verify_rsassa(hashed, hex(kRs384Signature)));
  EXPECT_EQ(key.verify_rsassa(hashed, hex(kPs384Signature)).error().code, Errc::bad_signature);
  EXPECT_EQ(kAnswers[0].key().verify_rsassa(hashed, hex(kRs384Signature)).error().code, Errc::unsupported_algorithm);
}

TEST(EcdsaSigValue, ThereAndBack) {
  const Bytes signature = hex(kEs256Signature);
  const Bytes der = ecdsa_to_der(ByteView(signature).first(32), ByteView(signature).subspan(32)).value();
  EXPECT_EQ(ecdsa_from_der(der, 32).value(), signature);
  EXPECT_EQ(to_hex(ecdsa_to_der(Bytes{0, 0, 1}, Bytes{0x80}).value()),
            "30070201010202"
            "0080");
  EXPECT_EQ(to_hex(ecdsa_from_der(hex("30070201010202"
                                      "0080"),
                                  2)
                       .value()),
            "00010080");
}

// The head of the SEQUENCE has two octets up to a content of 127, of those of P-521 three.
TEST(EcdsaSigValue, OfEverySizeIsAsLongAsItSays) {
  struct Case {
    Bytes r;
    Bytes s;
    std::string_view head;  // up to r
    std::size_t size;
  };
  const auto scalar = [](std::size_t size, std::uint8_t first) {
    Bytes made(size, 0xff);
    made[0] = first;
    return made;
  };
  const Case cases[] = {{scalar(1, 1), scalar(1, 0x7f), "3006020101", 8},
                        {scalar(32, 0x7f), scalar(32, 0x7f), "304402207f", 70},
                        {scalar(32, 0x80), scalar(32, 0xff), "304602210080", 72},
                        {scalar(48, 0xff), scalar(48, 0xff), "3066023100ff", 104},
                        {scalar(61, 1), scalar(62, 1), "307f023d01", 129},
                        {scalar(62, 1), scalar(62, 1), "308180023e01", 131},
                        {scalar(66, 1), scalar(66, 1), "308188024201", 139},
                        {scalar(66, 0xff), scalar(66, 0xff), "30818a024300ff", 141}};
  for (const auto& [r, s, head, size] : cases) {
    const Bytes der = ecdsa_to_der(r, s).value();
    EXPECT_EQ(der.size(), size) << head;
    EXPECT_EQ(to_hex(der).substr(0, head.size()), head);
    const std::size_t field = std::max(r.size(), s.size());
    const Bytes again = ecdsa_from_der(der, field).value();
    EXPECT_TRUE(equal(ByteView(again).subspan(field - r.size(), r.size()), r)) << head;
    EXPECT_TRUE(equal(ByteView(again).last(s.size()), s)) << head;
  }
}

TEST(EcdsaSigValue, DoesNotDependOnLeadingZeros) {
  for (const std::size_t zeros : {1U, 31U, 65U}) {
    const auto padded = [&](const Bytes& digits) {
      Bytes made(zeros);
      append(made, digits);
      return made;
    };
    for (const Bytes& digits : {Bytes{1}, Bytes{0x80}, Bytes(66, 0xff)})
      EXPECT_EQ(ecdsa_to_der(padded(digits), padded(digits)).value(), ecdsa_to_der(digits, digits).value()) << zeros;
  }
}

TEST(EcdsaSigValue, TakesNeitherZeroNorMoreThanAnyField) {
  const Bytes good{1};
  const Bytes largest(66, 0xff);
  ASSERT_TRUE(ecdsa_to_der(good, largest));
  for (const Bytes& zero : {Bytes{}, Bytes{0}, Bytes(66)}) {
    credence::test::expect_refused(ecdsa_to_der(zero, good), Errc::bad_signature, "expected r and s above zero");
    credence::test::expect_refused(ecdsa_to_der(good, zero), Errc::bad_signature, "expected r and s above zero");
  }
  const Bytes longer(67, 1);
  credence::test::expect_refused(ecdsa_to_der(longer, good), Errc::bad_signature, "of at most 66 octets, got 67");
  credence::test::expect_refused(ecdsa_to_der(good, longer), Errc::bad_signature, "of at most 66 octets, got 67");
}

TEST(EcdsaSigValue, RefusesEveryOtherForm) {
  const std::pair<std::string_view, Errc> refused[] = {{"", Errc::truncated},
                                                       {"30", Errc::truncated},
                                                       {"3006020101020101"
                                                        "00",
                                                        Errc::trailing_bytes},
                                                       {"3007020101020101"
                                                        "00",
                                                        Errc::trailing_bytes},
                                                       {"300702020001020101", Errc::not_deterministic},
                                                       {"30810602010102"
                                                        "0101",
                                                        Errc::not_deterministic},
                                                       {"3006020101020181", Errc::invalid_value},
                                                       {"3006020100020101", Errc::bad_signature},
                                                       {"3008020300ffff020101", Errc::bad_signature},
                                                       {"3005020002"
                                                        "0101",
                                                        Errc::malformed},
                                                       {"3080020101020101"
                                                        "0000",
                                                        Errc::malformed},
                                                       {"3106020101020101", Errc::unexpected_type},
                                                       {"3003020101", Errc::truncated},
                                                       {"3006020201020201", Errc::truncated}};
  EXPECT_TRUE(ecdsa_from_der(hex("3006020101020101"), 1));
  for (const auto& [der, code] : refused) {
    const auto result = ecdsa_from_der(hex(der), 1);
    ASSERT_FALSE(result) << der;
    EXPECT_EQ(result.error().code, code) << der << ": " << result.error().text();
  }
}

TEST(SignatureAlgorithm, Names) {
  for (const KnownAnswer& answer : kAnswers) {
    EXPECT_EQ(signature_algorithm_from_name(name(answer.algorithm)).value(), answer.algorithm);
  }
  for (const std::string_view text : {"none", "es256", "HS256", "", "ES256K"}) {
    EXPECT_EQ(signature_algorithm_from_name(text).error().code, Errc::unsupported_algorithm) << text;
  }
}

}  // namespace
}  // namespace credence::crypto
