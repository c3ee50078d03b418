#include "evidence/psa/claims.h"

#include <algorithm>
#include <format>
#include <limits>
#include <ranges>
#include <utility>

#include "crypto/hash.h"
#include "evidence/psa/limits.h"
#include "wire/cbor/reader.h"

namespace credence::evidence::psa {
namespace {

constexpr std::size_t kImplementationId = 32;
constexpr std::size_t kInstanceId = 33;
constexpr std::uint8_t kUeidRand = 0x01;

const Profile::Key* key_of(const Profile& profile, std::int64_t key) noexcept {
  const auto found = std::ranges::find(profile.keys, key, &Profile::Key::key);
  return found == profile.keys.end() ? nullptr : &*found;
}

std::int64_t profile_key_of(const Profile& profile) noexcept {
  return std::ranges::find(profile.keys, Claim::profile, &Profile::Key::claim)->key;
}

Result<Bytes> read_octets(cbor::Reader& reader, std::size_t least, std::size_t most) {
  const std::size_t start = reader.offset();
  TRY(const ByteView octets, reader.bytes());
  if (octets.size() < least || octets.size() > most)
    return fail_at(Errc::invalid_value, start,
                   least == most ? std::format("expected {} octets, got {}", least, octets.size())
                                 : std::format("expected {} to {} octets, got {}", least, most, octets.size()));
  return to_bytes(octets);
}

Result<Bytes> read_instance_id(cbor::Reader& reader) {
  const std::size_t start = reader.offset();
  TRY(Bytes id, read_octets(reader, kInstanceId, kInstanceId));
  if (id.front() != kUeidRand)
    return fail_at(Errc::invalid_value, start, std::format("expected a UEID of type RAND (1), got {}", id.front()));
  return id;
}

Result<std::uint16_t> read_lifecycle(cbor::Reader& reader) {
  const std::size_t start = reader.offset();
  TRY(const std::uint64_t value, reader.unsigned_integer());
  if (!lifecycle_of(value))
    return fail_at(Errc::invalid_value, start, std::format("expected a state of section 4.3.1, got {:#06x}", value));
  return static_cast<std::uint16_t>(value);
}

Result<std::int32_t> read_client_id(cbor::Reader& reader) {
  const std::size_t start = reader.offset();
  TRY(const std::int64_t value, reader.integer());
  if (!std::in_range<std::int32_t>(value))
    return fail_at(Errc::invalid_value, start, std::format("expected 32 bits, got {}", value));
  return static_cast<std::int32_t>(value);
}

Result<std::string> read_verification_service(cbor::Reader& reader) {
  const std::size_t start = reader.offset();
  TRY(const std::string_view text, reader.text());
  if (text.empty()) return fail_at(Errc::invalid_value, start, "expected a name, got an empty one");
  return std::string(text);
}

Result<std::string> read_hash_algorithm(cbor::Reader& reader) {
  const std::size_t start = reader.offset();
  TRY(const std::string_view text, reader.text());
  if (!crypto::hash_from_name(text))
    return fail_at(Errc::unsupported_algorithm, start,
                   std::format("expected sha-256, sha-384 or sha-512, got {}", text.substr(0, 32)));
  return std::string(text);
}

Result<bool> read_no_measurements(cbor::Reader& reader) {
  const std::size_t start = reader.offset();
  TRY(const std::uint64_t value, reader.unsigned_integer());
  if (value != 1) return fail_at(Errc::invalid_value, start, std::format("expected 1, got {}", value));
  return true;
}

Result<std::vector<SoftwareComponent>> read_components(cbor::Reader& reader) {
  const std::size_t start = reader.offset();
  TRY(cbor::Reader::Array array, reader.array());
  std::vector<SoftwareComponent> components;
  while (true) {
    TRY(const bool more, array.next(reader));
    if (!more) break;
    auto component = read_component(reader);
    if (!component) return within(std::format("[{}]", components.size()), std::move(component).error());
    components.push_back(*std::move(component));
  }
  // RFC 9783 section 4.4.1: [ + component ]. Every one of none would be approved.
  if (components.empty()) return fail_at(Errc::missing_member, start, "expected at least one software component");
  return components;
}

template <typename To, typename From>
Result<void> store(To& to, Result<From> read) {
  if (!read) return std::unexpected(std::move(read).error());
  to = *std::move(read);
  return {};
}

Result<void> read_claim(cbor::Reader& reader, Claim claim, Claims& claims) {
  switch (claim) {
    case Claim::profile:
      return store(claims.profile, reader.text());
    case Claim::nonce:
      return store(claims.nonce, read_hash(reader));
    case Claim::instance_id:
      return store(claims.instance_id, read_instance_id(reader));
    case Claim::implementation_id:
      return store(claims.implementation_id, read_octets(reader, kImplementationId, kImplementationId));
    case Claim::lifecycle:
      return store(claims.lifecycle_value, read_lifecycle(reader));
    case Claim::components:
      return store(claims.components, read_components(reader));
    case Claim::verification_service:
      return store(claims.verification_service, read_verification_service(reader));
    case Claim::client_id:
      return store(claims.client_id, read_client_id(reader));
    case Claim::boot_seed:
      return store(claims.boot_seed, read_octets(reader, 8, 32));
    case Claim::legacy_boot_seed:
      return store(claims.boot_seed, read_octets(reader, 32, 32));
    case Claim::certification_reference:
      return store(claims.certification_reference, reader.text());
    case Claim::no_measurements:
      return store(claims.no_measurements, read_no_measurements(reader));
    case Claim::config:
      return store(claims.config, read_octets(reader, 0, std::numeric_limits<std::size_t>::max()));
    case Claim::hash_algorithm:
      return store(claims.hash_algorithm, read_hash_algorithm(reader));
  }
  return fail(Errc::internal, "a claim that nobody reads");
}

// Calls `read(key)` for each integer key, which takes the value; other keys are skipped with their values.
template <typename Read>
Result<void> for_each_claim(ByteView payload, Read read) {
  cbor::Reader reader(payload, kTokenLimits);
  TRY(cbor::Reader::Map map, reader.map());
  while (true) {
    TRY(const bool more, map.next(reader));
    if (!more) break;
    TRY(const cbor::Type type, reader.peek());
    if (type == cbor::Type::unsigned_integer || type == cbor::Type::negative_integer) {
      TRY(const std::int64_t key, reader.integer());
      CHECK(read(reader, key));
    } else {
      CHECK(reader.raw_item());
      CHECK(reader.raw_item());
    }
  }
  return reader.finish();
}

std::string names_of(std::span<const Profile> known) {
  std::string names;
  for (const Profile& profile : known) names += (names.empty() ? "" : ", ") + std::string(profile.name);
  return names;
}

// The value of each claim that is the profile claim of a known profile.
Result<std::vector<std::pair<std::int64_t, std::string>>> profile_claims(ByteView payload,
                                                                         std::span<const Profile> known) {
  std::vector<std::pair<std::int64_t, std::string>> found;
  const auto keep_profile = [&](cbor::Reader& reader, std::int64_t key) -> Result<void> {
    if (!std::ranges::contains(known, key, profile_key_of)) {
      CHECK(reader.raw_item());
      return {};
    }
    const auto name = reader.text();
    if (!name) return within("profile", name.error());
    found.emplace_back(key, *name);
    return {};
  };
  CHECK(for_each_claim(payload, keep_profile));
  return found;
}

Result<void> check_required(const Claims& claims, const Profile& profile, const std::vector<Claim>& seen) {
  for (const Profile::Key& key : profile.keys)
    if (key.required && !std::ranges::contains(seen, key.claim))
      return fail_in(Errc::missing_member, std::string(key.name), std::format("expected claim {}", key.key));
  // One of the two says that the other is left out on purpose.
  if (claims.components.empty() && !claims.no_measurements)
    return fail(Errc::missing_member, "expected software components");
  if (!claims.components.empty() && claims.no_measurements)
    return fail(Errc::invalid_value, "software components, and the claim that there are none");
  return {};
}

}  // namespace

Result<const Profile*> profile_of(ByteView payload, std::span<const Profile> known) {
  TRY(const auto named, profile_claims(payload, known));
  // Two readers that prefer different keys would see different tokens.
  if (named.size() > 1) return fail_in(Errc::invalid_value, "profile", "expected one profile, got two");
  for (const Profile& profile : known) {
    const bool chosen = named.empty()
                            ? profile.by_default
                            : named.front().first == profile_key_of(profile) && named.front().second == profile.name;
    if (chosen) return &profile;
  }
  if (named.empty()) return fail_in(Errc::missing_member, "profile", "expected one of " + names_of(known));
  return fail_in(Errc::unsupported, "profile",
                 std::format("expected one of {}, got {}", names_of(known), named.front().second));
}

Result<Claims> read_claims(ByteView payload, const Profile& profile) {
  Claims claims;
  std::vector<Claim> seen;
  const auto read_known = [&](cbor::Reader& reader, std::int64_t number) -> Result<void> {
    const Profile::Key* key = key_of(profile, number);
    if (key == nullptr) {
      CHECK(reader.raw_item());
      return {};
    }
    if (auto read = read_claim(reader, key->claim, claims); !read) return within(key->name, std::move(read).error());
    seen.push_back(key->claim);
    return {};
  };
  CHECK(for_each_claim(payload, read_known));
  CHECK(check_required(claims, profile, seen));
  claims.lifecycle = lifecycle_of(claims.lifecycle_value).value_or(Lifecycle::unknown);
  return claims;
}

}  // namespace credence::evidence::psa
