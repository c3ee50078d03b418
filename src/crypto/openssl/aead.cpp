#include "crypto/aead.h"

#include <openssl/err.h>
#include <openssl/evp.h>

#include <format>
#include <optional>

#include "crypto/openssl/library.h"
#include "crypto/openssl/native.h"

namespace credence::crypto {
namespace {

using OwnedCipher = Owned<EVP_CIPHER, EVP_CIPHER_free>;
using OwnedCipherContext = Owned<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free>;

constexpr std::size_t kMostOctets = 1 << 20;  // of a message; RFC 8452 would allow 2^36

Result<const EVP_CIPHER*> cipher() {
  static const OwnedCipher fetched(EVP_CIPHER_fetch(library_context(), "AES-256-GCM-SIV", nullptr));
  if (!fetched) return fail(Errc::crypto_failure, "EVP_CIPHER_fetch: this OpenSSL has no AES-256-GCM-SIV");
  return fetched.get();
}

Result<OwnedCipherContext> start(bool sealing, ByteView key, ByteView nonce) {
  if (nonce.size() != AeadKey::kNonceSize)
    return fail(Errc::invalid_value,
                std::format("expected a nonce of {} octets, got {}", AeadKey::kNonceSize, nonce.size()));
  TRY(const EVP_CIPHER* algorithm, cipher());
  OwnedCipherContext context(EVP_CIPHER_CTX_new());
  if (!context) return openssl_failure("EVP_CIPHER_CTX_new");
  CHECK(expect_one(EVP_CipherInit_ex2(context.get(), algorithm, key.data(), nonce.data(), sealing ? 1 : 0, nullptr),
                   "EVP_CipherInit_ex2"));
  return context;
}

// 1 exactly when all of it was taken. This mode takes associated data and text whole, in one call each; an empty one is
// a call too.
int update(EVP_CIPHER_CTX* context, std::uint8_t* out, ByteView in) {
  static constexpr std::uint8_t kNothing = 0;
  int size = 0;
  const int taken =
      EVP_CipherUpdate(context, out, &size, in.empty() ? &kNothing : in.data(), static_cast<int>(in.size()));
  return taken == 1 && (out == nullptr || static_cast<std::size_t>(size) == in.size()) ? 1 : 0;
}

Result<void> check_size(ByteView associated, ByteView text) {
  if (text.size() <= kMostOctets && associated.size() <= kMostOctets) return {};
  return fail(Errc::too_large, std::format("expected at most {} octets to seal or open", kMostOctets));
}

}  // namespace

Result<AeadKey> AeadKey::from(ByteView octets) {
  if (octets.size() == kKeySize) return AeadKey(SecretBytes(octets));
  return fail(Errc::bad_key, std::format("expected a key of {} octets, got {}", kKeySize, octets.size()));
}

Result<Bytes> AeadKey::seal(ByteView nonce, ByteView associated, ByteView plaintext) const {
  CHECK(check_size(associated, plaintext));
  TRY(const OwnedCipherContext context, start(true, key_.view(), nonce));
  Bytes sealed(plaintext.size() + kTagSize);
  CHECK(expect_one(update(context.get(), nullptr, associated), "EVP_CipherUpdate"));
  CHECK(expect_one(update(context.get(), sealed.data(), plaintext), "EVP_CipherUpdate"));
  int rest = 0;
  std::uint8_t* const tag = sealed.data() + plaintext.size();
  CHECK(expect_one(EVP_CipherFinal_ex(context.get(), tag, &rest), "EVP_CipherFinal_ex"));
  CHECK(expect_one(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, kTagSize, tag), "EVP_CTRL_AEAD_GET_TAG"));
  return sealed;
}

Result<Bytes> AeadKey::open(ByteView nonce, ByteView associated, ByteView sealed) const {
  if (sealed.size() < kTagSize) return fail(Errc::truncated, "expected ciphertext and tag");
  const ByteView ciphertext = sealed.first(sealed.size() - kTagSize);
  CHECK(check_size(associated, ciphertext));
  TRY(const OwnedCipherContext context, start(false, key_.view(), nonce));
  Bytes tag = to_bytes(sealed.last(kTagSize));
  CHECK(expect_one(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, kTagSize, tag.data()),
                   "EVP_CTRL_AEAD_SET_TAG"));
  Bytes plaintext(ciphertext.size() + 1);  // never empty: a null pointer would mean associated data
  CHECK(expect_one(update(context.get(), nullptr, associated), "EVP_CipherUpdate"));
  // The tag is compared while the text is decrypted, or at the end: success is both, and nothing else.
  int rest = 0;
  const bool authentic = update(context.get(), plaintext.data(), ciphertext) == 1 &&
                         EVP_CipherFinal_ex(context.get(), plaintext.data() + ciphertext.size(), &rest) == 1;
  ERR_clear_error();
  if (!authentic) return fail(Errc::bad_signature, "this was not sealed with this key");
  plaintext.resize(ciphertext.size());
  return plaintext;
}

}  // namespace credence::crypto
