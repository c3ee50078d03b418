#include <openssl/evp.h>

#include "crypto/hash.h"
#include "crypto/openssl/library.h"
#include "crypto/openssl/native.h"

namespace credence::crypto {
namespace {

using OwnedDigestContext = Owned<EVP_MD_CTX, EVP_MD_CTX_free>;

Result<OwnedDigestContext> start_digest(HashAlgorithm algorithm) {
  OwnedDigestContext context(EVP_MD_CTX_new());
  if (!context) return openssl_failure("EVP_MD_CTX_new");
  CHECK(expect_one(EVP_DigestInit_ex2(context.get(), message_digest(algorithm), nullptr), "EVP_DigestInit_ex2"));
  return context;
}

Result<void> update_digest(EVP_MD_CTX* context, ByteView octets) {
  if (octets.empty()) return {};
  return expect_one(EVP_DigestUpdate(context, octets.data(), octets.size()), "EVP_DigestUpdate");
}

Result<Digest> finish_digest(EVP_MD_CTX* context, HashAlgorithm algorithm) {
  Digest digest = Digest::zeros(algorithm);
  unsigned int size = 0;
  CHECK(expect_one(EVP_DigestFinal_ex(context, digest.octets().data(), &size), "EVP_DigestFinal_ex"));
  if (size != digest.view().size()) return fail(Errc::crypto_failure, "EVP_DigestFinal_ex: unexpected digest size");
  return digest;
}

}  // namespace

Result<Digest> digest(HashAlgorithm algorithm, ByteView message) { return digest(algorithm, {message}); }

Result<Digest> digest(HashAlgorithm algorithm, std::initializer_list<ByteView> parts) {
  TRY(const OwnedDigestContext context, start_digest(algorithm));
  for (const ByteView part : parts) CHECK(update_digest(context.get(), part));
  return finish_digest(context.get(), algorithm);
}

struct Hasher::State {
  HashAlgorithm algorithm;
  OwnedDigestContext context;
};

Hasher::Hasher(std::unique_ptr<State> state) : state_(std::move(state)) {}
Hasher::Hasher(Hasher&&) noexcept = default;
Hasher& Hasher::operator=(Hasher&&) noexcept = default;
Hasher::~Hasher() = default;

Result<Hasher> Hasher::start(HashAlgorithm algorithm) {
  TRY(OwnedDigestContext context, start_digest(algorithm));
  return Hasher(std::make_unique<State>(State{.algorithm = algorithm, .context = std::move(context)}));
}

Result<void> Hasher::update(ByteView octets) { return update_digest(state_->context.get(), octets); }

Result<Digest> Hasher::current() const {
  const OwnedDigestContext copy(EVP_MD_CTX_dup(state_->context.get()));
  if (!copy) return openssl_failure("EVP_MD_CTX_dup");
  return finish_digest(copy.get(), state_->algorithm);
}

Result<Hasher> Hasher::copy() const {
  OwnedDigestContext context(EVP_MD_CTX_dup(state_->context.get()));
  if (!context) return openssl_failure("EVP_MD_CTX_dup");
  return Hasher(std::make_unique<State>(State{.algorithm = state_->algorithm, .context = std::move(context)}));
}

}  // namespace credence::crypto
