// The raw-value of an endorsed attestation key (protocol.md 2.10).
#include <format>

#include "evidence/tpm/endorsement.h"
#include "evidence/tpm/tpm2b.h"
#include "wire/cbor/reader.h"
#include "wire/cbor/writer.h"

namespace credence::evidence::tpm {
namespace {

enum Label : std::int64_t { kPublicArea = 1, kName = 2, kQualifiedName = 3, kPurpose = 4, kEkDigest = 5, kMaker = 6 };

constexpr std::size_t kMaxPublicArea = 2048;
constexpr std::size_t kMaxMaker = 256;
constexpr std::size_t kEkDigestSize = 32;

Result<Bytes> read_octets(cbor::Reader& reader, std::size_t maximum, std::string_view what) {
  const std::size_t offset = reader.offset();
  TRY(const ByteView octets, reader.bytes());
  if (octets.empty() || octets.size() > maximum)
    return fail_at(Errc::invalid_value, offset,
                   std::format("{}: expected 1 to {} octets, got {}", what, maximum, octets.size()));
  return to_bytes(octets);
}

Result<Purpose> read_purpose(cbor::Reader& reader) {
  const std::size_t offset = reader.offset();
  TRY(const std::uint64_t value, reader.unsigned_integer());
  if (value == 1) return Purpose::channel;
  if (value == 2) return Purpose::challenge;
  return fail_at(Errc::invalid_value, offset,
                 std::format("purpose: expected 1 (channel) or 2 (challenge), got {}", value));
}

Result<Bytes> read_ek_digest(cbor::Reader& reader) {
  const std::size_t offset = reader.offset();
  TRY(Bytes digest, read_octets(reader, kEkDigestSize, "EK digest"));
  if (digest.size() != kEkDigestSize)
    return fail_at(Errc::invalid_value, offset, std::format("EK digest: expected 32 octets, got {}", digest.size()));
  return digest;
}

Result<std::string> read_maker(cbor::Reader& reader) {
  const std::size_t offset = reader.offset();
  TRY(const std::string_view maker, reader.text());
  if (maker.size() > kMaxMaker)
    return fail_at(Errc::too_large, offset,
                   std::format("maker: expected at most {} octets, got {}", kMaxMaker, maker.size()));
  return std::string(maker);
}

Result<void> read_member(cbor::Reader& reader, std::int64_t label, KeyFacts& facts) {
  switch (label) {
    case kPublicArea: {
      TRY(facts.public_area, read_octets(reader, kMaxPublicArea, "TPMT_PUBLIC"));
      return {};
    }
    case kName: {
      TRY(facts.name, read_octets(reader, kMaxName, "Name"));
      return {};
    }
    case kQualifiedName: {
      TRY(facts.qualified_name, read_octets(reader, kMaxName, "Qualified Name"));
      return {};
    }
    case kPurpose: {
      TRY(facts.purpose, read_purpose(reader));
      return {};
    }
    case kEkDigest: {
      TRY(facts.ek_digest, read_ek_digest(reader));
      return {};
    }
    case kMaker: {
      TRY(facts.maker, read_maker(reader));
      return {};
    }
    default: {
      CHECK(reader.raw_item());
      return {};
    }
  }
}

Result<void> check_complete(const KeyFacts& facts) {
  if (facts.public_area.empty()) return fail(Errc::missing_member, "1 (TPMT_PUBLIC) is missing");
  if (facts.name.empty()) return fail(Errc::missing_member, "2 (Name) is missing");
  if (facts.qualified_name.empty()) return fail(Errc::missing_member, "3 (Qualified Name) is missing");
  if (facts.purpose == Purpose{}) return fail(Errc::missing_member, "4 (purpose) is missing");
  return {};
}

}  // namespace

Bytes encode_key_record(const KeyFacts& facts) {
  cbor::Writer writer;
  writer.map(5 + (facts.ek_digest ? 1 : 0));
  writer.integer(kPublicArea).bytes(facts.public_area);
  writer.integer(kName).bytes(facts.name);
  writer.integer(kQualifiedName).bytes(facts.qualified_name);
  writer.integer(kPurpose).unsigned_integer(static_cast<std::uint64_t>(facts.purpose));
  if (facts.ek_digest) writer.integer(kEkDigest).bytes(*facts.ek_digest);
  writer.integer(kMaker).text(facts.maker);
  return writer.take();
}

Result<KeyFacts> decode_key_record(ByteView raw_value) {
  cbor::Reader reader(raw_value);
  KeyFacts facts;
  TRY(cbor::Reader::Map map, reader.map());
  while (true) {
    TRY(const bool more, map.next(reader));
    if (!more) break;
    TRY(const std::int64_t label, reader.integer());
    CHECK(read_member(reader, label, facts));
  }
  CHECK(reader.finish());
  CHECK(check_complete(facts));
  return facts;
}

}  // namespace credence::evidence::tpm
