// What a quote covers, and the digest that it signs.
#include <format>

#include "evidence/tpm/check.h"

namespace credence::evidence::tpm {
namespace {

constexpr std::uint8_t kDebugPcr = 16, kApplicationPcr = 23;

const Bytes* find_value(const PcrValues& pcrs, std::uint16_t bank, std::uint8_t pcr) {
  const auto values = pcrs.find(bank);
  if (values == pcrs.end()) return nullptr;
  const auto value = values->second.find(pcr);
  return value == values->second.end() ? nullptr : &value->second;
}

// Octets moved from one value to the next would leave the composite as it is.
Result<void> check_size(ByteView value, std::uint16_t bank, std::uint8_t pcr) {
  const auto hash = hash_from_alg(bank);
  if (!hash || value.size() == crypto::digest_size(*hash)) return {};
  return fail(Errc::invalid_value, std::format("PCR {} of bank {:#06x}: expected {} octets, got {}", pcr, bank,
                                               crypto::digest_size(*hash), value.size()));
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
  Bytes concatenated;
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
