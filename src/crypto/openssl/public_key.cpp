#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>

#include <algorithm>
#include <format>

#include "crypto/der.h"
#include "crypto/openssl/key_state.h"
#include "crypto/openssl/library.h"
#include "crypto/openssl/native.h"
#include "crypto/openssl/pem.h"

namespace credence::crypto {
namespace {

constexpr std::size_t kSmallestRsaBits = 2048;
constexpr std::size_t kLargestRsaBits = 8192;

using OwnedBignum = Owned<BIGNUM, BN_free>;
using OwnedParamBuilder = Owned<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free>;
using OwnedParams = Owned<OSSL_PARAM, OSSL_PARAM_free>;

const char* group_name(KeyType type) noexcept {
  switch (type) {
    case KeyType::ec_p256:
      return "P-256";
    case KeyType::ec_p384:
      return "P-384";
    case KeyType::ec_p521:
      return "P-521";
    case KeyType::rsa:
    case KeyType::ed25519:
      return nullptr;
  }
  return nullptr;
}

std::unexpected<Error> not_a_key() {
  return fail(Errc::bad_key, std::format("OpenSSL does not take these values as a public key: {}", last_error()));
}

Result<OwnedKey> key_from_params(const char* type, OSSL_PARAM* params) {
  const OwnedKeyContext context(EVP_PKEY_CTX_new_from_name(library_context(), type, nullptr));
  if (!context) return openssl_failure("EVP_PKEY_CTX_new_from_name");
  CHECK(expect_one(EVP_PKEY_fromdata_init(context.get()), "EVP_PKEY_fromdata_init"));
  EVP_PKEY* key = nullptr;
  ERR_clear_error();
  if (EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params) != 1) {
    return not_a_key();
  }
  return OwnedKey(key);
}

Result<OwnedKey> make_ec(const KeyMaterial& material) {
  // SEC 1 section 3.2.2.1: the point must be on the curve. OpenSSL checks it while it reads the point; a point of
  // another curve would let whoever chose it learn or forge what this key is trusted for.
  OSSL_PARAM params[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, const_cast<char*>(group_name(material.type)), 0),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, const_cast<std::uint8_t*>(material.key.data()),
                                        material.key.size()),
      OSSL_PARAM_construct_end()};
  return key_from_params("EC", params);
}

Result<OwnedKey> make_ed25519(const KeyMaterial& material) {
  OSSL_PARAM params[] = {
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, const_cast<std::uint8_t*>(material.key.data()),
                                        material.key.size()),
      OSSL_PARAM_construct_end()};
  return key_from_params("ED25519", params);
}

std::size_t bit_length(ByteView number) noexcept {
  if (number.empty()) return 0;
  return 8 * number.size() - static_cast<std::size_t>(std::countl_zero(number[0]));
}

Result<void> check_rsa(const RsaPublic& rsa) {
  // NIST SP 800-131A: below 2048 bits a modulus can be factored. Above 8192 one verification costs the peer too much.
  const std::size_t bits = bit_length(rsa.modulus);
  if (bits < kSmallestRsaBits || bits > kLargestRsaBits) {
    return fail(Errc::bad_key, std::format("expected an RSA modulus of {} to {} bits, got {}", kSmallestRsaBits,
                                           kLargestRsaBits, bits));
  }
  if ((rsa.modulus.back() & 1U) == 0) return fail(Errc::bad_key, "expected an odd RSA modulus");
  // FIPS 186-5 section A.1.1: odd and above 2^16. Small exponents make forgeries of badly padded signatures easy; the
  // upper bound of 64 bits is OpenSSL's own for large moduli.
  const std::size_t exponent_bits = bit_length(rsa.exponent);
  if (exponent_bits < 17 || exponent_bits > 64 || (rsa.exponent.back() & 1U) == 0) {
    return fail(Errc::bad_key, std::format("expected an odd RSA exponent of 65537 or more and at most 64 bits, got one "
                                           "of {} bits",
                                           exponent_bits));
  }
  return {};
}

Result<OwnedKey> make_rsa(const KeyMaterial& material) {
  CHECK(check_rsa(material.rsa));
  const Bytes& modulus = material.rsa.modulus;
  const Bytes& exponent = material.rsa.exponent;
  const OwnedBignum n(BN_bin2bn(modulus.data(), static_cast<int>(modulus.size()), nullptr));
  const OwnedBignum e(BN_bin2bn(exponent.data(), static_cast<int>(exponent.size()), nullptr));
  const OwnedParamBuilder builder(OSSL_PARAM_BLD_new());
  if (!n || !e || !builder) return openssl_failure("BN_bin2bn");
  CHECK(expect_one(OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()), "OSSL_PARAM_BLD_push_BN"));
  CHECK(expect_one(OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()), "OSSL_PARAM_BLD_push_BN"));
  const OwnedParams params(OSSL_PARAM_BLD_to_param(builder.get()));
  if (!params) return openssl_failure("OSSL_PARAM_BLD_to_param");
  return key_from_params("RSA", params.get());
}

Result<OwnedKey> make_key(const KeyMaterial& material) {
  switch (material.type) {
    case KeyType::ec_p256:
    case KeyType::ec_p384:
    case KeyType::ec_p521:
      return make_ec(material);
    case KeyType::ed25519:
      return make_ed25519(material);
    case KeyType::rsa:
      return make_rsa(material);
  }
  return fail(Errc::bad_key, "unknown type of key");
}

using OwnedGroup = Owned<EC_GROUP, EC_GROUP_free>;
using OwnedPoint = Owned<EC_POINT, EC_POINT_free>;

// Made once: most of what making an EC key costs is its curve. Only read afterwards, from any thread.
const EC_GROUP* group_of(KeyType type) {
  static const OwnedGroup p256(EC_GROUP_new_by_curve_name_ex(library_context(), nullptr, NID_X9_62_prime256v1));
  static const OwnedGroup p384(EC_GROUP_new_by_curve_name_ex(library_context(), nullptr, NID_secp384r1));
  static const OwnedGroup p521(EC_GROUP_new_by_curve_name_ex(library_context(), nullptr, NID_secp521r1));
  return (type == KeyType::ec_p256 ? p256 : type == KeyType::ec_p384 ? p384 : p521).get();
}

// SEC 1 section 3.2.2.1, as in make_ec.
Result<void> check_point(KeyType curve, ByteView octets) {
  const EC_GROUP* group = group_of(curve);
  const OwnedPoint point(group == nullptr ? nullptr : EC_POINT_new(group));
  if (!point) return openssl_failure("EC_POINT_new");
  ERR_clear_error();
  if (EC_POINT_oct2point(group, point.get(), octets.data(), octets.size(), nullptr) != 1) {
    return not_a_key();
  }
  return {};
}

Result<OwnedKeyContext> make_verify_context(EVP_PKEY* key) {
  OwnedKeyContext context(EVP_PKEY_CTX_new_from_pkey(library_context(), key, nullptr));
  if (!context) return openssl_failure("EVP_PKEY_CTX_new_from_pkey");
  CHECK(expect_one(EVP_PKEY_verify_init(context.get()), "EVP_PKEY_verify_init"));
  return context;
}

Result<PublicKey> make_public_key(KeyMaterial material) {
  TRY(OwnedKey key, make_key(material));
  OwnedKeyContext verify_context;
  if (field_size(material.type) != 0) {
    TRY(verify_context, make_verify_context(key.get()));
  }
  Bytes spki = encode_spki(material);
  return PublicKey(std::make_shared<const PublicKey::State>(std::move(material), std::move(spki), std::move(key),
                                                            std::move(verify_context)));
}

}  // namespace

Result<PublicKey> PublicKey::from_spki(ByteView der) {
  TRY(KeyMaterial material, decode_spki(der));
  return make_public_key(std::move(material));
}

Result<void> PublicKey::check_spki(ByteView der) {
  TRY(const KeyView view, read_spki(der));
  if (field_size(view.type) != 0) return check_point(view.type, view.key);
  TRY(const OwnedKey key, make_key(material_of(view)));
  return {};
}

Result<PublicKey> PublicKey::from_pem(std::string_view pem) {
  TRY(const SecretBytes der, read_one_pem(as_bytes(pem), "PUBLIC KEY"));
  return from_spki(der.view());
}

Result<PublicKey> PublicKey::from_ec_point(KeyType curve, ByteView x, ByteView y) {
  TRY(KeyMaterial material, ec_material(curve, x, y));
  return make_public_key(std::move(material));
}

Result<PublicKey> PublicKey::from_rsa(ByteView modulus, ByteView exponent) {
  return make_public_key(rsa_material(modulus, exponent));
}

Result<PublicKey> PublicKey::from_ed25519(ByteView key) {
  if (key.size() != kEd25519KeySize) {
    return fail(Errc::bad_key, std::format("expected an Ed25519 key of 32 octets, got {}", key.size()));
  }
  return make_public_key({.type = KeyType::ed25519, .key = to_bytes(key), .rsa = {}});
}

KeyType PublicKey::type() const noexcept { return state_->material.type; }

ByteView PublicKey::spki() const noexcept { return state_->spki; }

std::string PublicKey::pem() const { return write_pem(spki(), "PUBLIC KEY"); }

Result<EcPoint> PublicKey::ec_point() const {
  const std::size_t field = field_size(type());
  if (field == 0) return fail(Errc::unexpected_type, std::format("expected an EC key, got {}", name(type())));
  const ByteView point = state_->material.key;
  return EcPoint{.x = to_bytes(point.subspan(1, field)), .y = to_bytes(point.subspan(1 + field, field))};
}

Result<RsaPublic> PublicKey::rsa() const {
  if (type() != KeyType::rsa)
    return fail(Errc::unexpected_type, std::format("expected an RSA key, got {}", name(type())));
  return state_->material.rsa;
}

Result<Bytes> PublicKey::ed25519() const {
  if (type() == KeyType::ed25519) return state_->material.key;
  return fail(Errc::unexpected_type, std::format("expected an Ed25519 key, got {}", name(type())));
}

EVP_PKEY* native(const PublicKey& key) noexcept { return key.state().key.get(); }

Result<PublicKey> public_key_from(const EVP_PKEY* key) {
  unsigned char* octets = nullptr;
  ERR_clear_error();
  const int size = i2d_PUBKEY(key, &octets);
  const Owned<unsigned char, [](void* memory) { OPENSSL_free(memory); }> owner(octets);
  if (size <= 0) return fail(Errc::bad_key, "the key's provider does not give its public part: " + last_error());
  return PublicKey::from_spki(ByteView(octets, static_cast<std::size_t>(size)));
}

}  // namespace credence::crypto
