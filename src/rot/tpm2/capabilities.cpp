#include "rot/tpm2/capabilities.h"

#include <algorithm>
#include <format>
#include <map>
#include <string_view>

#include "rot/tpm2/response_code.h"

namespace credence::rot::tpm2 {
namespace {

// All values of one capability from `first` on; `take` is given each answer and returns where the next one starts.
template <typename Take>
Result<void> read_all(ESYS_CONTEXT* context, TPM2_CAP capability, UINT32 first, UINT32 count, Take take) {
  TPMI_YES_NO more = TPM2_YES;
  while (more == TPM2_YES) {
    TPMS_CAPABILITY_DATA* data = nullptr;
    CHECK(check(
        Esys_GetCapability(context, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, capability, first, count, &more, &data),
        "TPM2_GetCapability"));
    const EsysOwned<TPMS_CAPABILITY_DATA> owner(data);
    const UINT32 next = take(data->data);
    // A TPM that promises more and gives nothing must not keep us here forever.
    if (next <= first) break;
    first = next;
  }
  return {};
}

Result<std::vector<TPM2_ALG_ID>> read_algorithms(ESYS_CONTEXT* context) {
  std::vector<TPM2_ALG_ID> algorithms;
  CHECK(read_all(context, TPM2_CAP_ALGS, 0, TPM2_MAX_CAP_ALGS, [&](const TPMU_CAPABILITIES& data) -> UINT32 {
    const auto& list = data.algorithms;
    for (UINT32 i = 0; i < list.count; ++i) algorithms.push_back(list.algProperties[i].alg);
    return list.count == 0 ? 0U : list.algProperties[list.count - 1].alg + 1U;
  }));
  return algorithms;
}

Result<std::vector<TPM2_ECC_CURVE>> read_curves(ESYS_CONTEXT* context) {
  std::vector<TPM2_ECC_CURVE> curves;
  CHECK(read_all(context, TPM2_CAP_ECC_CURVES, 0, TPM2_MAX_ECC_CURVES, [&](const TPMU_CAPABILITIES& data) -> UINT32 {
    const auto& list = data.eccCurves;
    curves.insert(curves.end(), list.eccCurves, list.eccCurves + list.count);
    return list.count == 0 ? 0U : list.eccCurves[list.count - 1] + 1U;
  }));
  return curves;
}

Result<std::vector<TPM2_ALG_ID>> read_banks(ESYS_CONTEXT* context) {
  std::vector<TPM2_ALG_ID> banks;
  CHECK(read_all(context, TPM2_CAP_PCRS, 0, TPM2_NUM_PCR_BANKS, [&](const TPMU_CAPABILITIES& data) {
    for (UINT32 i = 0; i < data.assignedPCR.count; ++i) {
      const auto& bank = data.assignedPCR.pcrSelections[i];
      const bool allocated = std::any_of(bank.pcrSelect, bank.pcrSelect + bank.sizeofSelect, [](BYTE b) { return b; });
      if (allocated) banks.push_back(bank.hash);
    }
    return 0U;
  }));
  return banks;
}

// Four characters in a property, padded with zeros or spaces.
std::string property_text(UINT32 value) {
  std::string text;
  for (int shift = 24; shift >= 0; shift -= 8) {
    const char character = static_cast<char>(value >> shift & 0xff);
    if (character >= ' ' && character <= '~') text.push_back(character);
  }
  return text;
}

// Makers pad each property to four characters ("SW   TPM"): one space between words, none around them.
std::string words_of(std::string_view text) {
  std::string words;
  for (const char character : text) {
    if (character != ' ' || (!words.empty() && words.back() != ' ')) words.push_back(character);
  }
  if (words.ends_with(' ')) words.pop_back();
  return words;
}

// The names under which the software TPMs present themselves: libtpms and swtpm, the simulators of IBM and Microsoft.
bool is_software(const std::string& manufacturer, const std::string& vendor) {
  return manufacturer == "IBM" || vendor.contains("SW") || vendor.contains("xCG") || vendor.contains("SIM");
}

Result<Maker> read_maker(ESYS_CONTEXT* context) {
  std::map<TPM2_PT, UINT32> properties;
  CHECK(read_all(context, TPM2_CAP_TPM_PROPERTIES, TPM2_PT_FIXED, TPM2_MAX_TPM_PROPERTIES,
                 [&](const TPMU_CAPABILITIES& data) -> UINT32 {
                   const auto& list = data.tpmProperties;
                   for (UINT32 i = 0; i < list.count; ++i) {
                     properties[list.tpmProperty[i].property] = list.tpmProperty[i].value;
                   }
                   return list.count == 0 ? 0U : list.tpmProperty[list.count - 1].property + 1U;
                 }));
  Maker maker;
  maker.manufacturer = words_of(property_text(properties[TPM2_PT_MANUFACTURER]));
  for (TPM2_PT part = TPM2_PT_VENDOR_STRING_1; part <= TPM2_PT_VENDOR_STRING_4; ++part) {
    maker.vendor += property_text(properties[part]);
  }
  maker.vendor = words_of(maker.vendor);
  const UINT32 version1 = properties[TPM2_PT_FIRMWARE_VERSION_1];
  const UINT32 version2 = properties[TPM2_PT_FIRMWARE_VERSION_2];
  maker.firmware = std::format("{}.{}.{}.{}", version1 >> 16, version1 & 0xffff, version2 >> 16, version2 & 0xffff);
  maker.software = is_software(maker.manufacturer, maker.vendor);
  return maker;
}

}  // namespace

bool Capabilities::has_algorithm(TPM2_ALG_ID id) const noexcept { return std::ranges::contains(algorithms, id); }

bool Capabilities::has_bank(TPM2_ALG_ID id) const noexcept { return std::ranges::contains(pcr_banks, id); }

bool Capabilities::can_make(crypto::KeyType type) const noexcept {
  switch (type) {
    case crypto::KeyType::ec_p256:
      return std::ranges::contains(curves, TPM2_ECC_NIST_P256) && has_algorithm(TPM2_ALG_SHA256);
    case crypto::KeyType::ec_p384:
      return std::ranges::contains(curves, TPM2_ECC_NIST_P384) && has_algorithm(TPM2_ALG_SHA384);
    case crypto::KeyType::rsa:
      return has_algorithm(TPM2_ALG_RSA) && has_algorithm(TPM2_ALG_SHA256);
    default:
      return false;
  }
}

Result<Capabilities> read_capabilities(ESYS_CONTEXT* context) {
  Capabilities capabilities;
  TRY(capabilities.algorithms, read_algorithms(context));
  TRY(capabilities.curves, read_curves(context));
  TRY(capabilities.pcr_banks, read_banks(context));
  TRY(capabilities.maker, read_maker(context));
  return capabilities;
}

Result<std::vector<TPM2_HANDLE>> transient_handles(ESYS_CONTEXT* context) {
  std::vector<TPM2_HANDLE> handles;
  CHECK(read_all(context, TPM2_CAP_HANDLES, TPM2_TRANSIENT_FIRST, TPM2_MAX_CAP_HANDLES,
                 [&](const TPMU_CAPABILITIES& data) -> UINT32 {
                   const auto& list = data.handles;
                   handles.insert(handles.end(), list.handle, list.handle + list.count);
                   return list.count == 0 ? 0U : list.handle[list.count - 1] + 1U;
                 }));
  return handles;
}

Result<bool> has_nv_index(ESYS_CONTEXT* context, TPM2_HANDLE index) {
  bool found = false;
  CHECK(read_all(context, TPM2_CAP_HANDLES, index, 1, [&](const TPMU_CAPABILITIES& data) {
    found = data.handles.count == 1 && data.handles.handle[0] == index;
    return 0U;
  }));
  return found;
}

}  // namespace credence::rot::tpm2
