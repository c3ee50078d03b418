// Salts of sessions: a secret that only the TPM's parent key can recover. What is derived from it is cleansed by its
// owner, Esys, or here.
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/params.h>
#include <openssl/rsa.h>
#include <tss2/tss2_mu.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <span>

#include "rot/tpm2/cached_crypto.h"

namespace credence::rot::tpm2 {
namespace {

using Key = crypto::Owned<EVP_PKEY, EVP_PKEY_free>;
using KeyContext = crypto::Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using Number = crypto::Owned<BIGNUM, BN_free>;

struct Curve {
  TPM2_ECC_CURVE id;
  const char* name;
  std::size_t field;  // octets
};
constexpr Curve kCurves[] = {{TPM2_ECC_NIST_P256, "P-256", 32}, {TPM2_ECC_NIST_P384, "P-384", 48}};

TSS2_RC failed() noexcept {
  ERR_clear_error();
  return kCryptoFailed;
}

Key import(OSSL_LIB_CTX* library, const char* type, const OSSL_PARAM* parameters) noexcept {
  const KeyContext context(EVP_PKEY_CTX_new_from_name(library, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (!context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, const_cast<OSSL_PARAM*>(parameters)) != 1) {
    return nullptr;
  }
  return Key(key);
}

// Null when the TPM's point is not on the curve: OpenSSL checks it when it imports it. Otherwise whoever sits on the
// wire could send a point of small order and learn the salt.
Key ecc_public_key(OSSL_LIB_CTX* library, const Curve& curve, const TPMS_ECC_POINT& from) noexcept {
  if (from.x.size > curve.field || from.y.size > curve.field) return nullptr;
  // Uncompressed: 04 || X || Y, each padded to the field, since a TPM may drop leading zeros.
  std::array<std::uint8_t, 1 + 2 * 48> point{0x04};
  const std::span x(point.data() + 1, curve.field);
  const std::span y(point.data() + 1 + curve.field, curve.field);
  std::memcpy(x.last(from.x.size).data(), from.x.buffer, from.x.size);
  std::memcpy(y.last(from.y.size).data(), from.y.buffer, from.y.size);
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, const_cast<char*>(curve.name), std::strlen(curve.name)),
      OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point.data(), 1 + 2 * curve.field), OSSL_PARAM_END};
  return import(library, "EC", parameters);
}

bool copy_coordinate(EVP_PKEY* key, const char* name, std::size_t field, TPM2B_ECC_PARAMETER& out) noexcept {
  BIGNUM* value = nullptr;
  if (EVP_PKEY_get_bn_param(key, name, &value) != 1) return false;
  const Number owner(value);
  out.size = static_cast<UINT16>(field);
  return BN_bn2binpad(value, out.buffer, static_cast<int>(field)) == static_cast<int>(field);
}

Key rsa_public_key(OSSL_LIB_CTX* library, const TPMT_PUBLIC& area) noexcept {
  const auto& modulus = area.unique.rsa;
  const UINT32 exponent = area.parameters.rsaDetail.exponent == 0 ? 65537 : area.parameters.rsaDetail.exponent;
  const Number n(BN_bin2bn(modulus.buffer, modulus.size, nullptr));
  const crypto::Owned<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free> builder(OSSL_PARAM_BLD_new());
  if (!n || !builder || OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
      OSSL_PARAM_BLD_push_uint32(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent) != 1) {
    return nullptr;
  }
  const crypto::Owned<OSSL_PARAM, OSSL_PARAM_free> parameters(OSSL_PARAM_BLD_to_param(builder.get()));
  return parameters ? import(library, "RSA", parameters.get()) : nullptr;
}

// OAEP with the parent's name algorithm; the label is given with its terminating zero (part 1, annex B.4).
bool set_oaep(EVP_PKEY_CTX* context, const EVP_MD* hash, const char* label) noexcept {
  if (EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) != 1 ||
      EVP_PKEY_CTX_set_rsa_oaep_md(context, hash) != 1 || EVP_PKEY_CTX_set_rsa_mgf1_md(context, hash) != 1) {
    return false;
  }
  const std::size_t size = std::strlen(label) + 1;
  void* copy = OPENSSL_memdup(label, size);
  if (copy != nullptr && EVP_PKEY_CTX_set0_rsa_oaep_label(context, copy, static_cast<int>(size)) == 1) return true;
  OPENSSL_free(copy);
  return false;
}

}  // namespace

TSS2_RC get_ecdh_point(TPM2B_PUBLIC* parent, std::size_t capacity, TPM2B_ECC_PARAMETER* z, TPMS_ECC_POINT* q, BYTE* out,
                       std::size_t* out_size, void* userdata) noexcept {
  const TPMT_PUBLIC& area = parent->publicArea;
  const auto* curve = std::ranges::find(kCurves, area.parameters.eccDetail.curveID, &Curve::id);
  if (curve == std::end(kCurves)) return kCryptoUnsupported;
  OSSL_LIB_CTX* library = cached(userdata).library();
  const Key peer = ecc_public_key(library, *curve, area.unique.ecc);
  const Key ephemeral(EVP_PKEY_Q_keygen(library, nullptr, "EC", curve->name));
  if (!peer || !ephemeral || !copy_coordinate(ephemeral.get(), OSSL_PKEY_PARAM_EC_PUB_X, curve->field, q->x) ||
      !copy_coordinate(ephemeral.get(), OSSL_PKEY_PARAM_EC_PUB_Y, curve->field, q->y)) {
    return failed();
  }
  const KeyContext context(EVP_PKEY_CTX_new_from_pkey(library, ephemeral.get(), nullptr));
  std::size_t size = sizeof z->buffer;
  if (!context || EVP_PKEY_derive_init(context.get()) != 1 ||
      EVP_PKEY_derive_set_peer(context.get(), peer.get()) != 1 ||
      EVP_PKEY_derive(context.get(), z->buffer, &size) != 1) {
    OPENSSL_cleanse(z->buffer, sizeof z->buffer);
    return failed();
  }
  z->size = static_cast<UINT16>(size);
  *out_size = 0;
  return Tss2_MU_TPMS_ECC_POINT_Marshal(q, out, capacity, out_size);
}

TSS2_RC rsa_encrypt(TPM2B_PUBLIC* parent, std::size_t in_size, BYTE* in, std::size_t capacity, BYTE* out,
                    std::size_t* out_size, const char* label, void* userdata) noexcept {
  const CachedCrypto& crypto = cached(userdata);
  const auto* hash = crypto.hash(parent->publicArea.nameAlg);
  if (hash == nullptr) return kCryptoUnsupported;
  const Key key = rsa_public_key(crypto.library(), parent->publicArea);
  if (!key) return failed();
  const KeyContext context(EVP_PKEY_CTX_new_from_pkey(crypto.library(), key.get(), nullptr));
  *out_size = capacity;
  const bool encrypted = context && EVP_PKEY_encrypt_init(context.get()) == 1 &&
                         set_oaep(context.get(), hash->digest.get(), label) &&
                         EVP_PKEY_encrypt(context.get(), out, out_size, in, in_size) == 1;
  return encrypted ? TSS2_RC_SUCCESS : failed();
}

}  // namespace credence::rot::tpm2
