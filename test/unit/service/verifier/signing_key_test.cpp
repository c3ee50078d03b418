#include "service/verifier/signing_key.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <iterator>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "rot/tpm2/tpm2.h"
#include "service/verifier/file.h"
#include "support/certificate_files.h"
#include "support/refusal.h"
#include "support/softhsm.h"
#include "support/unprivileged.h"
#include "support/vectors.h"

namespace credence::service {
namespace {

namespace fs = std::filesystem;

Result<crypto::PrivateKey> open_signing_key(std::string_view specification) {
  return SigningKeyOpener().open(specification);
}

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
  EXPECT_FALSE(fs::exists(former_public_key_file(public_file)));
}

TEST(SigningKey, KeepsThePublicHalfOfTheOneBefore) {
  const test::TemporaryDirectory directory;
  const fs::path file = directory.path() / "ear.pem", public_file = directory.path() / "ear.pem.pub";
  const fs::path former_file = directory.path() / "ear.pem.pub.old";
  std::string former = load_or_create_signing_key(file).value().public_key().pem();
  EXPECT_FALSE(fs::exists(former_file));
  for (int exchange = 0; exchange < 2; ++exchange) {
    const auto next = crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value();
    test::write_private_file(file, as_text(next.pem().view()));
    for (int start = 0; start < 2; ++start) {
      ASSERT_TRUE(load_or_create_signing_key(file));
      EXPECT_EQ(test::read_text(public_file), next.public_key().pem());
      EXPECT_EQ(test::read_text(former_file), former);
    }
    former = next.public_key().pem();
  }
}

TEST(SigningKey, IsLookedAtWithoutBeingMade) {
  const test::TemporaryDirectory directory;
  const fs::path file = directory.path() / "ear.pem";
  const auto absent = SigningKeyOpener::look(file.string());
  ASSERT_TRUE(absent) << absent.error().text();
  EXPECT_TRUE(absent->has_value());
  EXPECT_TRUE(fs::is_empty(directory.path()));
  const auto made = load_or_create_signing_key(file).value();
  EXPECT_EQ(SigningKeyOpener::look(file.string()).value()->public_key(), made.public_key());
  fs::permissions(file, fs::perms::group_read, fs::perm_options::add);
  test::expect_refused(SigningKeyOpener::look(file.string()), Errc::configuration, "chmod 600");
  test::expect_refused(SigningKeyOpener::look("/nowhere/ear.pem"), Errc::configuration, "expected a folder");
}

// The public half is written beside it at the start.
TEST(SigningKey, IsRefusedWhereItsPublicHalfCannotBeWritten) {
  const test::TemporaryDirectory directory;
  const fs::path file = directory.path() / "ear.pem", public_file = directory.path() / "ear.pem.pub";
  ASSERT_TRUE(load_or_create_signing_key(file));
  const test::Unprivileged nobody(directory.path());
  fs::permissions(directory.path(), fs::perms::owner_read | fs::perms::owner_exec);
  EXPECT_TRUE(SigningKeyOpener::look(file.string()));
  EXPECT_TRUE(load_or_create_signing_key(file));
  fs::permissions(directory.path(), fs::perms::owner_all);
  fs::remove(public_file);
  fs::permissions(directory.path(), fs::perms::owner_read | fs::perms::owner_exec);
  test::expect_refused(SigningKeyOpener::look(file.string()), Errc::configuration, "cannot write the folder");
  EXPECT_FALSE(load_or_create_signing_key(file));
  fs::permissions(directory.path(), fs::perms::owner_all);
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

// What relying parties see is an ES256 signature like any other; the key stays where it is.
void expect_signs(const crypto::PrivateKey& key, crypto::SignatureAlgorithm algorithm) {
  const auto signature = key.sign(algorithm, as_bytes("result"));
  ASSERT_TRUE(signature) << signature.error().text();
  EXPECT_TRUE(key.public_key().verify(algorithm, as_bytes("result"), *signature));
  EXPECT_THROW((void)key.pem(), std::runtime_error);
}

TEST(SigningKey, StaysInATpm) {
  const test::TemporaryDirectory directory;
  const std::string specification =
      "tpm:" + (directory.path() / "keys").string() + "?tcti=libtpms:" + (directory.path() / "tpm.state").string();
  std::optional<crypto::PublicKey> made;
  for (int start = 0; start < 2; ++start) {  // the second time it is found there
    const auto key = open_signing_key(specification);
    ASSERT_TRUE(key) << key.error().text();
    expect_signs(*key, crypto::SignatureAlgorithm::es256);
    if (made) {
      EXPECT_EQ(key->public_key(), *made);
    }
    made = key->public_key();
  }
  const fs::path published = public_key_file(specification).value();
  EXPECT_EQ(published, directory.path() / "keys" / "results.pub");
  EXPECT_EQ(as_text(read_file(published, 10'000).value().view()), made->pem());
  // Two keys of one TPM, as in a rotation.
  SigningKeyOpener opener;
  const auto current = opener.open(specification), next = opener.open(specification + "&key=next");
  ASSERT_TRUE(current && next) << next.error().text();
  EXPECT_EQ(current->public_key(), *made);
  EXPECT_NE(next->public_key(), *made);
  expect_signs(*current, crypto::SignatureAlgorithm::es256);
  expect_signs(*next, crypto::SignatureAlgorithm::es256);
  test::expect_refused(opener.open(specification + "&key=tls"), Errc::usage, "a key of its own");
  // While the verifier runs: those that are open, and none is made.
  EXPECT_EQ(opener.reopen(specification).value().public_key(), *made);
  expect_signs(opener.reopen(specification + "&key=next").value(), crypto::SignatureAlgorithm::es256);
  const auto files = std::distance(fs::directory_iterator(directory.path() / "keys"), {});
  for (const std::string_view other : {"&key=later", "&curve=P-384"})
    test::expect_refused(opener.reopen(specification + std::string(other)), Errc::usage, "restart, to open this one");
  EXPECT_EQ(std::distance(fs::directory_iterator(directory.path() / "keys"), {}), files);
}

TEST(SigningKey, MayHaveAnotherCurveInATpm) {
  const test::TemporaryDirectory directory;
  const auto key = open_signing_key("tpm:" + (directory.path() / "keys").string() +
                                    "?curve=P-384&tcti=libtpms:" + (directory.path() / "tpm.state").string());
  ASSERT_TRUE(key) << key.error().text();
  expect_signs(*key, crypto::SignatureAlgorithm::es384);
}

TEST(SigningKey, IsReadAgainFromItsFileAndNotMade) {
  const test::TemporaryDirectory directory;
  const fs::path file = directory.path() / "ear.pem", public_file = directory.path() / "ear.pem.pub";
  SigningKeyOpener opener;
  test::expect_refused(opener.reopen(file.string()), Errc::configuration, "got no file: only a start makes one");
  EXPECT_TRUE(fs::is_empty(directory.path()));
  const auto first = opener.open(file.string()).value(),
             second = crypto::PrivateKey::generate(crypto::KeyType::ec_p384).value();
  EXPECT_EQ(opener.reopen(file.string()).value().public_key(), first.public_key());
  test::write_private_file(file, as_text(second.pem().view()));
  EXPECT_EQ(opener.reopen(file.string()).value().public_key(), second.public_key());
  EXPECT_EQ(as_text(read_file(public_file, 10'000).value().view()), first.public_key().pem());
  ASSERT_TRUE(opener.publish_reopened(file.string()));
  EXPECT_EQ(as_text(read_file(public_file, 10'000).value().view()), second.public_key().pem());
  fs::permissions(file, fs::perms::group_read, fs::perm_options::add);
  test::expect_refused(opener.reopen(file.string()), Errc::configuration, "chmod 600");
}

TEST(SigningKey, StaysInAToken) {
  CREDENCE_SOFTHSM_OR_SKIP();
  const test::SoftHsm hsm;
  const auto imported = crypto::PrivateKey::generate(crypto::KeyType::rsa).value();
  hsm.import(imported, "ear", 1);
  const std::string module = "?module-path=" + std::string(test::kSoftHsmModule);
  const fs::path pin = hsm.pin_file();
  const std::string specification = test::SoftHsm::uri("ear") + module + "&pin-source=file:" + pin.string();
  SigningKeyOpener opener;
  const auto key = opener.open(specification);
  ASSERT_TRUE(key) << key.error().text();
  EXPECT_EQ(key->public_key(), imported.public_key());
  expect_signs(*key, crypto::SignatureAlgorithm::ps256);
  expect_signs(*key, crypto::SignatureAlgorithm::rs256);
  EXPECT_EQ(public_key_file(specification), std::nullopt);

  // While the verifier runs: what is open stays, and signs whatever else is asked for.
  test::expect_refused(opener.reopen(test::SoftHsm::uri("other") + module + "&pin-source=file:" + pin.string()),
                       Errc::usage, "restart, to open this one");
  expect_signs(opener.reopen(specification).value(), crypto::SignatureAlgorithm::ps256);

  fs::permissions(pin, fs::perms::others_read, fs::perm_options::add);
  test::expect_refused(open_signing_key(specification), Errc::configuration, "chmod 600");
}

struct WrongSpecification {
  std::string text;
  std::string why;
};
void PrintTo(const WrongSpecification& wrong, std::ostream* out) { *out << wrong.text; }

class WrongSigningKey : public testing::TestWithParam<WrongSpecification> {};
INSTANTIATE_TEST_SUITE_P(
    All, WrongSigningKey,
    testing::Values(WrongSpecification{"tpm:", "expected tpm:DIR"},
                    WrongSpecification{"tpm:/tmp/x?tpm=1", "unknown attribute \"tpm\""},
                    WrongSpecification{"tpm:/tmp/x?tcti", "unknown attribute"},
                    WrongSpecification{"tpm:/tmp/x?curve=P-521", "curve: expected P-256 or P-384"},
                    WrongSpecification{"pkcs11:object=x?pin-value=1234", "a PIN in the URI can be seen by others"},
                    WrongSpecification{"pkcs11:object=x?pin-source=env:PIN", "pin-source: expected file:FILE"},
                    WrongSpecification{"pkcs11:object=x?slot=1", "unknown attribute \"slot\""}));

TEST_P(WrongSigningKey, IsRefused) {
  const auto refused = open_signing_key(GetParam().text);
  test::expect_refused(refused, Errc::usage, GetParam().why);
  EXPECT_FALSE(refused.error().text().contains("1234"));  // a PIN is not repeated
}

}  // namespace
}  // namespace credence::service
