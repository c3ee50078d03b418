#include "rot/tpm2/pcrs.h"

#include <charconv>
#include <format>

#include "rot/tpm2/response_code.h"
#include "rot/tpm2/tpm2.h"

namespace credence::rot::tpm2 {
namespace {

constexpr std::uint8_t kPcrs = 24;

struct Bank {
  std::uint16_t hash;
  std::string_view name;
};
constexpr Bank kBanks[] = {{evidence::tpm::kAlgSha1, "sha1"},
                           {evidence::tpm::kAlgSha256, "sha256"},
                           {evidence::tpm::kAlgSha384, "sha384"},
                           {evidence::tpm::kAlgSha512, "sha512"}};

std::unexpected<Error> bad_selection(std::string_view text, std::string_view why) {
  return fail(Errc::usage, std::format("PCR selection \"{}\": {}; expected for example sha256:0,1,2", text, why));
}

}  // namespace

Result<evidence::tpm::PcrSelection> parse_pcr_selection(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return bad_selection(text, "no bank");
  const auto* bank = std::ranges::find(kBanks, text.substr(0, colon), &Bank::name);
  if (bank == std::end(kBanks)) return bad_selection(text, "unknown bank");
  evidence::tpm::PcrSelection selection{.hash = bank->hash, .pcrs = {}};
  const char* position = text.data() + colon + 1;
  const char* const end = text.data() + text.size();
  while (true) {
    std::uint8_t pcr = 0;
    const auto [stop, error] = std::from_chars(position, end, pcr);
    if (error != std::errc() || pcr >= kPcrs) return bad_selection(text, "PCRs are numbers from 0 to 23");
    if (std::ranges::contains(selection.pcrs, pcr)) return bad_selection(text, "a PCR is named twice");
    selection.pcrs.push_back(pcr);
    if (stop == end) break;
    if (*stop != ',') return bad_selection(text, "PCRs are separated by commas");
    position = stop + 1;
  }
  std::ranges::sort(selection.pcrs);
  return selection;
}

std::string to_text(const evidence::tpm::PcrSelection& selection) {
  const auto* bank = std::ranges::find(kBanks, selection.hash, &Bank::hash);
  std::string text = bank == std::end(kBanks) ? std::format("0x{:04x}", selection.hash) : std::string(bank->name);
  char separator = ':';
  for (const std::uint8_t pcr : selection.pcrs) {
    text += std::format("{}{}", separator, pcr);
    separator = ',';
  }
  return text;
}

TPML_PCR_SELECTION to_tpm(const evidence::tpm::PcrSelection& selection) {
  TPML_PCR_SELECTION list{};
  list.count = 1;
  TPMS_PCR_SELECTION& bank = list.pcrSelections[0];
  bank.hash = selection.hash;
  bank.sizeofSelect = kPcrs / 8;
  for (const std::uint8_t pcr : selection.pcrs) {
    bank.pcrSelect[pcr / 8] |= static_cast<BYTE>(1U << (pcr % 8));
  }
  return list;
}

Result<evidence::tpm::PcrValues> read_pcr_values(ESYS_CONTEXT* context, const evidence::tpm::PcrSelection& selection) {
  evidence::tpm::PcrValues values;
  auto& bank = values[selection.hash];
  // One answer holds at most eight values: ask again for those that are missing.
  while (bank.size() < selection.pcrs.size()) {
    evidence::tpm::PcrSelection missing{.hash = selection.hash, .pcrs = {}};
    std::ranges::copy_if(selection.pcrs, std::back_inserter(missing.pcrs),
                         [&](auto pcr) { return !bank.contains(pcr); });
    const TPML_PCR_SELECTION wanted = to_tpm(missing);
    TPML_DIGEST* digests = nullptr;
    CHECK(check(Esys_PCR_Read(context, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &wanted, nullptr, nullptr, &digests),
                "TPM2_PCR_Read"));
    const EsysOwned<TPML_DIGEST> owner(digests);
    if (digests->count == 0 || digests->count > missing.pcrs.size()) {
      return fail(Errc::device_failure, std::format("the TPM has no PCRs {}: choose another bank", to_text(missing)));
    }
    for (UINT32 i = 0; i < digests->count; ++i) bank[missing.pcrs[i]] = buffer_of(digests->digests[i]);
  }
  return values;
}

Result<void> extend(ESYS_CONTEXT* context, std::uint8_t pcr, const crypto::Digest& measurement) {
  if (pcr >= kPcrs) return fail(Errc::usage, std::format("there is no PCR {}: expected 0 to 23", pcr));
  TPML_DIGEST_VALUES values{};
  values.count = 1;
  values.digests[0].hashAlg = evidence::tpm::alg_from_hash(measurement.algorithm());
  // The union's members of all hashes start at the same octet.
  std::ranges::copy(measurement.view(), reinterpret_cast<BYTE*>(&values.digests[0].digest));
  return check(Esys_PCR_Extend(context, ESYS_TR_PCR0 + pcr, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &values),
               "TPM2_PCR_Extend");
}

}  // namespace credence::rot::tpm2
