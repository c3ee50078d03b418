#include <gtest/gtest.h>

#include "corim_bytes.h"
#include "rats/corim/corim.h"
#include "support/octet_changes.h"
#include "support/refusal.h"
#include "support/signing_chain.h"
#include "wire/cbor/writer.h"

namespace credence::rats {
namespace {

using test::hex;

constexpr Timestamp kNow(Seconds(1'800'000'000));

struct Signer {
  crypto::PrivateKey key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value();
  crypto::Certificate certificate = crypto::self_sign(key, {.common_name = "signer",
                                                            .dns_names = {},
                                                            .not_before = kNow - Seconds(1000),
                                                            .not_after = kNow + Seconds(1000)})
                                        .value();
};

Corim corim() { return decode_corim(hex(test::corim(test::comid(test::reference("81 a1 01 a1 0b 61 6e"))))).value(); }

CorimSigner meta() {
  return {.name = "S", .uri = "a:b", .validity = Validity{kNow - Seconds(100), kNow + Seconds(100)}};
}

TEST(SignedCorim, IsSignedReadAndVerified) {
  const Signer signer;
  const Bytes octets = sign_corim(corim(), meta(), signer.key, {&signer.certificate, 1}).value();
  const SignedCorim read = decode_signed_corim(octets).value();
  EXPECT_EQ(read.signer.name, "S");
  EXPECT_EQ(read.signer.uri, "a:b");
  EXPECT_EQ(read.signer.validity->not_before, kNow - Seconds(100));
  EXPECT_EQ(encode_corim(read.corim).value(), encode_corim(corim()).value());
  EXPECT_FALSE(read.corim.legacy);
  const Result<void> verified = verify_signed_corim(read, {&signer.certificate, 1}, kNow);
  EXPECT_TRUE(verified) << verified.error().text();
}

// What somebody else wrote is signed as it is, with members that nobody here knows: 99 of the CoRIM.
TEST(SignedCorim, IsSignedAsItWasWritten) {
  const Signer signer;
  Bytes octets = encode_corim(corim()).value();
  constexpr std::size_t kMap = 3;  // after the tag 501
  ASSERT_EQ(octets.at(kMap) >> 5U, 5U);
  ++octets[kMap];
  append(octets, hex("18 63 01"));
  ASSERT_NE(encode_corim(decode_corim(octets).value()).value(), octets);
  const auto sign = [&](ByteView what, const crypto::PrivateKey& key) {
    return sign_encoded_corim(what, meta(), key, {&signer.certificate, 1});
  };
  const SignedCorim read = decode_signed_corim(sign(octets, signer.key).value()).value();
  EXPECT_EQ(to_hex(read.message.payload), to_hex(octets));
  EXPECT_TRUE(verify_signed_corim(read, {&signer.certificate, 1}, kNow));

  EXPECT_EQ(sign(octets, Signer().key).error().code, Errc::key_mismatch);
  EXPECT_FALSE(sign(sign(octets, signer.key).value(), signer.key));  // it is signed already
  octets.push_back(0);
  EXPECT_FALSE(sign(octets, signer.key));
}

TEST(SignedCorim, InTheTagsOfEarlyDraftsIsRead) {
  const Signer signer;
  const Bytes octets = sign_corim(corim(), meta(), signer.key, {&signer.certificate, 1}).value();
  for (const std::string_view tags : {"d901f6", "d901f4 d901f6"}) {
    Bytes old = hex(tags);
    append(old, octets);
    const SignedCorim read = decode_signed_corim(old).value();
    EXPECT_TRUE(read.corim.legacy) << tags;
    EXPECT_TRUE(verify_signed_corim(read, {&signer.certificate, 1}, kNow)) << tags;
  }
}

TEST(SignedCorim, OfAnotherSignerIsRefused) {
  const Signer signer;
  const Signer other;
  const SignedCorim read =
      decode_signed_corim(sign_corim(corim(), meta(), signer.key, {&signer.certificate, 1}).value()).value();
  EXPECT_TRUE(verify_signed_corim(read, {&signer.certificate, 1}, kNow));
  EXPECT_EQ(verify_signed_corim(read, {&other.certificate, 1}, kNow).error().code, Errc::untrusted_chain);
  EXPECT_FALSE(verify_signed_corim(read, {}, kNow));
}

// Of all that an anchor issues, certificates of TLS servers are the most common.
TEST(SignedCorim, OfATlsServerIsRefused) {
  const auto verify = [](const std::string& purposes) {
    test::SigningChainFields fields;
    fields.leaf.extensions = {test::extended_key_usage(purposes)};
    const auto signer = test::SigningChain::make(fields);
    const std::vector chain{signer.leaf, signer.intermediate}, anchors{signer.root};
    const Bytes octets = sign_corim(corim(), meta(), signer.leaf_key, chain).value();
    return verify_signed_corim(decode_signed_corim(octets).value(), anchors, kNow);
  };
  const Result<void> taken = verify("codeSigning");
  EXPECT_TRUE(taken) << taken.error().text();
  test::expect_refused(verify("serverAuth"), Errc::untrusted_chain, "not for signing documents");
}

TEST(SignedCorim, OutsideItsValidityIsRefused) {
  const Signer signer;
  const SignedCorim read =
      decode_signed_corim(sign_corim(corim(), meta(), signer.key, {&signer.certificate, 1}).value()).value();
  const auto at = [&](Timestamp time) { return verify_signed_corim(read, {&signer.certificate, 1}, time); };
  EXPECT_TRUE(at(kNow + Seconds(100)));
  EXPECT_EQ(at(kNow + Seconds(101)).error().code, Errc::expired);
  EXPECT_EQ(at(kNow - Seconds(101)).error().code, Errc::expired);
  EXPECT_FALSE(at(kNow + Seconds(1001)));  // of the certificate
}

TEST(SignedCorim, WithAnOctetChangedIsRefused) {
  const Signer signer;
  const Bytes octets = sign_corim(corim(), meta(), signer.key, {&signer.certificate, 1}).value();
  const auto verify = [&](const Bytes& changed) -> Result<void> {
    TRY(const SignedCorim read, decode_signed_corim(changed));
    return verify_signed_corim(read, {&signer.certificate, 1}, kNow);
  };
  test::expect_changes_refused(octets, [&](const Bytes& changed) { return verify(changed).has_value(); },
                               {test::kLowestBit, test::kHighestBit});
  Bytes last = octets;
  last.back() ^= 1U;
  EXPECT_EQ(verify(last).error().code, Errc::bad_signature);
}

// The unprotected bucket is nobody's word: what somebody puts in there on the way changes nothing.
TEST(SignedCorim, WithAnUnprotectedHeaderIsReadAsWithout) {
  const Signer signer;
  const Bytes octets = sign_corim(corim(), meta(), signer.key, {&signer.certificate, 1}).value();
  const SignedCorim plain = decode_signed_corim(octets).value();
  cbor::Writer writer;
  writer.tag(18).array(4).bytes(plain.message.protected_octets).map(1).integer(4).bytes(hex("6b6964"));
  writer.bytes(plain.message.payload).bytes(plain.message.signature);
  const SignedCorim read = decode_signed_corim(writer.take()).value();
  EXPECT_TRUE(verify_signed_corim(read, {&signer.certificate, 1}, kNow));
  EXPECT_EQ(read.signer.name, plain.signer.name);
  EXPECT_EQ(encode_corim(read.corim).value(), encode_corim(plain.corim).value());
}

TEST(SignedCorim, IsNotSignedWithAKeyThatIsNotInTheCertificate) {
  const Signer signer;
  const Signer other;
  EXPECT_EQ(sign_corim(corim(), meta(), other.key, {&signer.certificate, 1}).error().code, Errc::key_mismatch);
  EXPECT_EQ(sign_corim(corim(), meta(), signer.key, {}).error().code, Errc::key_mismatch);
}

// COSE_Sign1 around a good CoRIM with the given protected header.
Bytes message(std::string_view protected_header) {
  cbor::Writer writer;
  writer.tag(18).array(4).bytes(hex(protected_header)).map(0);
  writer.bytes(encode_corim(corim()).value()).bytes(Bytes(64, 1));
  return writer.take();
}

TEST(SignedCorimRefusal, NamesTheHeader) {
  const std::string type = "03 74 6170706c69636174696f6e2f72696d2b63626f72";  // application/rim+cbor
  const std::string meta_header = "08 46 a1 00 a1 00 61 53";
  ASSERT_TRUE(decode_signed_corim(message("a3 01 26" + type + meta_header)));
  struct Case {
    std::string header;
    Errc code;
    std::string_view path;
  };
  for (const auto& [header, code, path] :
       {Case{"a2 01 26" + type, Errc::missing_member, "protected"},
        Case{"a2 01 26" + meta_header, Errc::invalid_value, "protected.content-type"},
        Case{"a3 01 26 03 18 3c" + meta_header, Errc::invalid_value, "protected.content-type"},
        Case{"a3 01 26 03 63 612f62" + meta_header, Errc::invalid_value, "protected.content-type"},
        Case{"a3 01 26" + type + "08 41 a0", Errc::missing_member, "protected.corim-meta"},
        Case{"a3 01 26" + type + "08 43 a1 00 a0", Errc::missing_member, "protected.corim-meta.signer"},
        Case{"a3 01 26" + type + "08 47 a1 00 a1 00 61 53 00", Errc::trailing_bytes, "protected.corim-meta"}}) {
    const auto read = decode_signed_corim(message(header));
    ASSERT_FALSE(read) << header;
    EXPECT_EQ(read.error().code, code) << read.error().text();
    EXPECT_EQ(read.error().path, path) << read.error().text();
  }
}

// CWT claims in the place of corim-meta, or beside it (draft-ietf-rats-corim section 4.2.2).
const std::string kTypeAndAlgorithm = "01 26 03 74 6170706c69636174696f6e2f72696d2b63626f72";

TEST(SignedCorim, WithCwtClaimsNamesItsSigner) {
  const SignedCorim read =
      decode_signed_corim(message("a3" + kTypeAndAlgorithm + "0f a4 01 61 53 02 61 69 04 1a 6b49d200 05 1a 6b49d1ff"))
          .value();
  EXPECT_EQ(read.signer.name, "S");
  EXPECT_EQ(read.signer.validity->not_after, Timestamp(Seconds(1'800'000'000)));
  EXPECT_EQ(read.signer.validity->not_before, Timestamp(Seconds(1'799'999'999)));
  // Fractions make the period shorter.
  const auto fractions =
      decode_signed_corim(message("a3" + kTypeAndAlgorithm + "0f a3 01 61 53 04 fb 4000cccccccccccd 05 f9 3e00"))
          .value();
  EXPECT_EQ(fractions.signer.validity->not_after, Timestamp(Seconds(2)));
  EXPECT_EQ(fractions.signer.validity->not_before, Timestamp(Seconds(2)));
  EXPECT_FALSE(decode_signed_corim(message("a3" + kTypeAndAlgorithm + "0f a1 01 61 53")).value().signer.validity);
}

TEST(SignedCorimRefusal, OfCwtClaims) {
  const std::string meta = "08 56 a2 00 a1 00 61 53 01 a2 00 c1 1a 6b49d1ff 01 c1 1a 6b49d200";
  ASSERT_TRUE(
      decode_signed_corim(message("a4" + kTypeAndAlgorithm + meta + "0f a3 01 61 53 04 1a 6b49d200 05 1a 6b49d1ff")));
  struct Case {
    std::string header;
    Errc code;
    std::string_view path;
  };
  for (const auto& [header, code, path] :
       {Case{"a3" + kTypeAndAlgorithm + "0f a1 02 61 53", Errc::missing_member, "protected.cwt-claims"},
        Case{"a3" + kTypeAndAlgorithm + "0f a2 01 61 53 04 61 53", Errc::unexpected_type, "protected.cwt-claims.exp"},
        Case{"a3" + kTypeAndAlgorithm + "0f a2 01 61 53 04 f9 7e00", Errc::invalid_value, "protected.cwt-claims.exp"},
        Case{"a4" + kTypeAndAlgorithm + meta + "0f a3 01 61 54 04 1a 6b49d200 05 1a 6b49d1ff", Errc::conflict,
             "protected.cwt-claims"},
        Case{"a4" + kTypeAndAlgorithm + meta + "0f a3 01 61 53 04 1a 6b49d201 05 1a 6b49d1ff", Errc::conflict,
             "protected.cwt-claims"},
        Case{"a4" + kTypeAndAlgorithm + meta + "0f a1 01 61 53", Errc::conflict, "protected.cwt-claims"}}) {
    const auto read = decode_signed_corim(message(header));
    ASSERT_FALSE(read) << header;
    EXPECT_EQ(read.error().code, code) << read.error().text();
    EXPECT_EQ(read.error().path, path) << read.error().text();
  }
}

TEST(SignedCorimRefusal, OfAnUnsignedOne) {
  EXPECT_FALSE(decode_signed_corim(encode_corim(corim()).value()));
  EXPECT_EQ(decode_corim(message("a1 01 26")).error().code, Errc::unexpected_type);
}

TEST(CryptoKey, GivesThePublicKeyOfEachForm) {
  const Signer signer;
  const auto& expected = signer.key.public_key();
  const std::string pem = expected.pem();
  const std::string certificate = signer.certificate.pem();
  EXPECT_EQ(public_key_of({kTagPkixBase64Key, to_bytes(as_bytes(pem))}).value(), expected);
  EXPECT_EQ(public_key_of({kTagPkixBase64Key, to_bytes(as_bytes(to_base64(expected.spki())))}).value(), expected);
  EXPECT_EQ(public_key_of({kTagPkixBase64Cert, to_bytes(as_bytes(certificate))}).value(), expected);
  EXPECT_EQ(public_key_of({kTagPkixAsn1DerCert, to_bytes(signer.certificate.der())}).value(), expected);
  for (const std::uint64_t tag : {kTagPkixBase64CertPath, kTagThumbprint, kTagCertThumbprint, kTagBytes,
                                  kTagCertPathThumbprint, std::uint64_t{9}}) {
    EXPECT_EQ(public_key_of({tag, to_bytes(expected.spki())}).error().code, Errc::unsupported) << tag;
  }
  EXPECT_FALSE(public_key_of({kTagPkixBase64Key, to_bytes(as_bytes("@@@@"))}));
  EXPECT_FALSE(public_key_of({kTagCoseKey, hex("a0")}));
}

}  // namespace
}  // namespace credence::rats
