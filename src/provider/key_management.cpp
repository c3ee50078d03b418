// Key management of the provider (provider-keymgmt(7)).
//
// The type is named EC: libssl compares it by name with the certificate's key, and OpenSSL finds the encoder of
// SubjectPublicKeyInfo by it.
#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <cstring>

#include "crypto/openssl/library.h"
#include "crypto/openssl/native.h"
#include "provider/dispatch.h"
#include "provider/key.h"

namespace credence::provider {
namespace {

const rot::TlsKey& tls_key(const void* key) { return *static_cast<const Key*>(key)->tls_key; }

void* new_key(void*) { return new Key; }

void free_key(void* key) { delete static_cast<Key*>(key); }

int import_key(void* key, int, const OSSL_PARAM* parameters) {
  // Any other EC key lacks the parameter: it is not ours to hold.
  const OSSL_PARAM* given = OSSL_PARAM_locate_const(parameters, kKeyParameter);
  const Key* source = nullptr;
  if (given == nullptr || given->data_type != OSSL_PARAM_OCTET_STRING || given->data_size != sizeof(const Key*))
    return 0;
  std::memcpy(&source, given->data, sizeof(const Key*));
  *static_cast<Key*>(key) = *source;
  return 1;
}

const OSSL_PARAM* import_types(int) {
  static const OSSL_PARAM types[] = {OSSL_PARAM_octet_string(kKeyParameter, nullptr, 0), OSSL_PARAM_END};
  return types;
}

// The private half is there, in the root of trust.
int has(const void* key, int) { return static_cast<const Key*>(key)->tls_key != nullptr ? 1 : 0; }

int match(const void* left, const void* right, int) {
  return tls_key(left).public_key() == tls_key(right).public_key() ? 1 : 0;
}

// The key cannot leave the root of trust, so a selection with the private key fails. Were it answered with the public
// half, OpenSSL would move the key to its own provider and sign there, without a private key.
int export_key(void* key, int selection, OSSL_CALLBACK* callback, void* argument) {
  if ((selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) != 0) return 0;
  const auto point = tls_key(key).public_key().ec_point();
  if (!point) return push_error(point.error()), 0;
  Bytes encoded = {0x04};  // uncompressed
  append(encoded, point->x);
  append(encoded, point->y);
  std::string group(name(tls_key(key).public_key().type()));
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group.data(), group.size()),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, encoded.data(), encoded.size()), OSSL_PARAM_END};
  return callback(parameters, argument);
}

const OSSL_PARAM* export_types(int selection) {
  static const OSSL_PARAM types[] = {OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, nullptr, 0),
                                     OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, nullptr, 0), OSSL_PARAM_END};
  return (selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) != 0 ? nullptr : types;
}

// All that OpenSSL asks of a key is public: the copy in Credence's own library context answers.
int get_parameters(void* key, OSSL_PARAM* parameters) {
  if (EVP_PKEY_get_params(crypto::native(tls_key(key).public_key()), parameters) != 1) return 0;
  OSSL_PARAM* hash_name = OSSL_PARAM_locate(parameters, OSSL_PKEY_PARAM_DEFAULT_DIGEST);
  if (hash_name == nullptr) return 1;
  const auto hash = default_hash(tls_key(key));
  return hash ? OSSL_PARAM_set_utf8_string(hash_name, crypto::digest_name(*hash)) : 0;
}

const OSSL_PARAM* gettable_parameters(void*) {
  static const OSSL_PARAM gettable[] = {OSSL_PARAM_int(OSSL_PKEY_PARAM_BITS, nullptr),
                                        OSSL_PARAM_int(OSSL_PKEY_PARAM_SECURITY_BITS, nullptr),
                                        OSSL_PARAM_int(OSSL_PKEY_PARAM_MAX_SIZE, nullptr),
                                        OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_DEFAULT_DIGEST, nullptr, 0),
                                        OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, nullptr, 0),
                                        OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, nullptr, 0),
                                        OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, nullptr, 0),
                                        OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, nullptr, 0),
                                        OSSL_PARAM_END};
  return gettable;
}

const char* operation_name(int operation) { return operation == OSSL_OP_SIGNATURE ? "ECDSA" : nullptr; }

}  // namespace

std::optional<crypto::HashAlgorithm> default_hash(const rot::TlsKey& key) noexcept {
  using enum crypto::HashAlgorithm;
  const auto of_curve = key.public_key().type() == crypto::KeyType::ec_p384 ? sha384 : sha256;
  for (const auto hash : {of_curve, sha256, sha384, sha512})
    if (key.can_sign(hash)) return hash;
  return std::nullopt;
}

const OSSL_DISPATCH* key_management() noexcept {
  static const OSSL_DISPATCH functions[] = {entry<new_key>(OSSL_FUNC_KEYMGMT_NEW),
                                            entry<free_key>(OSSL_FUNC_KEYMGMT_FREE),
                                            entry<import_key>(OSSL_FUNC_KEYMGMT_IMPORT),
                                            entry<import_types>(OSSL_FUNC_KEYMGMT_IMPORT_TYPES),
                                            entry<has>(OSSL_FUNC_KEYMGMT_HAS),
                                            entry<match>(OSSL_FUNC_KEYMGMT_MATCH),
                                            entry<export_key>(OSSL_FUNC_KEYMGMT_EXPORT),
                                            entry<export_types>(OSSL_FUNC_KEYMGMT_EXPORT_TYPES),
                                            entry<get_parameters>(OSSL_FUNC_KEYMGMT_GET_PARAMS),
                                            entry<gettable_parameters>(OSSL_FUNC_KEYMGMT_GETTABLE_PARAMS),
                                            entry<operation_name>(OSSL_FUNC_KEYMGMT_QUERY_OPERATION_NAME),
                                            OSSL_DISPATCH_END};
  return functions;
}

}  // namespace credence::provider
