#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/async.h>
#include <openssl/provider.h>
#include <poll.h>

#include "keys.h"
#include "tls_pair.h"

namespace credence::provider {
namespace {

using testing::HasSubstr;

using OwnedLibrary = crypto::Owned<OSSL_LIB_CTX, OSSL_LIB_CTX_free>;

struct Case {
  const char* name;
  crypto::KeyType type;
  bool own_library;  // of the application; otherwise the process-wide context
  const char* groups;
};
void PrintTo(const Case& tested, std::ostream* out) { *out << tested.name; }

class Handshake : public testing::TestWithParam<Case> {};

// A P-256 key share is what an EC key type of ours in the application's context would break
// (docs/decisions/provider.md).
TEST_P(Handshake, MutualTls13WithOneSignatureEach) {
  const OwnedLibrary library(GetParam().own_library ? OSSL_LIB_CTX_new() : nullptr);
  const auto client_key = std::make_shared<Wrapped>(software_key(GetParam().type));
  const auto server_key = std::make_shared<Wrapped>(software_key(GetParam().type));
  const Identity client = identity_of(client_key);
  const Identity server = identity_of(server_key);
  const auto client_context = tls_context(library.get(), client, server.leaf);
  const auto server_context = tls_context(library.get(), server, client.leaf);
  ASSERT_EQ(SSL_CTX_set1_groups_list(client_context.get(), GetParam().groups), 1);
  client_key->signatures = server_key->signatures = 0;

  Pair pair(client_context.get(), server_context.get());
  ASSERT_TRUE(pair.handshake());
  EXPECT_EQ(client_key->signatures, 1);
  EXPECT_EQ(server_key->signatures, 1);
  EXPECT_EQ(SSL_get_verify_result(pair.client.get()), X509_V_OK);
  EXPECT_EQ(SSL_get_verify_result(pair.server.get()), X509_V_OK);
}

INSTANTIATE_TEST_SUITE_P(Keys, Handshake,
                         testing::Values(Case{"P256", crypto::KeyType::ec_p256, false, "X25519"},
                                         Case{"P384", crypto::KeyType::ec_p384, false, "X25519"},
                                         Case{"P256HybridGroup", crypto::KeyType::ec_p256, false, "X25519MLKEM768"},
                                         Case{"P256KeyShare", crypto::KeyType::ec_p256, false, "P-256"},
                                         Case{"P384KeyShare", crypto::KeyType::ec_p384, false, "P-384"},
                                         Case{"OwnLibraryP256KeyShare", crypto::KeyType::ec_p256, true, "P-256"},
                                         Case{"OwnLibraryP384", crypto::KeyType::ec_p384, true, "X25519"}),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST(ApplicationContext, StaysAsItWas) {
  const crypto::OwnedKey ours = private_key(software_key()).value();
  const crypto::OwnedKey theirs(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
  ASSERT_TRUE(theirs);
  EXPECT_STREQ(OSSL_PROVIDER_get0_name(EVP_PKEY_get0_provider(theirs.get())), "default");
  EXPECT_EQ(OSSL_PROVIDER_available(nullptr, "credence"), 0);
  EXPECT_STREQ(OSSL_PROVIDER_get0_name(EVP_PKEY_get0_provider(ours.get())), "credence");
}

TEST(ApplicationContext, ATlsContextMadeBeforeTheKeyTakesIt) {
  OwnedLibrary library(OSSL_LIB_CTX_new());
  const OwnedSslContext early(SSL_CTX_new_ex(library.get(), nullptr, TLS_method()));
  const Identity own = identity_of(software_key());
  EXPECT_EQ(SSL_CTX_use_certificate(early.get(), crypto::native(own.leaf)), 1);
  EXPECT_EQ(SSL_CTX_use_PrivateKey(early.get(), own.key.get()), 1);
  EXPECT_EQ(SSL_CTX_check_private_key(early.get()), 1);
}

TEST(ApplicationContext, AKeyThatIsNotTheLeafsIsRefused) {
  const Identity own = identity_of(software_key());
  const crypto::OwnedKey other = private_key(software_key()).value();
  EXPECT_EQ(X509_check_private_key(crypto::native(own.leaf), own.key.get()), 1);
  EXPECT_NE(X509_check_private_key(crypto::native(own.leaf), other.get()), 1);
  ERR_clear_error();
}

TEST(FailingKey, EndsTheHandshakeWithInternalErrorAndSaysWhy) {
  const auto key = std::make_shared<Lockable>();
  const Identity client = identity_of(key);
  const Identity server = identity_of(software_key());
  const auto client_context = tls_context(nullptr, client, server.leaf);
  const auto server_context = tls_context(nullptr, server, client.leaf);
  EXPECT_TRUE(Pair(client_context.get(), server_context.get()).handshake());

  key->locked = true;
  Pair pair(client_context.get(), server_context.get());
  EXPECT_EQ(Pair::advance(pair.client.get()).error, SSL_ERROR_WANT_READ);
  EXPECT_EQ(Pair::advance(pair.server.get()).error, SSL_ERROR_WANT_READ);
  const auto at_client = Pair::advance(pair.client.get());
  EXPECT_EQ(at_client.error, SSL_ERROR_SSL);
  EXPECT_THAT(at_client.reason, HasSubstr("device_locked: the TPM is in lockout, try again in 600 s"));
  const auto at_server = Pair::advance(pair.server.get());
  EXPECT_EQ(at_server.error, SSL_ERROR_SSL);
  EXPECT_THAT(at_server.reason, HasSubstr("alert internal error"));
}

TEST(FailingKey, NoAnswerWithinTheDeadlineIsAFailure) {
  const auto key = std::make_shared<Slow>();
  const Identity client = identity_of(key, {.deadline = std::chrono::milliseconds(300)});
  const Identity server = identity_of(software_key());
  const auto client_context = tls_context(nullptr, client, server.leaf);
  const auto server_context = tls_context(nullptr, server, client.leaf);
  EXPECT_TRUE(Pair(client_context.get(), server_context.get()).handshake());

  key->delay = std::chrono::milliseconds(900);
  Pair pair(client_context.get(), server_context.get());
  Pair::advance(pair.client.get());
  Pair::advance(pair.server.get());
  const auto at_client = Pair::advance(pair.client.get());
  EXPECT_EQ(at_client.error, SSL_ERROR_SSL);
  EXPECT_THAT(at_client.reason, HasSubstr("timeout: expected a signature of the root of trust within 300 ms"));
}

TEST(FailingKey, ASignatureThatDoesNotFitIsNotCopied) {
  const crypto::OwnedKey key = private_key(std::make_shared<Verbose>()).value();
  const crypto::Owned<EVP_MD_CTX, EVP_MD_CTX_free> signing(EVP_MD_CTX_new());
  std::array<unsigned char, 80> signature{};
  std::size_t size = signature.size();
  ASSERT_EQ(EVP_DigestSignInit_ex(signing.get(), nullptr, "SHA256", nullptr, nullptr, key.get(), nullptr), 1);
  EXPECT_NE(EVP_DigestSign(signing.get(), signature.data(), &size, signature.data(), 1), 1);
  EXPECT_EQ(signature, (std::array<unsigned char, 80>{}));
  ERR_clear_error();
}

// Polls what SSL_get_all_async_fds() names, as an application does.
void wait_for_descriptors(SSL* ssl) {
  std::size_t count = 0;
  ASSERT_EQ(SSL_get_all_async_fds(ssl, nullptr, &count), 1);
  ASSERT_EQ(count, 1U);
  OSSL_ASYNC_FD descriptor = 0;
  ASSERT_EQ(SSL_get_all_async_fds(ssl, &descriptor, &count), 1);
  pollfd polled{.fd = descriptor, .events = POLLIN, .revents = 0};
  ASSERT_EQ(poll(&polled, 1, 5000), 1);
}

TEST(AsyncJob, PausesWhileTheRootOfTrustSigns) {
  if (ASYNC_is_capable() != 1) GTEST_SKIP() << "OpenSSL has no async jobs on this platform";
  const auto key = std::make_shared<Slow>();
  const Identity client = identity_of(key);
  const Identity server = identity_of(software_key());
  const auto client_context = tls_context(nullptr, client, server.leaf);
  const auto server_context = tls_context(nullptr, server, client.leaf);
  SSL_CTX_set_mode(client_context.get(), SSL_MODE_ASYNC);
  key->delay = std::chrono::milliseconds(100);

  Pair pair(client_context.get(), server_context.get());
  EXPECT_EQ(Pair::advance(pair.client.get()).error, SSL_ERROR_WANT_READ);
  EXPECT_EQ(Pair::advance(pair.server.get()).error, SSL_ERROR_WANT_READ);
  EXPECT_EQ(Pair::advance(pair.client.get()).error, SSL_ERROR_WANT_ASYNC);
  wait_for_descriptors(pair.client.get());
  EXPECT_EQ(Pair::advance(pair.client.get()).error, SSL_ERROR_NONE);
  EXPECT_EQ(Pair::advance(pair.server.get()).error, SSL_ERROR_NONE);
  ASYNC_cleanup_thread();
}

TEST(Lifetime, TheTlsContextKeepsTheKey) {
  auto key = software_key();
  const std::weak_ptr<rot::TlsKey> watched = key;
  Identity own = identity_of(std::move(key));
  auto context = tls_context(nullptr, own, own.leaf);
  own.key.reset();
  EXPECT_FALSE(watched.expired());
  {
    Pair pair(context.get(), context.get());
    context.reset();
    EXPECT_TRUE(pair.handshake());
  }
  EXPECT_TRUE(watched.expired());
}

}  // namespace
}  // namespace credence::provider
