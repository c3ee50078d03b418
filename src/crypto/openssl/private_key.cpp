#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <format>
#include <stdexcept>

#include "crypto/algorithm.h"
#include "crypto/openssl/held_key.h"
#include "crypto/openssl/key_state.h"
#include "crypto/openssl/library.h"
#include "crypto/openssl/native.h"
#include "crypto/openssl/pem.h"
#include "crypto/openssl/rsa_padding.h"

namespace credence::crypto {
namespace {

constexpr std::size_t kGeneratedRsaBits = 3072;

using OwnedPkcs8 = Owned<PKCS8_PRIV_KEY_INFO, PKCS8_PRIV_KEY_INFO_free>;

EVP_PKEY* generate_native(KeyType type) {
  switch (type) {
    case KeyType::ec_p256:
      return EVP_PKEY_Q_keygen(library_context(), nullptr, "EC", "P-256");
    case KeyType::ec_p384:
      return EVP_PKEY_Q_keygen(library_context(), nullptr, "EC", "P-384");
    case KeyType::ec_p521:
      return EVP_PKEY_Q_keygen(library_context(), nullptr, "EC", "P-521");
    case KeyType::rsa:
      return EVP_PKEY_Q_keygen(library_context(), nullptr, "RSA", kGeneratedRsaBits);
    case KeyType::ed25519:
      return EVP_PKEY_Q_keygen(library_context(), nullptr, "ED25519");
  }
  return nullptr;
}

Result<OwnedKeyContext> start_signing(EVP_PKEY* key) {
  OwnedKeyContext context(EVP_PKEY_CTX_new_from_pkey(library_context(), key, nullptr));
  if (!context) return openssl_failure("EVP_PKEY_CTX_new_from_pkey");
  CHECK(expect_one(EVP_PKEY_sign_init(context.get()), "EVP_PKEY_sign_init"));
  return context;
}

Result<PrivateKey> make_private_key(OwnedKey key) {
  TRY(PublicKey public_key, public_key_from(key.get()));
  OwnedKeyContext sign_context;
  if (field_size(public_key.type()) != 0) {
    TRY(sign_context, start_signing(key.get()));
  }
  return PrivateKey(std::make_shared<const PrivateKey::State>(PrivateKey::State{
      .public_key = std::move(public_key), .key = std::move(key), .sign_context = std::move(sign_context)}));
}

// Reads PKCS #8 into Credence's own library context.
Result<PrivateKey> import_key(const PKCS8_PRIV_KEY_INFO* info) {
  OwnedKey key(EVP_PKCS82PKEY_ex(info, library_context(), nullptr));
  if (!key) return fail(Errc::bad_key, "expected a private key in PKCS #8: " + last_error());
  // The file carries both halves of the key. Signing with halves that do not belong together can reveal the private
  // one (Ed25519), and nobody could verify the result.
  const OwnedKeyContext context(EVP_PKEY_CTX_new_from_pkey(library_context(), key.get(), nullptr));
  if (!context) return openssl_failure("EVP_PKEY_CTX_new_from_pkey");
  if (EVP_PKEY_pairwise_check(context.get()) != 1) {
    return fail(Errc::bad_key, "expected a private key that belongs to its public key: " + last_error());
  }
  return make_private_key(std::move(key));
}

Result<Bytes> sign_prehashed(EVP_PKEY_CTX* context, const Digest& digest) {
  // What the key says of itself, so that EVP_PKEY_sign need not be asked first.
  const int longest = EVP_PKEY_get_size(EVP_PKEY_CTX_get0_pkey(context));
  if (longest <= 0) return openssl_failure("EVP_PKEY_get_size");
  auto size = static_cast<std::size_t>(longest);
  const ByteView hashed = digest.view();
  Bytes signature(size);
  CHECK(expect_one(EVP_PKEY_sign(context, signature.data(), &size, hashed.data(), hashed.size()), "EVP_PKEY_sign"));
  signature.resize(size);
  return signature;
}

// Hashing included: the one way that EdDSA and keys of other providers know. OpenSSL takes the signature from the key's
// own provider when the key does not come out of it.
Result<Bytes> sign_message(EVP_PKEY* key, SignatureScheme scheme, std::optional<HashAlgorithm> hash, ByteView message) {
  ERR_clear_error();
  const Owned<EVP_MD_CTX, EVP_MD_CTX_free> context(EVP_MD_CTX_new());
  if (!context) return openssl_failure("EVP_MD_CTX_new");
  EVP_PKEY_CTX* parameters = nullptr;  // belongs to the context
  CHECK(expect_one(EVP_DigestSignInit_ex(context.get(), &parameters, hash ? digest_name(*hash) : nullptr,
                                         library_context(), nullptr, key, nullptr),
                   "EVP_DigestSignInit_ex"));
  if (scheme == SignatureScheme::rsassa_pkcs1 || scheme == SignatureScheme::rsassa_pss)
    CHECK(set_rsa_padding(parameters, scheme, *hash));
  std::size_t size = 0;
  CHECK(expect_one(EVP_DigestSign(context.get(), nullptr, &size, message.data(), message.size()), "EVP_DigestSign"));
  Bytes signature(size);
  CHECK(expect_one(EVP_DigestSign(context.get(), signature.data(), &size, message.data(), message.size()),
                   "EVP_DigestSign"));
  signature.resize(size);
  return signature;
}

}  // namespace

Result<PrivateKey> PrivateKey::generate(KeyType type) {
  ERR_clear_error();
  OwnedKey key(generate_native(type));
  if (!key) return openssl_failure("EVP_PKEY_Q_keygen");
  return make_private_key(std::move(key));
}

Result<PrivateKey> PrivateKey::from_pem(ByteView pem) {
  TRY(const SecretBytes der, read_one_pem(pem, "PRIVATE KEY"));
  const unsigned char* at = der.view().data();
  ERR_clear_error();
  const OwnedPkcs8 info(d2i_PKCS8_PRIV_KEY_INFO(nullptr, &at, static_cast<long>(der.size())));
  if (!info || at != der.view().data() + der.size()) {
    return fail(Errc::bad_key, "expected one private key in PKCS #8: " + last_error());
  }
  return import_key(info.get());
}

SecretBytes PrivateKey::pem() const {
  // OpenSSL cleanses the memory of a BIO when it goes.
  const OwnedBio bio(BIO_new(BIO_s_mem()));
  if (!bio || PEM_write_bio_PKCS8PrivateKey(bio.get(), state_->key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    throw std::runtime_error("PEM_write_bio_PKCS8PrivateKey: " + last_error());
  }
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return SecretBytes(as_bytes({text, static_cast<std::size_t>(size)}));
}

const PublicKey& PrivateKey::public_key() const noexcept { return state_->public_key; }

Result<Bytes> PrivateKey::sign(SignatureAlgorithm algorithm, ByteView message) const {
  CHECK(check_algorithm_fits(algorithm, public_key().type()));
  const auto [scheme, hash] = parts(algorithm);
  if (!hash) return sign_message(state_->key.get(), scheme, hash, message);
  if (state_->stays) {
    TRY(Bytes signature, sign_message(state_->key.get(), scheme, hash, message));
    if (scheme != SignatureScheme::ecdsa) return signature;
    return ecdsa_from_der(signature, field_size(public_key().type()));
  }
  TRY(const Digest hashed, digest(*hash, message));
  if (scheme == SignatureScheme::ecdsa) return sign_ecdsa(hashed);
  TRY(const OwnedKeyContext context, start_signing(state_->key.get()));
  CHECK(set_rsa_padding(context.get(), scheme, *hash));
  return sign_prehashed(context.get(), hashed);
}

Result<Bytes> PrivateKey::sign_ecdsa(const Digest& digest) const {
  const std::size_t field = field_size(public_key().type());
  if (field == 0) {
    return fail(Errc::unsupported_algorithm,
                std::format("expected an EC key for ECDSA, got {}", name(public_key().type())));
  }
  if (state_->stays) return fail(Errc::unsupported, "this key signs messages, not digests that were computed before");
  OwnedKeyContext context(state_->sign_context ? EVP_PKEY_CTX_dup(state_->sign_context.get()) : nullptr);
  if (!context) {
    TRY(context, start_signing(state_->key.get()));
  }
  TRY(const Bytes der, sign_prehashed(context.get(), digest));
  return ecdsa_from_der(der, field);
}

SignatureAlgorithm PrivateKey::default_algorithm() const noexcept {
  switch (public_key().type()) {
    case KeyType::ec_p256:
      return SignatureAlgorithm::es256;
    case KeyType::ec_p384:
      return SignatureAlgorithm::es384;
    case KeyType::ec_p521:
      return SignatureAlgorithm::es512;
    case KeyType::rsa:
      return SignatureAlgorithm::ps256;
    case KeyType::ed25519:
      break;
  }
  return SignatureAlgorithm::eddsa;
}

EVP_PKEY* native(const PrivateKey& key) noexcept { return key.state().key.get(); }

Result<PrivateKey> private_key_that_stays(OwnedKey key, std::shared_ptr<const void> library) {
  TRY(PublicKey public_key, public_key_from(key.get()));
  return PrivateKey(std::make_shared<const PrivateKey::State>(PrivateKey::State{
      .public_key = std::move(public_key), .library = std::move(library), .key = std::move(key), .stays = true}));
}

Result<PrivateKey> private_key_from(const EVP_PKEY* key) {
  ERR_clear_error();
  const OwnedPkcs8 info(EVP_PKEY2PKCS8(key));
  if (!info) return fail(Errc::bad_key, "the key's provider does not give its private part: " + last_error());
  return import_key(info.get());
}

}  // namespace credence::crypto
