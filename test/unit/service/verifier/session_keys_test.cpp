#include "service/verifier/session_keys.h"

#include <gtest/gtest.h>

#include <fstream>
#include <ostream>
#include <string>

#include "crypto/random.h"

namespace credence::service {
namespace {

const std::string kFirst(64, 'a'), kSecond = "0123456789abcdefABCDEF" + std::string(42, '0');

TEST(SessionKeys, OpenWhatAnyOfThemSealed) {
  const auto random = crypto::system_random();
  const SessionKeys old = SessionKeys::from_text(kFirst, "default").value();
  const SessionKeys rotated =
      SessionKeys::from_text("# of 2026\n" + kSecond + "\r\n\n  " + kFirst + "\n", "default").value();
  const Bytes plaintext{1, 2, 3};
  EXPECT_EQ(rotated.open(old.seal(plaintext, *random).value()).value().plaintext, plaintext);
  EXPECT_EQ(rotated.open(rotated.seal(plaintext, *random).value()).value().plaintext, plaintext);
  EXPECT_EQ(old.open(rotated.seal(plaintext, *random).value()).error().code, Errc::bad_signature);
  EXPECT_NE(old.seal(plaintext, *random).value(), old.seal(plaintext, *random).value());
  EXPECT_EQ(old.open(Bytes(12)).error().code, Errc::truncated);
}

// Tenants share the file: the session of one is none for another.
TEST(SessionKeys, OpenWhatTheirOwnTenantSealedOnly) {
  const Bytes plaintext{1, 2, 3};
  const SessionKeys acme = SessionKeys::from_text(kFirst, "acme").value();
  const Bytes sealed = acme.seal(plaintext, *crypto::system_random()).value();
  EXPECT_EQ(SessionKeys::from_text(kFirst, "acm").value().open(sealed).error().code, Errc::bad_signature);
  EXPECT_EQ(SessionKeys::from_text(kFirst, "default").value().open(sealed).error().code, Errc::bad_signature);
  EXPECT_EQ(SessionKeys::from_text(kFirst, "acme").value().open(sealed).value().plaintext, plaintext);
}

// Else the id of a submission, which anybody who provisions may make, would pass for a session.
TEST(SessionKeys, OpenWhatWasSealedForTheSameOnly) {
  const Bytes plaintext{1, 2, 3};
  const auto keys_for = [](SealedFor purpose) { return SessionKeys::from_text(kFirst, "default", purpose).value(); };
  for (const SealedFor purpose : {SealedFor::session, SealedFor::submission}) {
    const Bytes sealed = keys_for(purpose).seal(plaintext, *crypto::system_random()).value();
    EXPECT_EQ(keys_for(purpose).open(sealed).value().plaintext, plaintext);
    const SealedFor other = purpose == SealedFor::session ? SealedFor::submission : SealedFor::session;
    EXPECT_EQ(keys_for(other).open(sealed).error().code, Errc::bad_signature);
  }
}

struct Case {
  std::string name, text, why;
};
void PrintTo(const Case& example, std::ostream* out) { *out << example.name; }

class BadSessionKeys : public testing::TestWithParam<Case> {};
INSTANTIATE_TEST_SUITE_P(All, BadSessionKeys,
                         testing::Values(Case{"empty", "# nothing\n", "got none"},
                                         Case{"short", "abcd\n", "line 1: expected a key of 64 hexadecimal digits"},
                                         Case{"no_hex", kFirst + "\n" + std::string(64, 'g'), "line 2: expected a key"},
                                         Case{"many",
                                              [] {
                                                std::string all;
                                                for (int i = 0; i < 9; ++i) all += kFirst + "\n";
                                                return all;
                                              }(),
                                              "line 9: expected at most 8 keys"}),
                         [](const auto& example) { return example.param.name; });

TEST_P(BadSessionKeys, AreRefused) {
  const auto keys = SessionKeys::from_text(GetParam().text, "default");
  ASSERT_FALSE(keys);
  EXPECT_EQ(keys.error().code, Errc::configuration);
  EXPECT_NE(keys.error().why.find(GetParam().why), std::string::npos) << keys.error().why;
  EXPECT_EQ(keys.error().why.find("abcd"), std::string::npos) << "a key in an error text";
}

TEST(SessionKeys, AreTheirOwnersAlone) {
  const std::string file = testing::TempDir() + "session.keys";
  std::ofstream(file) << kFirst;
  std::filesystem::permissions(file, std::filesystem::perms(0600));
  EXPECT_TRUE(SessionKeys::from_file(file, "default"));
  std::filesystem::permissions(file, std::filesystem::perms(0640));
  EXPECT_EQ(SessionKeys::from_file(file, "default").error().code, Errc::configuration);
  std::filesystem::remove(file);
}

}  // namespace
}  // namespace credence::service
