#include "channel/early/extension.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "support/refusal.h"

namespace credence::channel::early {
namespace {

using test::expect_exact_length;
using test::expect_refused;

Bytes hex(std::string_view text) { return from_hex(text).value(); }

// Written down from the draft's grammar by hand: evidence of media type "a/b", evidence of content format 0x0103, a
// result of "v".
constexpr std::string_view kMediaType =
    "00"
    "01"
    "0003"
    "612f62";
constexpr std::string_view kContentFormat =
    "00"
    "00"
    "0103";
constexpr std::string_view kVerifier =
    "01"
    "0001"
    "76";

TEST(ChosenScheme, IsReadAndWrittenAsInTheDraft) {
  const Scheme media_type = decode_chosen_scheme(hex(kMediaType)).value();
  EXPECT_EQ(describe(media_type), "evidence a/b");
  EXPECT_EQ(to_hex(encode_chosen_scheme(media_type).value()), kMediaType);

  const Scheme content_format = decode_chosen_scheme(hex(kContentFormat)).value();
  EXPECT_EQ(describe(content_format), "evidence of content format 259");
  EXPECT_EQ(to_hex(encode_chosen_scheme(content_format).value()), kContentFormat);

  const Scheme verifier = decode_chosen_scheme(hex(kVerifier)).value();
  EXPECT_EQ(describe(verifier), "result of v");
  EXPECT_EQ(to_hex(encode_chosen_scheme(verifier).value()), kVerifier);
}

struct BadScheme {
  std::string name;
  std::string hex;
  Errc code;
  std::string part;
};
void PrintTo(const BadScheme& bad, std::ostream* out) { *out << bad.name; }

class RefusedScheme : public testing::TestWithParam<BadScheme> {};

TEST_P(RefusedScheme, NamesTheReason) {
  expect_refused(decode_chosen_scheme(hex(GetParam().hex)), GetParam().code, GetParam().part);
}

INSTANTIATE_TEST_SUITE_P(
    Extension, RefusedScheme,
    testing::Values(BadScheme{"UnknownMechanism", "0201000161", Errc::invalid_value, "AttestationMechanism"},
                    BadScheme{"UnknownEncoding", "0002000161", Errc::invalid_value, "typeEncoding"},
                    BadScheme{"EmptyMediaType", "00010000", Errc::invalid_value, "media type"},
                    BadScheme{"EmptyVerifier", "010000", Errc::invalid_value, "verifier identity"},
                    BadScheme{"Empty", "", Errc::truncated, "offset 0"}),
    [](const auto& one) { return one.param.name; });

TEST(ChosenScheme, HasOneExactLength) {
  for (const std::string_view good : {kMediaType, kContentFormat, kVerifier}) {
    expect_exact_length(hex(good), decode_chosen_scheme);
  }
}

TEST(ClientHello, CarriesBothLists) {
  const Bytes data =
      hex("0007"
          "00010003612f62"
          "0008"
          "00000103"
          "01000176");
  const ClientHello hello = decode_client_hello(data).value();
  ASSERT_EQ(hello.server_attester.size(), 1U);
  ASSERT_EQ(hello.client_attester.size(), 2U);
  EXPECT_EQ(describe(hello.server_attester[0]), "evidence a/b");
  EXPECT_EQ(describe(hello.client_attester[1]), "result of v");
  EXPECT_EQ(encode_client_hello(hello).value(), data);
  expect_exact_length(data, decode_client_hello);
}

TEST(ClientHello, OffersSomething) {
  EXPECT_TRUE(
      decode_client_hello(hex("0007"
                              "00010003612f62"
                              "0000")));
  expect_refused(decode_client_hello(hex("00000000")), Errc::invalid_value, "got none");
  expect_refused(encode_client_hello({}), Errc::invalid_value, "got none");
}

TEST(ClientHello, OffersABoundedNumberOfSchemes) {
  const auto hello_with = [](std::size_t schemes) {
    ClientHello hello;
    hello.client_attester.assign(schemes, EvidenceType{std::uint16_t{1}});
    return encode_client_hello(hello).value();
  };
  EXPECT_TRUE(decode_client_hello(hello_with(kMostSchemes)));
  expect_refused(decode_client_hello(hello_with(kMostSchemes + 1)), Errc::too_large, "at most 64");
}

TEST(Certificate, CarriesOneCmw) {
  const Bytes cmw = hex("8201420304");
  const Bytes data = encode_certificate(cmw).value();
  EXPECT_EQ(to_hex(data),
            "000005"
            "8201420304");
  EXPECT_TRUE(equal(decode_certificate(data).value(), cmw));
  expect_exact_length(data, decode_certificate);
  EXPECT_FALSE(decode_certificate(hex("000000")));
}

// protocol.md 1.2: what is larger is refused here, with its size, and not by OpenSSL in the middle of a message.
TEST(Certificate, HoldsAtMostWhatOpensslCarries) {
  const auto largest = encode_certificate(Bytes(kMostCmwOctets, 0x55));
  ASSERT_TRUE(largest);
  EXPECT_EQ(largest->size(), 65531U);
  expect_refused(encode_certificate(Bytes(kMostCmwOctets + 1, 0x55)), Errc::too_large, "65529");
}

}  // namespace
}  // namespace credence::channel::early
