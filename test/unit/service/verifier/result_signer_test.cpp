#include "service/verifier/result_signer.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <iterator>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "service/verifier/file.h"
#include "support/certificate_files.h"

namespace credence::service {
namespace {

namespace fs = std::filesystem;

TEST(SigningKey, IsMadeOnceAndForItsOwnerOnly) {
  const test::TemporaryDirectory directory;
  const fs::path file = directory.path() / "ear.pem", public_file = directory.path() / "ear.pem.pub";
  const auto made = load_or_create_signing_key(file);
  ASSERT_TRUE(made) << made.error().text();
  EXPECT_EQ(fs::status(file).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  const auto published = read_file(public_file, 10'000).value();
  EXPECT_EQ(crypto::PublicKey::from_pem(as_text(published.view())).value(), made->public_key());
  EXPECT_EQ(load_or_create_signing_key(file).value().public_key(), made->public_key());

  fs::remove(public_file);  // the public half comes back, also when it is another key's
  ASSERT_TRUE(load_or_create_signing_key(file));
  EXPECT_TRUE(fs::exists(public_file));
  test::write_file(public_file, "other");
  ASSERT_TRUE(load_or_create_signing_key(file));
  EXPECT_EQ(as_text(read_file(public_file, 10'000).value().view()), made->public_key().pem());
}

TEST(SigningKey, IsRefusedWhenOthersCanReadIt) {
  const test::TemporaryDirectory directory;
  const fs::path file = directory.path() / "ear.pem";
  ASSERT_TRUE(load_or_create_signing_key(file));
  fs::permissions(file, fs::perms::group_read, fs::perm_options::add);
  const auto refused = load_or_create_signing_key(file);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::configuration);
  EXPECT_NE(refused.error().why.find("chmod 600"), std::string::npos);
}

TEST(SigningKey, IsNoSymbolicLink) {
  const test::TemporaryDirectory directory;
  const fs::path file = directory.path() / "ear.pem", link = directory.path() / "link.pem";
  ASSERT_TRUE(load_or_create_signing_key(file));
  fs::create_symlink(file, link);
  const auto refused = load_or_create_signing_key(link);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::configuration);
  EXPECT_NE(refused.error().why.find("symbolic link"), std::string::npos);
  fs::remove(file);  // a link to nothing is no reason to make a key
  EXPECT_FALSE(load_or_create_signing_key(link));
  EXPECT_FALSE(fs::exists(file));
}

TEST(SigningKey, IsRefusedWhenItIsAnotherUsers) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give files away";
  const test::TemporaryDirectory directory;
  const fs::path file = directory.path() / "ear.pem";
  ASSERT_TRUE(load_or_create_signing_key(file));
  ASSERT_EQ(::chown(file.c_str(), 65534, 65534), 0);
  const auto refused = load_or_create_signing_key(file);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::configuration);
  EXPECT_NE(refused.error().why.find("got one of user 65534"), std::string::npos);
}

// The one that is published is the one that all of them sign with.
TEST(SigningKey, IsOneForAllThatStartAtOnce) {
  for (int round = 0; round < 10; ++round) {
    const test::TemporaryDirectory directory;
    const fs::path file = directory.path() / "ear.pem";
    std::array<std::string, 8> pems;
    {
      std::vector<std::jthread> starting;
      for (std::string& pem : pems)
        starting.emplace_back([&pem, &file] { pem = load_or_create_signing_key(file).value().public_key().pem(); });
    }
    EXPECT_EQ(std::set<std::string>(pems.begin(), pems.end()).size(), 1U);
    EXPECT_EQ(as_text(read_file(file.string() + ".pub", 10'000).value().view()), pems[0]);
    // No draft is left behind.
    EXPECT_EQ(std::distance(fs::directory_iterator(directory.path()), {}), 2);
  }
}

TEST(SigningKey, IsRefusedWhenItIsNone) {
  const test::TemporaryDirectory directory;
  const fs::path file = test::write_file(directory.path() / "ear.pem", "no key");
  fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(load_or_create_signing_key(file).error().code, Errc::configuration);
  EXPECT_EQ(load_or_create_signing_key(directory.path() / "no" / "such" / "folder").error().code, Errc::configuration);
}

TEST(ResultSigner, NamesItsKeyTheSameInTokenAndDiscovery) {
  const auto key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value();
  const ResultSigner signer = ResultSigner::make(key).value();
  const json::Object jwk = signer.jwk().value();
  EXPECT_EQ(jwk.at("alg").as_string(), "ES256");
  rats::Ear ear;
  ear.submodules["X"].status = rats::Tier::contraindicated;
  const auto token = jose::decode_jws(signer.sign(ear).value());
  ASSERT_TRUE(token) << token.error().text();
  EXPECT_EQ(token->kid, std::string(jwk.at("kid").as_string()));
}

}  // namespace
}  // namespace credence::service
