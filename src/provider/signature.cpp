// ECDSA signatures of the provider (provider-signature(7)).
//
// It hashes and verifies with Credence's own library context: through the application's it could reach itself.
#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <array>
#include <format>

#include "crypto/openssl/async_wait.h"
#include "crypto/openssl/library.h"
#include "crypto/openssl/native.h"
#include "provider/dispatch.h"
#include "provider/key.h"

namespace credence::provider {
namespace {

using crypto::HashAlgorithm;

struct Operation {
  const Key* key = nullptr;  // EVP keeps the key while it keeps the operation
  HashAlgorithm hash{};
  std::optional<crypto::Hasher> hasher{};
};

int failed(const Error& error) {
  push_error(error);
  return 0;
}

// OpenSSL gives the hash by any of its names: SHA256, SHA2-256, an OID.
std::optional<HashAlgorithm> hash_named(const char* name) {
  for (const auto hash : {HashAlgorithm::sha256, HashAlgorithm::sha384, HashAlgorithm::sha512})
    if (EVP_MD_is_a(crypto::message_digest(hash), name) == 1) return hash;
  return std::nullopt;
}

Result<HashAlgorithm> chosen_hash(const rot::TlsKey& key, const char* name) {
  const auto hash = name != nullptr ? hash_named(name) : default_hash(key);
  if (!hash || !key.can_sign(*hash))
    return fail(Errc::unsupported_algorithm,
                std::format("the root of trust's {} key does not sign over {}", crypto::name(key.public_key().type()),
                            name != nullptr ? name : "any hash"));
  return *hash;
}

void* new_operation(void*, const char*) { return new Operation; }

void free_operation(void* operation) { delete static_cast<Operation*>(operation); }

void* copy_operation(void* operation) {
  const auto& from = *static_cast<const Operation*>(operation);
  auto copy = std::make_unique<Operation>(from.key, from.hash);
  if (!from.hasher) return copy.release();
  auto hasher = from.hasher->copy();
  if (!hasher) return push_error(hasher.error()), nullptr;
  copy->hasher = *std::move(hasher);
  return copy.release();
}

// libssl calls this before every handshake, only to ask which hashes the key supports: it does not touch the root of
// trust, and it refuses what the key cannot do.
int start(void* operation, const char* hash_name, void* key, const OSSL_PARAM*) {
  auto& started = *static_cast<Operation*>(operation);
  if (key != nullptr) started.key = static_cast<const Key*>(key);
  if (started.key == nullptr) return failed({.code = Errc::usage, .why = "expected a key to sign or verify with"});
  const auto hash = chosen_hash(*started.key->tls_key, hash_name);
  if (!hash) return failed(hash.error());
  auto hasher = crypto::Hasher::start(*hash);
  if (!hasher) return failed(hasher.error());
  started.hash = *hash;
  started.hasher = *std::move(hasher);
  return 1;
}

int update(void* operation, const unsigned char* octets, std::size_t size) {
  auto& hasher = static_cast<Operation*>(operation)->hasher;
  if (!hasher) return failed({.code = Errc::usage, .why = "data before the operation was started"});
  const auto updated = hasher->update({octets, size});
  return updated ? 1 : failed(updated.error());
}

Result<Bytes> sign(const Operation& operation) {
  if (!operation.hasher) return fail(Errc::usage, "a signature before the operation was started");
  TRY(const crypto::Digest digest, operation.hasher->current());
  rot::TlsKey& key = *operation.key->tls_key;
  return crypto::wait_for<Bytes>("a signature of the root of trust", operation.key->deadline,
                                 [&](auto done) { key.sign(digest, std::move(done)); });
}

int sign_final(void* operation, unsigned char* out, std::size_t* size, std::size_t capacity) {
  const auto& signing = *static_cast<const Operation*>(operation);
  if (out == nullptr) {
    *size = static_cast<std::size_t>(EVP_PKEY_get_size(crypto::native(signing.key->tls_key->public_key())));
    return 1;
  }
  const auto signature = sign(signing);
  if (!signature) return failed(signature.error());
  if (signature->size() > capacity)
    return failed({.code = Errc::too_large,
                   .why = std::format("expected a signature of at most {} octets from the root of trust, got {}",
                                      capacity, signature->size())});
  std::ranges::copy(*signature, out);
  *size = signature->size();
  return 1;
}

Result<void> verify(const Operation& operation, ByteView signature) {
  if (!operation.hasher) return fail(Errc::usage, "a verification before the operation was started");
  TRY(const crypto::Digest digest, operation.hasher->current());
  const crypto::PublicKey& key = operation.key->tls_key->public_key();
  TRY(const crypto::EcPoint point, key.ec_point());
  const std::size_t field = point.x.size();
  TRY(const Bytes r_and_s, crypto::ecdsa_from_der(signature, field));
  return key.verify_ecdsa(digest, ByteView(r_and_s).first(field), ByteView(r_and_s).last(field));
}

int verify_final(void* operation, const unsigned char* signature, std::size_t size) {
  const auto verified = verify(*static_cast<const Operation*>(operation), {signature, size});
  return verified ? 1 : failed(verified.error());
}

// AlgorithmIdentifier of X.509 signatures, which X509_sign() asks for and libssl does not (RFC 5758 section 3.2).
ByteView algorithm_identifier(HashAlgorithm hash) noexcept {
  static constexpr std::array<std::uint8_t, 12> sha256 = {0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86,
                                                          0x48, 0xce, 0x3d, 0x04, 0x03, 0x02};
  static constexpr std::array<std::uint8_t, 12> sha384 = {0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86,
                                                          0x48, 0xce, 0x3d, 0x04, 0x03, 0x03};
  static constexpr std::array<std::uint8_t, 12> sha512 = {0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86,
                                                          0x48, 0xce, 0x3d, 0x04, 0x03, 0x04};
  switch (hash) {
    case HashAlgorithm::sha256:
      return sha256;
    case HashAlgorithm::sha384:
      return sha384;
    case HashAlgorithm::sha512:
      return sha512;
  }
  return {};
}

int get_parameters(void* operation, OSSL_PARAM* parameters) {
  const auto& asked = *static_cast<const Operation*>(operation);
  const ByteView identifier = algorithm_identifier(asked.hash);
  OSSL_PARAM* parameter = OSSL_PARAM_locate(parameters, OSSL_SIGNATURE_PARAM_ALGORITHM_ID);
  if (parameter != nullptr && OSSL_PARAM_set_octet_string(parameter, identifier.data(), identifier.size()) != 1)
    return 0;
  parameter = OSSL_PARAM_locate(parameters, OSSL_SIGNATURE_PARAM_DIGEST);
  return parameter == nullptr ? 1 : OSSL_PARAM_set_utf8_string(parameter, crypto::digest_name(asked.hash));
}

const OSSL_PARAM* gettable_parameters(void*, void*) {
  static const OSSL_PARAM gettable[] = {OSSL_PARAM_octet_string(OSSL_SIGNATURE_PARAM_ALGORITHM_ID, nullptr, 0),
                                        OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_DIGEST, nullptr, 0),
                                        OSSL_PARAM_END};
  return gettable;
}

}  // namespace

const OSSL_DISPATCH* signature() noexcept {
  static const OSSL_DISPATCH functions[] = {entry<new_operation>(OSSL_FUNC_SIGNATURE_NEWCTX),
                                            entry<free_operation>(OSSL_FUNC_SIGNATURE_FREECTX),
                                            entry<copy_operation>(OSSL_FUNC_SIGNATURE_DUPCTX),
                                            entry<start>(OSSL_FUNC_SIGNATURE_DIGEST_SIGN_INIT),
                                            entry<update>(OSSL_FUNC_SIGNATURE_DIGEST_SIGN_UPDATE),
                                            entry<sign_final>(OSSL_FUNC_SIGNATURE_DIGEST_SIGN_FINAL),
                                            entry<start>(OSSL_FUNC_SIGNATURE_DIGEST_VERIFY_INIT),
                                            entry<update>(OSSL_FUNC_SIGNATURE_DIGEST_VERIFY_UPDATE),
                                            entry<verify_final>(OSSL_FUNC_SIGNATURE_DIGEST_VERIFY_FINAL),
                                            entry<get_parameters>(OSSL_FUNC_SIGNATURE_GET_CTX_PARAMS),
                                            entry<gettable_parameters>(OSSL_FUNC_SIGNATURE_GETTABLE_CTX_PARAMS),
                                            OSSL_DISPATCH_END};
  return functions;
}

}  // namespace credence::provider
