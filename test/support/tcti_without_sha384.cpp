#include "support/tcti_without_sha384.h"

#include <tss2/tss2_mu.h>
#include <tss2/tss2_tpm2_types.h>

#include <algorithm>
#include <optional>
#include <span>

namespace credence::test {

namespace {

constexpr std::size_t kHeader = TctiProxy::kHeader;
constexpr std::uint16_t kLongestQualifyingData = 34;

template <typename T>
std::optional<T> read(std::span<const std::uint8_t> octets, std::size_t offset) {
  if (offset + sizeof(T) > octets.size()) return std::nullopt;
  T value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) value = static_cast<T>(value << 8 | octets[offset + i]);
  return value;
}

// Where the parameters of a command start: after its handles and its authorization area.
std::size_t parameters_of(std::span<const std::uint8_t> command, std::size_t handles) {
  const std::size_t authorizations = kHeader + 4 * handles;
  return authorizations + 4 + read<std::uint32_t>(command, authorizations).value_or(0);
}

bool needs_sha384(const TPMT_PUBLIC& area) {
  if (area.nameAlg == TPM2_ALG_SHA384) return true;
  if (area.type != TPM2_ALG_ECC) return false;
  const auto& ecc = area.parameters.eccDetail;
  return ecc.curveID == TPM2_ECC_NIST_P384 || ecc.scheme.details.ecdsa.hashAlg == TPM2_ALG_SHA384;
}

// TPM2_Create and TPM2_CreatePrimary: TPM2B_SENSITIVE_CREATE, then TPM2B_PUBLIC.
std::optional<TPM2_RC> refuse_template(std::span<const std::uint8_t> command) {
  const std::size_t sensitive = parameters_of(command, 1);
  std::size_t offset = sensitive + 2 + read<std::uint16_t>(command, sensitive).value_or(0);
  TPM2B_PUBLIC area{};
  if (Tss2_MU_TPM2B_PUBLIC_Unmarshal(command.data(), command.size(), &offset, &area) != TSS2_RC_SUCCESS) {
    return std::nullopt;
  }
  return needs_sha384(area.publicArea) ? std::optional(TPM2_RC_HASH + TPM2_RC_P + TPM2_RC_2) : std::nullopt;
}

std::optional<TPM2_RC> refuse_qualifying_data(std::span<const std::uint8_t> command, std::size_t handles) {
  const auto size = read<std::uint16_t>(command, parameters_of(command, handles));
  return size > kLongestQualifyingData ? std::optional(TPM2_RC_SIZE + TPM2_RC_P + TPM2_RC_1) : std::nullopt;
}

template <typename List, typename Entry, typename Predicate>
void remove(List& list, Entry* entries, Predicate predicate) {
  list.count = static_cast<UINT32>(std::remove_if(entries, entries + list.count, predicate) - entries);
}

void strip(TPMS_CAPABILITY_DATA& data) {
  switch (data.capability) {
    case TPM2_CAP_ALGS:
      remove(data.data.algorithms, data.data.algorithms.algProperties,
             [](const TPMS_ALG_PROPERTY& property) { return property.alg == TPM2_ALG_SHA384; });
      break;
    case TPM2_CAP_ECC_CURVES:
      remove(data.data.eccCurves, data.data.eccCurves.eccCurves,
             [](TPM2_ECC_CURVE curve) { return curve == TPM2_ECC_NIST_P384; });
      break;
    case TPM2_CAP_PCRS:
      remove(data.data.assignedPCR, data.data.assignedPCR.pcrSelections,
             [](const TPMS_PCR_SELECTION& bank) { return bank.hash == TPM2_ALG_SHA384; });
      break;
    default:
      break;
  }
}

}  // namespace

std::optional<TPM2_RC> TctiWithoutSha384::refusal(TPM2_CC code, std::span<const std::uint8_t> command) {
  switch (code) {
    case TPM2_CC_Create:
    case TPM2_CC_CreatePrimary:
      return refuse_template(command);
    case TPM2_CC_Certify:
      return refuse_qualifying_data(command, 2);
    case TPM2_CC_Quote:
      return refuse_qualifying_data(command, 1);
    default:
      return std::nullopt;
  }
}

// TPM2_GetCapability: moreData, then TPMS_CAPABILITY_DATA.
std::size_t TctiWithoutSha384::change(TPM2_CC code, std::uint8_t* response, std::size_t size) {
  std::size_t offset = kHeader + 1;
  TPMS_CAPABILITY_DATA data{};
  if (code != TPM2_CC_GetCapability ||
      Tss2_MU_TPMS_CAPABILITY_DATA_Unmarshal(response, size, &offset, &data) != TSS2_RC_SUCCESS) {
    return size;
  }
  strip(data);
  std::size_t end = kHeader + 1;
  Tss2_MU_TPMS_CAPABILITY_DATA_Marshal(&data, response, size, &end);
  return end;
}

}  // namespace credence::test
