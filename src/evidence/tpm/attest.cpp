// TPMS_ATTEST (part 2, 10.12.12) as TPM2_Certify and TPM2_Quote sign it.
#include <algorithm>
#include <format>

#include "evidence/tpm/structures.h"
#include "evidence/tpm/tpm2b.h"
#include "wire/tls/reader.h"

namespace credence::evidence::tpm {
namespace {

constexpr std::uint32_t kGenerated = 0xff544347;  // TPM_GENERATED_VALUE
constexpr std::uint16_t kAttestCertify = 0x8017;  // TPM_ST_ATTEST_CERTIFY
constexpr std::uint16_t kAttestQuote = 0x8018;    // TPM_ST_ATTEST_QUOTE
constexpr std::uint32_t kMaxBanks = 16;           // HASH_COUNT of any TPM is far below
constexpr std::uint8_t kMaxSelect = 4;            // PCR_SELECT_MAX: 32 PCRs

// Veraison/parsec checks neither explicitly. Without the magic a restricted key's signature
// over outside data that happens to look like this would pass; without the type a quote passes as a certify.
Result<void> check_magic_and_type(tls::Reader& reader, std::uint16_t type) {
  TRY(const std::uint32_t magic, reader.u32());
  if (magic != kGenerated)
    return fail_at(Errc::invalid_value, 0, std::format("magic: expected {:#010x}, got {:#010x}", kGenerated, magic));
  const std::size_t type_offset = reader.offset();
  TRY(const std::uint16_t got, reader.u16());
  if (got != type)
    return fail_at(Errc::unexpected_type, type_offset, std::format("type: expected {:#06x}, got {:#06x}", type, got));
  return {};
}

// TPMS_CLOCK_INFO (part 2, 10.11.1).
Result<ClockInfo> read_clock(tls::Reader& reader) {
  ClockInfo info;
  TRY(info.clock, reader.u64());
  TRY(info.reset_count, reader.u32());
  TRY(info.restart_count, reader.u32());
  const std::size_t safe_offset = reader.offset();
  TRY(const std::uint8_t safe, reader.u8());
  if (safe > 1)
    return fail_at(Errc::invalid_value, safe_offset, std::format("clockInfo.safe: expected 0 or 1, got {}", safe));
  info.safe = safe == 1;
  return info;
}

Result<Attest> read_common(tls::Reader& reader, std::uint16_t type) {
  CHECK(check_magic_and_type(reader, type));
  Attest attest;
  TRY(const ByteView signer, read_tpm2b(reader, kMaxName, "qualifiedSigner"));
  TRY(const ByteView extra_data, read_tpm2b(reader, kMaxData, "extraData"));
  attest.qualified_signer = Name(signer);
  attest.extra_data = Data(extra_data);
  TRY(attest.clock, read_clock(reader));
  TRY(attest.firmware_version, reader.u64());
  return attest;
}

// TPMS_PCR_SELECTION (part 2, 10.6.2): bit i of octet j selects PCR 8j + i.
Result<PcrSelection> read_selection(tls::Reader& reader) {
  PcrSelection selection;
  TRY(selection.hash, reader.u16());
  const std::size_t size_offset = reader.offset();
  TRY(const std::uint8_t size, reader.u8());
  if (size > kMaxSelect)
    return fail_at(Errc::too_large, size_offset,
                   std::format("sizeofSelect: expected at most {}, got {}", kMaxSelect, size));
  TRY(const ByteView bitmap, reader.fixed(size));
  selection.pcrs.reserve(size * 8U);
  for (std::uint8_t pcr = 0; pcr < size * 8; ++pcr)
    if ((bitmap[pcr / 8U] >> (pcr % 8U) & 1) != 0) selection.pcrs.push_back(pcr);
  return selection;
}

// TPMS_QUOTE_INFO (part 2, 10.12.1).
Result<QuoteInfo> read_quote_info(tls::Reader& reader) {
  QuoteInfo info;
  const std::size_t count_offset = reader.offset();
  TRY(const std::uint32_t count, reader.u32());
  if (count > kMaxBanks)
    return fail_at(Errc::too_large, count_offset,
                   std::format("pcrSelect: expected at most {} banks, got {}", kMaxBanks, count));
  info.selections.reserve(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::size_t start = reader.offset();
    TRY(PcrSelection selection, read_selection(reader));
    if (std::ranges::contains(info.selections, selection.hash, &PcrSelection::hash))
      return fail_at(Errc::invalid_value, start, std::format("pcrSelect: bank {:#06x} twice", selection.hash));
    info.selections.push_back(std::move(selection));
  }
  TRY(const ByteView digest, read_tpm2b(reader, kMaxDigest, "pcrDigest"));
  info.digest = DigestOctets(digest);
  return info;
}

// TPMS_CERTIFY_INFO (part 2, 10.12.2).
Result<CertifyInfo> read_certify_info(tls::Reader& reader) {
  TRY(const ByteView name, read_tpm2b(reader, kMaxName, "attested.name"));
  TRY(const ByteView qualified_name, read_tpm2b(reader, kMaxName, "attested.qualifiedName"));
  return CertifyInfo{.name = Name(name), .qualified_name = Name(qualified_name)};
}

}  // namespace

Result<Attest> decode_certify(ByteView tpms_attest) {
  tls::Reader reader(tpms_attest);
  TRY(Attest attest, read_common(reader, kAttestCertify));
  TRY(attest.info, read_certify_info(reader));
  CHECK(reader.finish());
  return attest;
}

Result<Attest> decode_quote(ByteView tpms_attest) {
  tls::Reader reader(tpms_attest);
  TRY(Attest attest, read_common(reader, kAttestQuote));
  TRY(attest.info, read_quote_info(reader));
  CHECK(reader.finish());
  return attest;
}

}  // namespace credence::evidence::tpm
