#include "rot/tpm2/key_record.h"

#include <format>

#include "wire/cbor/reader.h"
#include "wire/cbor/writer.h"

namespace credence::rot::tpm2 {
namespace {

constexpr std::uint64_t kVersion = 1;
constexpr std::string_view kOwner = "owner";
constexpr std::string_view kEndorsement = "endorsement";
constexpr cbor::Limits kLimits{.bytes = 64 * 1024, .depth = 2, .items = 64, .form = cbor::Form::deterministic};

enum Member : std::uint64_t {
  kMemberVersion = 1,
  kMemberHierarchy,
  kMemberParentName,
  kMemberPublicArea,
  kMemberWrappedPrivate,
  kMemberAuthorization,
  kMemberPolicyBank,
  kMemberPolicyPcrs,
};
constexpr std::uint64_t kRequired = 6;

Result<void> read_version(cbor::Reader& reader) {
  TRY(const std::uint64_t version, reader.unsigned_integer());
  if (version == kVersion) return {};
  return fail(Errc::unsupported, std::format("key record of version {}, expected {}", version, kVersion));
}

Result<Hierarchy> read_hierarchy(cbor::Reader& reader) {
  TRY(const std::string_view text, reader.text());
  if (text == kOwner) return Hierarchy::owner;
  if (text == kEndorsement) return Hierarchy::endorsement;
  return fail(Errc::invalid_value, "expected hierarchy \"owner\" or \"endorsement\"");
}

evidence::tpm::PcrSelection& policy_of(KeyRecord& record) {
  if (!record.policy_pcrs) record.policy_pcrs.emplace();
  return *record.policy_pcrs;
}

Result<void> read_bank(cbor::Reader& reader, KeyRecord& record) {
  TRY(const std::uint64_t bank, reader.unsigned_integer());
  if (bank > 0xffff) return fail(Errc::invalid_value, "expected a TPM_ALG_ID");
  policy_of(record).hash = static_cast<std::uint16_t>(bank);
  return {};
}

Result<void> read_pcrs(cbor::Reader& reader, KeyRecord& record) {
  TRY(const ByteView pcrs, reader.bytes());
  if (std::ranges::any_of(pcrs, [](std::uint8_t pcr) { return pcr > 23; })) {
    return fail(Errc::invalid_value, "expected PCRs from 0 to 23");
  }
  policy_of(record).pcrs.assign(pcrs.begin(), pcrs.end());
  return {};
}

Result<void> read_octets(cbor::Reader& reader, Bytes& to) {
  TRY(const ByteView octets, reader.bytes());
  to = to_bytes(octets);
  return {};
}

Result<void> read_member(cbor::Reader& reader, std::uint64_t member, KeyRecord& record) {
  switch (member) {
    case kMemberVersion:
      return read_version(reader);
    case kMemberHierarchy: {
      TRY(record.hierarchy, read_hierarchy(reader));
      return {};
    }
    case kMemberParentName:
      return read_octets(reader, record.parent_name);
    case kMemberPublicArea:
      return read_octets(reader, record.public_area);
    case kMemberWrappedPrivate:
      return read_octets(reader, record.wrapped_private);
    case kMemberAuthorization: {
      TRY(const ByteView octets, reader.bytes());
      record.authorization = SecretBytes(octets);
      return {};
    }
    case kMemberPolicyBank:
      return read_bank(reader, record);
    case kMemberPolicyPcrs:
      return read_pcrs(reader, record);
    default:
      return fail(Errc::unsupported, std::format("unknown member {} of a key record", member));
  }
}

}  // namespace

SecretBytes encode(const KeyRecord& record) {
  cbor::Writer writer;
  writer.map(kRequired + (record.policy_pcrs ? 2 : 0));
  writer.unsigned_integer(kMemberVersion).unsigned_integer(kVersion);
  writer.unsigned_integer(kMemberHierarchy).text(record.hierarchy == Hierarchy::owner ? kOwner : kEndorsement);
  writer.unsigned_integer(kMemberParentName).bytes(record.parent_name);
  writer.unsigned_integer(kMemberPublicArea).bytes(record.public_area);
  writer.unsigned_integer(kMemberWrappedPrivate).bytes(record.wrapped_private);
  writer.unsigned_integer(kMemberAuthorization).bytes(record.authorization.view());
  if (record.policy_pcrs) {
    writer.unsigned_integer(kMemberPolicyBank).unsigned_integer(record.policy_pcrs->hash);
    writer.unsigned_integer(kMemberPolicyPcrs).bytes(record.policy_pcrs->pcrs);
  }
  Bytes octets = writer.take();
  SecretBytes encoded{ByteView(octets)};
  cleanse(octets);
  return encoded;
}

Result<KeyRecord> decode_key_record(ByteView input) {
  cbor::Reader reader(input, kLimits);
  KeyRecord record;
  std::uint64_t seen = 0;
  TRY(cbor::Reader::Map map, reader.map());
  while (true) {
    TRY(const bool more, map.next(reader));
    if (!more) break;
    TRY(const std::uint64_t member, reader.unsigned_integer());
    CHECK(read_member(reader, member, record));
    seen |= std::uint64_t{1} << member;  // read_member refused all that are not small
  }
  CHECK(reader.finish());
  constexpr std::uint64_t kAllRequired = ((std::uint64_t{1} << kRequired) - 1) << 1;
  constexpr std::uint64_t kPolicy = std::uint64_t{1} << kMemberPolicyBank | std::uint64_t{1} << kMemberPolicyPcrs;
  if ((seen & kAllRequired) != kAllRequired || ((seen & kPolicy) != 0 && (seen & kPolicy) != kPolicy)) {
    return fail(Errc::missing_member, "the key record lacks a member: restore the file, or remove it for a new key");
  }
  return record;
}

}  // namespace credence::rot::tpm2
