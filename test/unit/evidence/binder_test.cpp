#include "evidence/binding/binder.h"

#include <gtest/gtest.h>

#include "evidence/binding/transcript.h"
#include "known_answers.h"

namespace credence::evidence {
namespace {

class KnownBinder : public testing::TestWithParam<test::Handshake> {
 protected:
  static TranscriptHash transcript() {
    Transcript all;
    for (const Bytes& message : GetParam().messages) EXPECT_TRUE(all.add(message));
    return all.hash(GetParam().cipher_suite).value();
  }
  static Bytes octets(std::string_view member) { return GetParam().octets(member); }
  static crypto::HashAlgorithm hash() { return *crypto::hash_of_cipher_suite(GetParam().cipher_suite); }
};
INSTANTIATE_TEST_SUITE_P(Binders, KnownBinder, testing::ValuesIn(test::handshakes()), test::handshake_name);

TEST_P(KnownBinder, OfTheHandshake) {
  const Binder client = handshake_binder(transcript(), Role::client, octets("client_spki")).value();
  const Binder server = handshake_binder(transcript(), Role::server, octets("server_spki")).value();
  EXPECT_EQ(to_bytes(client.view()), octets("c_attest_binder"));
  EXPECT_EQ(to_bytes(server.view()), octets("s_attest_binder"));
}

TEST_P(KnownBinder, OfTheSession) {
  const Bytes exported = octets("session_exported");
  EXPECT_EQ(to_bytes(session_binder(hash(), exported, octets("client_spki")).value().view()),
            octets("client_session_binder"));
  EXPECT_EQ(to_bytes(session_binder(hash(), exported, octets("server_spki")).value().view()),
            octets("server_session_binder"));
}

TEST_P(KnownBinder, DiffersForEveryInput) {
  const Binder right = handshake_binder(transcript(), Role::client, octets("client_spki")).value();
  EXPECT_NE(right, handshake_binder(transcript(), Role::client, octets("server_spki")).value());
  TranscriptHash other = transcript();
  other.value.octets()[0] ^= 1;
  EXPECT_NE(right, handshake_binder(other, Role::client, octets("client_spki")).value());
}

TEST_P(KnownBinder, NeedsAKeyAndTheWholeExporter) {
  EXPECT_EQ(handshake_binder(transcript(), Role::client, {}).error().code, Errc::bad_key);
  EXPECT_EQ(session_binder(hash(), octets("session_exported"), {}).error().code, Errc::bad_key);
  const auto refused = session_binder(hash(), Bytes(31), octets("client_spki"));
  EXPECT_EQ(refused.error().code, Errc::invalid_value);
  EXPECT_EQ(refused.error().why, "expected 32 octets of the exporter, got 31");
}

TEST(ChallengeDigest, MatchesTheKnownAnswers) {
  const json::Value file = test::binders();
  const json::Array& cases = file.at("challenge").as_array();
  ASSERT_FALSE(cases.empty());
  for (const json::Value& example : cases) {
    const Nonce nonce(from_hex(std::string_view(example.at("nonce").as_string())).value());
    EXPECT_EQ(to_hex(challenge_digest(nonce).value().view()), std::string_view(example.at("extra_data").as_string()));
  }
}

TEST(ChallengeDigest, TakesNoncesOfEightToSixtyFourOctets) {
  EXPECT_TRUE(challenge_digest(Nonce(Bytes(8))));
  EXPECT_TRUE(challenge_digest(Nonce(Bytes(64))));
  EXPECT_EQ(challenge_digest(Nonce(Bytes(7))).error().code, Errc::invalid_value);
  EXPECT_EQ(challenge_digest(Nonce(Bytes(65))).error().why, "expected a nonce of 8 to 64 octets, got 65");
}

TEST(Role, HasANameAndAnOpposite) {
  EXPECT_EQ(name(Role::client), "client");
  EXPECT_EQ(name(opposite(Role::client)), "server");
}

}  // namespace
}  // namespace credence::evidence
