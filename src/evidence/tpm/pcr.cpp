// What a quote covers, and the digest that it signs.
#include <algorithm>
#include <array>
#include <cstddef>
#include <format>

#include "evidence/tpm/check.h"
#include "evidence/tpm/tpm2b.h"

namespace credence::evidence::tpm {
namespace {

constexpr std::uint8_t kDebugPcr = 16, kApplicationPcr = 23;
constexpr std::uint16_t kAlgSm3 = 0x0012, kAlgSha3_256 = 0x0027, kAlgSha3_384 = 0x0028, kAlgSha3_512 = 0x0029;

const Bytes* find_value(const PcrValues& pcrs, std::uint16_t bank, std::uint8_t pcr) {
  const auto values = pcrs.find(bank);
  if (values == pcrs.end()) return nullptr;
  const auto value = values->second.find(pcr);
  return value == values->second.end() ? nullptr : &value->second;
}

struct BankSize {
  std::uint16_t bank;
  std::size_t octets;
};
// TCG algorithm registry: SHA-1, the SHA-2 family, SM3, the SHA-3 family.
constexpr std::array kBankSizes = {
    BankSize{kAlgSha1, 20}, BankSize{kAlgSha256, 32},   BankSize{kAlgSha384, 48},   BankSize{kAlgSha512, 64},
    BankSize{kAlgSm3, 32},  BankSize{kAlgSha3_256, 32}, BankSize{kAlgSha3_384, 48}, BankSize{kAlgSha3_512, 64},
};

// Octets moved from one value to the next would leave the composite as it is. A bank that is not known here can have no
// approved value.
Result<void> check_size(ByteView value, std::uint16_t bank, std::uint8_t pcr) {
  const auto* known = std::ranges::find(kBankSizes, bank, &BankSize::bank);
  if (known == kBankSizes.end() || value.size() == known->octets) return {};
  return fail(Errc::invalid_value, std::format("PCR {} of bank {:#06x}: expected {} octets, got {}", pcr, bank,
                                               known->octets, value.size()));
}

}  // namespace

std::uint32_t covered_pcrs(const QuoteInfo& quote) noexcept {
  std::uint32_t covered = 0;
  for (const PcrSelection& selection : quote.selections) {
    if (!hash_from_alg(selection.hash)) continue;
    for (const std::uint8_t pcr : selection.pcrs)
      if (pcr != kDebugPcr && pcr != kApplicationPcr) covered |= 1U << pcr;
  }
  return covered;
}

Result<crypto::Digest> composite_digest(crypto::HashAlgorithm hash, std::span<const PcrSelection> selections,
                                        const PcrValues& pcrs) {
  std::size_t values = 0;
  for (const PcrSelection& selection : selections) values += selection.pcrs.size();
  Bytes concatenated;
  concatenated.reserve(values * kMaxDigest);
  for (const PcrSelection& selection : selections)
    for (const std::uint8_t pcr : selection.pcrs) {
      const Bytes* value = find_value(pcrs, selection.hash, pcr);
      if (value == nullptr)
        return fail(Errc::missing_member,
                    std::format("no value for PCR {} of bank {:#06x}, which the quote covers", pcr, selection.hash));
      CHECK(check_size(*value, selection.hash, pcr));
      append(concatenated, *value);
    }
  return crypto::digest(hash, concatenated);
}

}  // namespace credence::evidence::tpm
