#include "rot/tpm2/templates.h"

#include <array>
#include <format>

namespace credence::rot::tpm2 {
namespace {

// Created inside, and bound to this TPM and to this parent: nobody, its owner included, can take the private part out.
// noDA: a wrong authorization value of these keys (256 random bits) must not lock the whole TPM.
constexpr TPMA_OBJECT kNeverLeaves =
    TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_SENSITIVEDATAORIGIN | TPMA_OBJECT_NODA;
constexpr TPMA_OBJECT kStorageParent =
    kNeverLeaves | TPMA_OBJECT_USERWITHAUTH | TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_DECRYPT;
constexpr TPMA_OBJECT kTlsKey = kNeverLeaves | TPMA_OBJECT_SIGN_ENCRYPT;
constexpr TPMA_OBJECT kAttestationKey =
    kNeverLeaves | TPMA_OBJECT_USERWITHAUTH | TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_SIGN_ENCRYPT;
// TCG EK Credential Profile 2.x, B.3.2 and B.3.3: used by policy only.
constexpr TPMA_OBJECT kEndorsementKey = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |
                                        TPMA_OBJECT_SENSITIVEDATAORIGIN | TPMA_OBJECT_ADMINWITHPOLICY |
                                        TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_DECRYPT;
// PolicySecret(TPM_RH_ENDORSEMENT), as the profile gives it.
constexpr std::array<BYTE, 32> kEndorsementPolicy = {0x83, 0x71, 0x97, 0x67, 0x44, 0x84, 0xb3, 0xf8, 0x1a, 0x90, 0xcc,
                                                     0x8d, 0x46, 0xa5, 0xd7, 0x24, 0xfd, 0x52, 0xd7, 0x6e, 0x06, 0x52,
                                                     0x0b, 0x64, 0xf2, 0xa1, 0xda, 0x1b, 0x33, 0x14, 0x69, 0xaa};

constexpr TPMT_SYM_DEF_OBJECT kAes128Cfb{
    .algorithm = TPM2_ALG_AES, .keyBits = {.aes = 128}, .mode = {.aes = TPM2_ALG_CFB}};
constexpr TPMT_SYM_DEF_OBJECT kNoSymmetric{.algorithm = TPM2_ALG_NULL, .keyBits = {}, .mode = {}};

TPM2B_PUBLIC ecc_template(TPMA_OBJECT attributes, TPM2_ECC_CURVE curve, const TPMT_SYM_DEF_OBJECT& symmetric) {
  TPM2B_PUBLIC area{};
  area.publicArea.type = TPM2_ALG_ECC;
  area.publicArea.nameAlg = TPM2_ALG_SHA256;
  area.publicArea.objectAttributes = attributes;
  auto& parameters = area.publicArea.parameters.eccDetail;
  parameters.symmetric = symmetric;
  parameters.scheme.scheme = TPM2_ALG_NULL;
  parameters.curveID = curve;
  parameters.kdf.scheme = TPM2_ALG_NULL;
  return area;
}

TPM2B_PUBLIC ecdsa_template(TPMA_OBJECT attributes, TPM2_ECC_CURVE curve, TPM2_ALG_ID hash) {
  TPM2B_PUBLIC area = ecc_template(attributes, curve, kNoSymmetric);
  auto& scheme = area.publicArea.parameters.eccDetail.scheme;
  scheme.scheme = TPM2_ALG_ECDSA;
  scheme.details.ecdsa.hashAlg = hash;
  return area;
}

TPM2B_PUBLIC rsa_template(TPMA_OBJECT attributes, const TPMT_SYM_DEF_OBJECT& symmetric) {
  TPM2B_PUBLIC area{};
  area.publicArea.type = TPM2_ALG_RSA;
  area.publicArea.nameAlg = TPM2_ALG_SHA256;
  area.publicArea.objectAttributes = attributes;
  auto& parameters = area.publicArea.parameters.rsaDetail;
  parameters.symmetric = symmetric;
  parameters.scheme.scheme = TPM2_ALG_NULL;
  parameters.keyBits = 2048;
  return area;
}

std::unexpected<Error> unsupported(crypto::KeyType type, std::string_view kind) {
  return fail(Errc::unsupported_algorithm, std::format("no {} of type {} is made in a TPM", kind, name(type)));
}

}  // namespace

TPM2B_PUBLIC storage_parent_template() { return ecc_template(kStorageParent, TPM2_ECC_NIST_P256, kAes128Cfb); }

Result<TPM2B_PUBLIC> tls_key_template(crypto::KeyType type, ByteView auth_policy) {
  // userWithAuth would let the authorization value alone sign, past the policy.
  const TPMA_OBJECT attributes = auth_policy.empty() ? kTlsKey | TPMA_OBJECT_USERWITHAUTH : kTlsKey;
  TPM2B_PUBLIC area{};
  switch (type) {
    case crypto::KeyType::ec_p256:
      area = ecdsa_template(attributes, TPM2_ECC_NIST_P256, TPM2_ALG_SHA256);
      break;
    case crypto::KeyType::ec_p384:
      area = ecdsa_template(attributes, TPM2_ECC_NIST_P384, TPM2_ALG_SHA384);
      break;
    default:
      return unsupported(type, "TLS key");
  }
  auto& policy = area.publicArea.authPolicy;
  CHECK(assign(policy.size, policy.buffer, auth_policy, "policy digest"));
  return area;
}

Result<TPM2B_PUBLIC> attestation_key_template(crypto::KeyType type) {
  switch (type) {
    case crypto::KeyType::ec_p256:
      return ecdsa_template(kAttestationKey, TPM2_ECC_NIST_P256, TPM2_ALG_SHA256);
    case crypto::KeyType::ec_p384:
      return ecdsa_template(kAttestationKey, TPM2_ECC_NIST_P384, TPM2_ALG_SHA384);
    case crypto::KeyType::rsa: {
      TPM2B_PUBLIC area = rsa_template(kAttestationKey, kNoSymmetric);
      auto& scheme = area.publicArea.parameters.rsaDetail.scheme;
      scheme.scheme = TPM2_ALG_RSASSA;
      scheme.details.rsassa.hashAlg = TPM2_ALG_SHA256;
      return area;
    }
    default:
      return unsupported(type, "attestation key");
  }
}

Result<TPM2B_PUBLIC> endorsement_key_template(crypto::KeyType type) {
  TPM2B_PUBLIC area{};
  if (type == crypto::KeyType::rsa) {
    area = rsa_template(kEndorsementKey, kAes128Cfb);
    area.publicArea.unique.rsa.size = 256;  // all zeros
  } else if (type == crypto::KeyType::ec_p256) {
    area = ecc_template(kEndorsementKey, TPM2_ECC_NIST_P256, kAes128Cfb);
    area.publicArea.unique.ecc.x.size = 32;  // all zeros
    area.publicArea.unique.ecc.y.size = 32;
  } else {
    return unsupported(type, "endorsement key");
  }
  auto& policy = area.publicArea.authPolicy;
  CHECK(assign(policy.size, policy.buffer, kEndorsementPolicy, "policy digest"));
  return area;
}

}  // namespace credence::rot::tpm2
