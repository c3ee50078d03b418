#include "evidence/binding/transcript.h"

#include <gtest/gtest.h>

#include <functional>
#include <ostream>

#include "known_answers.h"

namespace credence::evidence {
namespace {

class KnownTranscript : public testing::TestWithParam<test::Handshake> {};
INSTANTIATE_TEST_SUITE_P(Binders, KnownTranscript, testing::ValuesIn(test::handshakes()), test::handshake_name);

TEST_P(KnownTranscript, HashesTheMessagesUpToTheServerHello) {
  Transcript transcript;
  for (const Bytes& message : GetParam().messages) {
    EXPECT_FALSE(transcript.complete());
    ASSERT_TRUE(transcript.add(message));
  }
  EXPECT_TRUE(transcript.complete());
  EXPECT_EQ(transcript.retried(), GetParam().hello_retry);
  EXPECT_EQ(to_bytes(transcript.hash(GetParam().cipher_suite).value().value.view()),
            GetParam().octets("transcript_hash"));
}

TEST_P(KnownTranscript, KeepsNothingOfWhatFollows) {
  Transcript transcript;
  for (const Bytes& message : GetParam().messages) ASSERT_TRUE(transcript.add(message));
  ASSERT_TRUE(transcript.add(Bytes{8, 0, 0, 2, 0, 0}));  // EncryptedExtensions
  EXPECT_EQ(to_bytes(transcript.hash(GetParam().cipher_suite).value().value.view()),
            GetParam().octets("transcript_hash"));
}

TEST_P(KnownTranscript, RefusesASecondHandshakeOnTheConnection) {
  Transcript transcript;
  for (const Bytes& message : GetParam().messages) ASSERT_TRUE(transcript.add(message));
  EXPECT_EQ(transcript.add(GetParam().messages.front()).error().code, Errc::unexpected_type);
  EXPECT_FALSE(transcript.hash(GetParam().cipher_suite));
}

TEST_P(KnownTranscript, RefusesAnotherSuiteThanTheServerChose) {
  Transcript transcript;
  for (const Bytes& message : GetParam().messages) ASSERT_TRUE(transcript.add(message));
  const std::uint16_t other = GetParam().cipher_suite == 0x1301 ? 0x1302 : 0x1301;
  EXPECT_EQ(transcript.hash(other).error().code, Errc::invalid_value);
}

// The messages of a handshake with HelloRetryRequest: ClientHello, HelloRetryRequest, ClientHello, ServerHello.
std::vector<Bytes> retried() { return test::handshakes().at(2).messages; }

struct WrongOrder {
  std::string name;
  std::vector<Bytes> messages;  // all are taken but the last
  Errc code{};
  std::string why;
};
void PrintTo(const WrongOrder& example, std::ostream* out) { *out << example.name; }

std::vector<WrongOrder> wrong_orders() {
  const std::vector<Bytes> hello = retried();
  Bytes other_suite = hello[3];
  other_suite[4 + 2 + 32 + 1 + 32 + 1] = 0x02;  // TLS_AES_256_GCM_SHA384
  Bytes wrong_length = hello[0];
  wrong_length[3] ^= 1;
  Bytes too_long(131'397, 0);
  return {{"ServerHelloFirst", {hello[3]}, Errc::unexpected_type, "expected a ClientHello"},
          {"TwoClientHellos", {hello[0], hello[2]}, Errc::unexpected_type, "expected a ServerHello"},
          {"TwoRetryRequests", {hello[0], hello[1], hello[2], hello[1]}, Errc::unexpected_type, "second HelloRetryReq"},
          {"ServerHelloAfterRetryRequest", {hello[0], hello[1], hello[3]}, Errc::unexpected_type, "ClientHello"},
          {"SuiteChangedAfterRetry", {hello[0], hello[1], hello[2], other_suite}, Errc::invalid_value, "0x1302"},
          {"CertificateBeforeServerHello", {hello[0], {11, 0, 0, 0}}, Errc::unexpected_type, "type 11"},
          {"WrongLength", {wrong_length}, Errc::malformed, "header says"},
          {"Empty", {{}}, Errc::truncated, ""},
          {"TruncatedServerHello", {hello[0], {2, 0, 0, 2, 3, 3}}, Errc::truncated, ""},
          {"TooLong", {too_long}, Errc::too_large, "131396"}};
}

class TranscriptOrder : public testing::TestWithParam<WrongOrder> {};
INSTANTIATE_TEST_SUITE_P(Refusals, TranscriptOrder, testing::ValuesIn(wrong_orders()),
                         [](const auto& example) { return example.param.name; });

TEST_P(TranscriptOrder, IsRefusedAndStaysRefused) {
  Transcript transcript;
  const auto& messages = GetParam().messages;
  for (std::size_t i = 0; i + 1 < messages.size(); ++i) ASSERT_TRUE(transcript.add(messages[i]));
  const auto refused = transcript.add(messages.back());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, GetParam().code);
  EXPECT_NE(refused.error().text().find(GetParam().why), std::string::npos) << refused.error().text();
  EXPECT_FALSE(transcript.add(retried().front()));
  EXPECT_FALSE(transcript.hash(0x1301));
}

TEST(Transcript, HasNoHashBeforeTheServerHello) {
  Transcript transcript;
  ASSERT_TRUE(transcript.add(retried()[0]));
  EXPECT_EQ(transcript.hash(0x1301).error().code, Errc::missing_member);
  ASSERT_TRUE(transcript.add(retried()[1]));
  EXPECT_EQ(transcript.hash(0x1301).error().code, Errc::missing_member);
}

}  // namespace
}  // namespace credence::evidence
