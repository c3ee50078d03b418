#include "evidence/cca/realm.h"

#include <algorithm>
#include <format>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"
#include "evidence/psa/component.h"
#include "evidence/psa/limits.h"
#include "sign/cose/key.h"
#include "wire/cbor/reader.h"

namespace credence::evidence::cca {
namespace {

constexpr std::int64_t kChallenge = 10;
constexpr std::int64_t kInstanceId = 256;
constexpr std::int64_t kProfile = 265;
constexpr std::int64_t kPersonalizationValue = 44235;
constexpr std::int64_t kHashAlgorithm = 44236;
constexpr std::int64_t kPublicKey = 44237;
constexpr std::int64_t kInitialMeasurement = 44238;
constexpr std::int64_t kExtensible = 44239;
constexpr std::int64_t kPublicKeyHash = 44240;
constexpr std::int64_t kMecPolicy = 44243;

struct Name {
  std::int64_t key = 0;
  std::string_view name;  // Veraison's
  bool required = false;
};
constexpr std::array kNames = {
    Name{kProfile, "cca-realm-profile"},
    Name{kChallenge, "cca-realm-challenge", true},
    Name{kPersonalizationValue, "cca-realm-personalization-value", true},
    Name{kInitialMeasurement, "cca-realm-initial-measurement", true},
    Name{kExtensible, "cca-realm-extensible-measurements", true},
    Name{kHashAlgorithm, "cca-realm-hash-algo-id", true},
    Name{kPublicKey, "cca-realm-public-key", true},
    Name{kPublicKeyHash, "cca-realm-public-key-hash-algo-id", true},
    Name{kMecPolicy, "cca-realm-mec-policy"},
    Name{kInstanceId, "cca-realm-instance-id"},
};
constexpr std::array<std::string_view, 2> kProfiles = {"tag:arm.com,2024:realm#2.0.0", "tag:arm.com,2023:realm#1.0.0"};

std::string_view name_of(std::int64_t key) noexcept {
  const auto* found = std::ranges::find(kNames, key, &Name::key);
  return found == kNames.end() ? "a claim that is not known" : found->name;
}

Result<Bytes> read_octets(cbor::Reader& reader, std::size_t size) {
  const std::size_t start = reader.offset();
  TRY(const ByteView octets, reader.bytes());
  if (octets.size() != size)
    return fail_at(Errc::invalid_value, start, std::format("expected {} octets, got {}", size, octets.size()));
  return to_bytes(octets);
}

Result<crypto::HashAlgorithm> read_hash_algorithm(cbor::Reader& reader) {
  const std::size_t start = reader.offset();
  TRY(const std::string_view text, reader.text());
  const auto algorithm = crypto::hash_from_name(text);
  if (!algorithm)
    return fail_at(Errc::unsupported_algorithm, start,
                   std::format("expected sha-256, sha-384 or sha-512, got {}", text.substr(0, 32)));
  return *algorithm;
}

Result<std::array<Bytes, kExtensibleMeasurements>> read_extensible(cbor::Reader& reader) {
  const std::size_t start = reader.offset();
  TRY(cbor::Reader::Array array, reader.array());
  std::array<Bytes, kExtensibleMeasurements> measurements;
  std::size_t count = 0;
  while (true) {
    TRY(const bool more, array.next(reader));
    if (!more) break;
    if (count == measurements.size()) return fail_at(Errc::invalid_value, start, "expected 4 measurements, got more");
    auto read = psa::read_hash(reader);
    if (!read) return within(std::format("[{}]", count), std::move(read).error());
    measurements[count++] = *std::move(read);
  }
  if (count != measurements.size())
    return fail_at(Errc::invalid_value, start, std::format("expected 4 measurements, got {}", count));
  return measurements;
}

Result<std::string> read_profile(cbor::Reader& reader) {
  const std::size_t start = reader.offset();
  TRY(const std::string_view profile, reader.text());
  if (!std::ranges::contains(kProfiles, profile))
    return fail_at(Errc::unsupported, start,
                   std::format("expected {} or {}, got {}", kProfiles[0], kProfiles[1], profile.substr(0, 64)));
  return std::string(profile);
}

template <typename To, typename From>
Result<void> store(To& to, Result<From> read) {
  if (!read) return std::unexpected(std::move(read).error());
  to = *std::move(read);
  return {};
}

Result<Bytes> read_any_octets(cbor::Reader& reader) {
  TRY(const ByteView octets, reader.bytes());
  return to_bytes(octets);
}

Result<void> read_claim(cbor::Reader& reader, std::int64_t key, RealmClaims& claims) {
  switch (key) {
    case kProfile:
      return store(claims.profile, read_profile(reader));
    case kChallenge:
      return store(claims.challenge, read_octets(reader, kRealmChallenge));
    case kPersonalizationValue:
      return store(claims.personalization_value, read_octets(reader, 64));
    case kHashAlgorithm:
      return store(claims.hash_algorithm, reader.text());
    case kPublicKey:
      return store(claims.public_key_octets, read_any_octets(reader));
    case kInitialMeasurement:
      return store(claims.initial_measurement, psa::read_hash(reader));
    case kExtensible:
      return store(claims.extensible_measurements, read_extensible(reader));
    case kPublicKeyHash:
      return store(claims.public_key_hash, read_hash_algorithm(reader));
    case kMecPolicy:
      return store(claims.mec_policy, reader.unsigned_integer());
    case kInstanceId:
      return store(claims.instance_id, read_octets(reader, 33));
    default:
      CHECK(reader.raw_item());
      return {};
  }
}

Result<RealmClaims> read_claims(ByteView payload) {
  cbor::Reader reader(payload, psa::kTokenLimits);
  TRY(cbor::Reader::Map map, reader.map());
  RealmClaims claims;
  std::vector<std::int64_t> seen;
  while (true) {
    TRY(const bool more, map.next(reader));
    if (!more) break;
    TRY(const cbor::Type type, reader.peek());
    if (type != cbor::Type::unsigned_integer && type != cbor::Type::negative_integer) {
      CHECK(reader.raw_item());
      CHECK(reader.raw_item());
      continue;
    }
    TRY(const std::int64_t key, reader.integer());
    auto read = read_claim(reader, key, claims);
    if (!read) return within(name_of(key), std::move(read).error());
    seen.push_back(key);
  }
  CHECK(reader.finish());
  for (const Name& name : kNames)
    if (name.required && !std::ranges::contains(seen, name.key))
      return fail_in(Errc::missing_member, std::string(name.name), std::format("expected claim {}", name.key));
  return claims;
}

// Without a profile the RAK is an uncompressed point on P-384, with one it is a COSE_Key.
Result<crypto::PublicKey> decode_public_key(const RealmClaims& claims) {
  const ByteView octets = claims.public_key_octets;
  if (claims.profile) return cose::decode_key(octets, psa::kTokenLimits);
  constexpr std::size_t kField = 48;
  if (octets.size() != 1 + 2 * kField || octets.front() != 0x04)
    return fail(Errc::bad_key,
                std::format("expected an uncompressed point on P-384, 97 octets, got {}", octets.size()));
  return crypto::PublicKey::from_ec_point(crypto::KeyType::ec_p384, octets.subspan(1, kField),
                                          octets.subspan(1 + kField));
}

}  // namespace

Result<RealmToken> decode_realm_token(ByteView octets) {
  TRY(cose::Sign1 message, cose::decode_sign1(octets, cose::Tagged::required, psa::kTokenLimits));
  TRY(RealmClaims claims, read_claims(message.payload));
  auto key = decode_public_key(claims);
  if (!key) return within(name_of(kPublicKey), std::move(key).error());
  return RealmToken{.message = std::move(message), .claims = std::move(claims), .public_key = *std::move(key)};
}

json::Object RealmToken::describe() const {
  json::Object described;
  if (claims.profile) described[name_of(kProfile)] = *claims.profile;
  described[name_of(kChallenge)] = to_base64(claims.challenge);
  described[name_of(kPersonalizationValue)] = to_base64(claims.personalization_value);
  described[name_of(kInitialMeasurement)] = to_base64(claims.initial_measurement);
  json::Array extensible;
  for (const Bytes& measurement : claims.extensible_measurements) extensible.emplace_back(to_base64(measurement));
  described[name_of(kExtensible)] = std::move(extensible);
  described[name_of(kHashAlgorithm)] = claims.hash_algorithm;
  described[name_of(kPublicKey)] = to_base64(claims.public_key_octets);
  described[name_of(kPublicKeyHash)] = crypto::name(claims.public_key_hash);
  if (claims.mec_policy) described[name_of(kMecPolicy)] = *claims.mec_policy;
  if (claims.instance_id) described[name_of(kInstanceId)] = to_base64(*claims.instance_id);
  return described;
}

}  // namespace credence::evidence::cca
