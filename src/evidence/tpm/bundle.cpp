#include "evidence/tpm/bundle.h"

#include <algorithm>
#include <array>
#include <format>
#include <span>
#include <string_view>

#include "evidence/tpm/tpm2b.h"
#include "wire/cbor/reader.h"
#include "wire/cbor/writer.h"

namespace credence::evidence::tpm {
namespace {

constexpr std::string_view kVersion = "2.0";
constexpr std::size_t kMaxKid = 64;
constexpr std::size_t kMaxChain = 8;
constexpr std::uint64_t kMaxPcr = 31;

struct Member {
  std::string_view name;
  std::optional<ByteView> octets{};
};

Result<void> check_version(std::string_view version, std::size_t offset) {
  if (version == kVersion) return {};
  return fail_at(Errc::invalid_value, offset, std::format("tpmVer: expected \"{}\"", kVersion));
}

// Reads a map with "tpmVer" and byte strings, kat or pat, and demands all of them.
Result<void> read_statement(cbor::Reader& reader, std::span<Member> members) {
  TRY(cbor::Reader::Map map, reader.map());
  bool versioned = false;
  while (true) {
    TRY(const bool more, map.next(reader));
    if (!more) break;
    TRY(const std::string_view key, reader.text());
    if (key == "tpmVer") {
      const std::size_t offset = reader.offset();
      TRY(const std::string_view version, reader.text());
      CHECK(check_version(version, offset));
      versioned = true;
    } else if (const auto member = std::ranges::find(members, key, &Member::name); member != members.end()) {
      TRY(member->octets, reader.bytes());
    } else {
      CHECK(reader.raw_item());
    }
  }
  if (!versioned) return fail(Errc::missing_member, "tpmVer is missing");
  for (const Member& member : members)
    if (!member.octets) return fail(Errc::missing_member, std::format("{} is missing", member.name));
  return {};
}

Result<Bytes> take_kid(ByteView kid) {
  if (kid.empty() || kid.size() > kMaxKid)
    return fail(Errc::invalid_value, std::format("kid: expected 1 to {} octets, got {}", kMaxKid, kid.size()));
  return to_bytes(kid);
}

Result<KeyAttestation> read_kat(cbor::Reader& reader) {
  std::array<Member, 4> members = {{{"kid"}, {"sig"}, {"certInfo"}, {"pubArea"}}};
  CHECK(read_statement(reader, members));
  KeyAttestation kat;
  TRY(kat.kid, take_kid(*members[0].octets));
  kat.signature = to_bytes(*members[1].octets);
  kat.cert_info = to_bytes(*members[2].octets);
  kat.public_area = to_bytes(*members[3].octets);
  return kat;
}

Result<PlatformAttestation> read_pat(cbor::Reader& reader) {
  std::array<Member, 3> members = {{{"kid"}, {"sig"}, {"attestInfo"}}};
  CHECK(read_statement(reader, members));
  PlatformAttestation pat;
  TRY(pat.kid, take_kid(*members[0].octets));
  pat.signature = to_bytes(*members[1].octets);
  pat.attest_info = to_bytes(*members[2].octets);
  return pat;
}

Result<std::uint64_t> read_bounded(cbor::Reader& reader, std::uint64_t maximum, std::string_view what) {
  const std::size_t offset = reader.offset();
  TRY(const std::uint64_t value, reader.unsigned_integer());
  if (value > maximum)
    return fail_at(Errc::invalid_value, offset, std::format("{}: expected at most {}, got {}", what, maximum, value));
  return value;
}

Result<std::map<std::uint8_t, Bytes>> read_bank(cbor::Reader& reader) {
  std::map<std::uint8_t, Bytes> bank;
  TRY(cbor::Reader::Map map, reader.map());
  while (true) {
    TRY(const bool more, map.next(reader));
    if (!more) return bank;
    TRY(const std::uint64_t pcr, read_bounded(reader, kMaxPcr, "PCR"));
    const std::size_t offset = reader.offset();
    TRY(const ByteView value, reader.bytes());
    if (value.size() > kMaxDigest)
      return fail_at(Errc::too_large, offset, std::format("PCR {}: {} octets are no digest", pcr, value.size()));
    // A key in two encodings passes for two keys; the second must not replace the first.
    if (!bank.emplace(static_cast<std::uint8_t>(pcr), to_bytes(value)).second)
      return fail_at(Errc::duplicate_key, offset, std::format("PCR {} twice", pcr));
  }
}

Result<PcrValues> read_pcrs(cbor::Reader& reader) {
  PcrValues pcrs;
  TRY(cbor::Reader::Map map, reader.map());
  while (true) {
    TRY(const bool more, map.next(reader));
    if (!more) return pcrs;
    TRY(const std::uint64_t alg, read_bounded(reader, 0xffff, "TPM_ALG_ID"));
    const std::size_t offset = reader.offset();
    TRY(auto bank, read_bank(reader));
    if (!pcrs.emplace(static_cast<std::uint16_t>(alg), std::move(bank)).second)
      return fail_at(Errc::duplicate_key, offset, std::format("bank {:#06x} twice", alg));
  }
}

Result<std::vector<Bytes>> read_chain(cbor::Reader& reader) {
  std::vector<Bytes> chain;
  TRY(cbor::Reader::Array array, reader.array());
  chain.reserve(std::min(array.size().value_or(0), kMaxChain));
  while (true) {
    TRY(const bool more, array.next(reader));
    if (!more) return chain;
    if (chain.size() == kMaxChain)
      return fail_at(Errc::too_large, reader.offset(), std::format("expected at most {} certificates", kMaxChain));
    TRY(const ByteView certificate, reader.bytes());
    chain.push_back(to_bytes(certificate));
  }
}

Result<Bytes> read_octets(cbor::Reader& reader) { return reader.bytes().transform(to_bytes); }

Result<void> read_extension_member(cbor::Reader& reader, std::string_view key, Extension& ext) {
  if (key == "pcrs") {
    TRY(ext.pcrs, read_pcrs(reader));
  } else if (key == "log") {
    TRY(ext.log, read_octets(reader));
  } else if (key == "ak") {
    TRY(ext.attestation_key, read_octets(reader));
  } else if (key == "chain") {
    TRY(ext.chain, read_chain(reader));
  } else {
    CHECK(reader.raw_item());
  }
  return {};
}

Result<Extension> read_extension(cbor::Reader& reader) {
  Extension ext;
  TRY(cbor::Reader::Map map, reader.map());
  while (true) {
    TRY(const bool more, map.next(reader));
    if (!more) return ext;
    TRY(const std::string_view key, reader.text());
    if (auto read = read_extension_member(reader, key, ext); !read) return within(key, std::move(read).error());
  }
}

struct Parts {
  std::optional<KeyAttestation> kat;
  std::optional<PlatformAttestation> pat;
  std::optional<Extension> ext;
};

template <typename T>
Result<void> take_part(std::string_view name, Result<T> read, std::optional<T>& part) {
  if (!read) return within(name, std::move(read).error());
  part = *std::move(read);
  return {};
}

Result<void> read_part(cbor::Reader& reader, Parts& parts) {
  TRY(const std::string_view key, reader.text());
  if (key == "kat") return take_part(key, read_kat(reader), parts.kat);
  if (key == "pat") return take_part(key, read_pat(reader), parts.pat);
  if (key == "ext") return take_part(key, read_extension(reader), parts.ext);
  CHECK(reader.raw_item());
  return {};
}

void write_pcrs(cbor::Writer& writer, const PcrValues& pcrs) {
  writer.text("pcrs").map(pcrs.size());
  for (const auto& [alg, bank] : pcrs) {
    writer.unsigned_integer(alg).map(bank.size());
    for (const auto& [pcr, value] : bank) writer.unsigned_integer(pcr).bytes(value);
  }
}

void write_extension(cbor::Writer& writer, const Extension& ext) {
  const bool has_pcrs = !ext.pcrs.empty(), has_log = !ext.log.empty(), has_key = !ext.attestation_key.empty(),
             has_chain = !ext.chain.empty();
  writer.text("ext").map(std::size_t{has_pcrs} + has_log + has_key + has_chain);
  if (has_pcrs) write_pcrs(writer, ext.pcrs);
  if (has_log) writer.text("log").bytes(ext.log);
  if (has_key) writer.text("ak").bytes(ext.attestation_key);
  if (has_chain) {
    writer.text("chain").array(ext.chain.size());
    for (const Bytes& certificate : ext.chain) writer.bytes(certificate);
  }
}

}  // namespace

Result<Bundle> decode_bundle(ByteView input, const cbor::Limits& limits) {
  cbor::Reader reader(input, limits);
  Parts parts;
  TRY(cbor::Reader::Map map, reader.map());
  while (true) {
    TRY(const bool more, map.next(reader));
    if (!more) break;
    CHECK(read_part(reader, parts));
  }
  CHECK(reader.finish());
  if (!parts.kat) return fail(Errc::missing_member, "kat is missing: the TLS key is not attested");
  if (!parts.pat) return fail(Errc::missing_member, "pat is missing: the platform is not attested");
  return Bundle{.kat = *std::move(parts.kat), .pat = *std::move(parts.pat), .ext = std::move(parts.ext)};
}

Bytes encode_bundle(const Bundle& bundle) {
  cbor::Writer writer;
  writer.map(bundle.ext ? 3 : 2);
  writer.text("kat").map(5);
  writer.text("tpmVer").text(bundle.kat.tpm_version);
  writer.text("kid").bytes(bundle.kat.kid);
  writer.text("sig").bytes(bundle.kat.signature);
  writer.text("certInfo").bytes(bundle.kat.cert_info);
  writer.text("pubArea").bytes(bundle.kat.public_area);
  writer.text("pat").map(4);
  writer.text("tpmVer").text(bundle.pat.tpm_version);
  writer.text("kid").bytes(bundle.pat.kid);
  writer.text("sig").bytes(bundle.pat.signature);
  writer.text("attestInfo").bytes(bundle.pat.attest_info);
  if (bundle.ext) write_extension(writer, *bundle.ext);
  return writer.take();
}

}  // namespace credence::evidence::tpm
