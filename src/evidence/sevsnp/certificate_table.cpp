#include "evidence/sevsnp/certificate_table.h"

#include <algorithm>
#include <array>
#include <format>
#include <string_view>

namespace credence::evidence::sevsnp {
namespace {

constexpr std::size_t kEntry = 24;
constexpr std::size_t kMostEntries = 16;
constexpr std::size_t kLargest = 64 * 1024;

using Guid = std::array<std::uint8_t, 16>;
struct Known {
  Guid guid;
  std::string_view name;
  std::optional<crypto::Certificate> CertificateTable::* certificate;
};

constexpr std::array<Known, 4> kKnown = {{
    {{0x63, 0xda, 0x75, 0x8d, 0xe6, 0x64, 0x45, 0x64, 0xad, 0xc5, 0xf4, 0xb9, 0x3b, 0xe8, 0xac, 0xcd},
     "VCEK",
     &CertificateTable::vcek},
    {{0xa8, 0x07, 0x4b, 0xc2, 0xa2, 0x5a, 0x48, 0x3e, 0xaa, 0xe6, 0x39, 0xc0, 0x45, 0xa0, 0xb8, 0xa1},
     "VLEK",
     &CertificateTable::vlek},
    {{0x4a, 0xb7, 0xb3, 0x79, 0xbb, 0xac, 0x4f, 0xe4, 0xa0, 0x2f, 0x05, 0xae, 0xf3, 0x27, 0xc7, 0x82},
     "ASK",
     &CertificateTable::ask},
    {{0xc0, 0xb4, 0x06, 0xa4, 0xa8, 0x03, 0x49, 0x52, 0x97, 0x43, 0x3f, 0xb6, 0x01, 0x4c, 0xd0, 0xae},
     "ARK",
     &CertificateTable::ark},
}};

std::size_t little_endian(ByteView octets) {
  std::size_t value = 0;
  for (std::size_t i = octets.size(); i > 0; --i) value = value << 8 | octets[i - 1];
  return value;
}

bool is_zero(ByteView octets) {
  return std::ranges::all_of(octets, [](std::uint8_t octet) { return octet == 0; });
}

Result<crypto::Certificate> read_certificate(ByteView octets) {
  if (as_text(octets).starts_with("-----BEGIN")) return crypto::Certificate::from_pem(as_text(octets));
  return crypto::Certificate::from_der(octets);
}

// Offsets and lengths are the host's: each is held against what is there.
Result<void> read_entry(ByteView table, ByteView entry, CertificateTable& read) {
  const std::size_t offset = little_endian(entry.subspan(16, 4));
  const std::size_t length = little_endian(entry.subspan(20, 4));
  if (offset > table.size() || length > table.size() - offset)
    return fail(Errc::truncated,
                std::format("an entry says {} octets from {} on, of {}", length, offset, table.size()));
  const auto known = std::ranges::find_if(kKnown, [&](const Known& one) { return equal(one.guid, entry.first(16)); });
  if (known == kKnown.end()) return {};
  auto& slot = read.*known->certificate;
  if (slot) return fail(Errc::duplicate_key, std::format("the table has two entries for the {}", known->name));
  auto certificate = read_certificate(table.subspan(offset, length));
  if (!certificate) return within(known->name, std::move(certificate).error());
  slot = *std::move(certificate);
  return {};
}

}  // namespace

Result<CertificateTable> decode_certificate_table(ByteView octets) {
  if (octets.size() > kLargest)
    return fail(Errc::too_large, std::format("expected at most {} octets, got {}", kLargest, octets.size()));
  CertificateTable table;
  for (std::size_t i = 0; i < kMostEntries; ++i) {
    if (octets.size() < (i + 1) * kEntry)
      return fail_at(Errc::truncated, i * kEntry, "expected an entry of the table or the one of zeros that ends it");
    const ByteView entry = octets.subspan(i * kEntry, kEntry);
    if (is_zero(entry)) return table;
    CHECK(read_entry(octets, entry, table));
  }
  return fail(Errc::too_large, std::format("expected at most {} entries", kMostEntries - 1));
}

}  // namespace credence::evidence::sevsnp
