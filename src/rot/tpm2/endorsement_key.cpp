#include "rot/tpm2/endorsement_key.h"

#include <algorithm>
#include <format>
#include <utility>

#include "crypto/certificate.h"
#include "rot/tpm2/response_code.h"
#include "rot/tpm2/templates.h"

namespace credence::rot::tpm2 {
namespace {

// EK Credential Profile 2.x, 2.2.1.4: NV indices of the certificates for templates L-1 and L-2.
constexpr TPM2_HANDLE kRsaCertificateIndex = 0x01c00002;
constexpr TPM2_HANDLE kEccCertificateIndex = 0x01c0000a;
constexpr UINT16 kReadAtOnce = 512;  // every TPM gives that much
constexpr std::size_t kLargestCertificate = 16 * 1024;

// Makers pad the index: the certificate ends where its SEQUENCE ends.
Bytes without_padding(Bytes octets) {
  constexpr std::uint8_t kSequence = 0x30, kTwoOctetLength = 0x82;
  if (octets.size() < 4 || octets[0] != kSequence || octets[1] != kTwoOctetLength) return octets;
  const std::size_t size = 4 + (std::size_t{octets[2]} << 8 | octets[3]);
  if (size < octets.size()) octets.resize(size);
  return octets;
}

Result<std::size_t> size_of_index(ESYS_CONTEXT* context, ESYS_TR index) {
  TPM2B_NV_PUBLIC* area = nullptr;
  CHECK(check(Esys_NV_ReadPublic(context, index, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &area, nullptr),
              "TPM2_NV_ReadPublic"));
  return std::min<std::size_t>(EsysOwned<TPM2B_NV_PUBLIC>(area)->nvPublic.dataSize, kLargestCertificate);
}

Result<Bytes> read_index(ESYS_CONTEXT* context, ESYS_TR index) {
  TRY(const std::size_t size, size_of_index(context, index));
  Bytes octets;
  while (octets.size() < size) {
    const auto part = static_cast<UINT16>(std::min<std::size_t>(size - octets.size(), kReadAtOnce));
    TPM2B_MAX_NV_BUFFER* data = nullptr;
    // The profile lets everybody read it: with the index's own, empty authorization value.
    CHECK(check(Esys_NV_Read(context, index, index, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, part,
                             static_cast<UINT16>(octets.size()), &data),
                "TPM2_NV_Read"));
    const EsysOwned<TPM2B_MAX_NV_BUFFER> owner(data);
    if (data->size == 0) return fail(Errc::device_failure, "the TPM gives less of its EK certificate than it has");
    append(octets, {data->buffer, data->size});
  }
  return octets;
}

Result<std::optional<Bytes>> read_certificate(ESYS_CONTEXT* context, TPM2_HANDLE handle) {
  TRY(const bool present, has_nv_index(context, handle));
  if (!present) return std::nullopt;
  ESYS_TR index = ESYS_TR_NONE;
  CHECK(check(Esys_TR_FromTPMPublic(context, handle, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &index),
              "TPM2_NV_ReadPublic"));
  auto octets = read_index(context, index);
  Esys_TR_Close(context, &index);
  if (!octets) return std::unexpected(std::move(octets).error());
  return without_padding(*std::move(octets));
}

Result<crypto::PublicKey> to_public_key(const TPMT_PUBLIC& area) {
  if (area.type == TPM2_ALG_RSA) {
    constexpr std::uint8_t kExponent[] = {1, 0, 1};  // what the TPM means by 0, the only one in the profile
    return crypto::PublicKey::from_rsa(buffer_of(area.unique.rsa), kExponent);
  }
  return crypto::PublicKey::from_ec_point(crypto::KeyType::ec_p256, buffer_of(area.unique.ecc.x),
                                          buffer_of(area.unique.ecc.y));
}

Result<crypto::PublicKey> make_endorsement_key(ESYS_CONTEXT* context, KeySlots& slots, crypto::KeyType type) {
  TRY(const TPM2B_PUBLIC area, endorsement_key_template(type));
  const TPM2B_SENSITIVE_CREATE sensitive{};
  const TPM2B_DATA outside{};
  const TPML_PCR_SELECTION creation_pcrs{};
  ESYS_TR handle = ESYS_TR_NONE;
  TPM2B_PUBLIC* made = nullptr;
  CHECK(slots.with_room("TPM2_CreatePrimary", [&] {
    return Esys_CreatePrimary(context, ESYS_TR_RH_ENDORSEMENT, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &sensitive,
                              &area, &outside, &creation_pcrs, &handle, &made, nullptr, nullptr, nullptr);
  }));
  const EsysOwned<TPM2B_PUBLIC> owner(made);
  CHECK(check(Esys_FlushContext(context, handle), "TPM2_FlushContext"));
  return to_public_key(made->publicArea);
}

// Otherwise a certificate of another TPM, written to the index by its owner, would lend this one its maker's word.
Result<void> check_certificate(ByteView der, const crypto::PublicKey& key) {
  TRY(const crypto::Certificate certificate, crypto::Certificate::from_der(der));
  if (equal(certificate.spki(), key.spki())) return {};
  return fail(Errc::key_mismatch, "the EK certificate in the TPM is for another endorsement key");
}

}  // namespace

Result<EndorsementKey> read_endorsement_key(ESYS_CONTEXT* context, KeySlots& slots, const Capabilities& capabilities) {
  const bool has_ecc = capabilities.can_make(crypto::KeyType::ec_p256);
  std::optional<Bytes> certificate;
  if (has_ecc) {
    TRY(certificate, read_certificate(context, kEccCertificateIndex));
  }
  crypto::KeyType type = has_ecc ? crypto::KeyType::ec_p256 : crypto::KeyType::rsa;
  if (!certificate) {
    TRY(certificate, read_certificate(context, kRsaCertificateIndex));
    if (certificate) type = crypto::KeyType::rsa;
  }
  TRY(crypto::PublicKey key, make_endorsement_key(context, slots, type));
  if (certificate) CHECK(check_certificate(*certificate, key));
  return EndorsementKey{.public_key = std::move(key), .certificate = std::move(certificate)};
}

}  // namespace credence::rot::tpm2
