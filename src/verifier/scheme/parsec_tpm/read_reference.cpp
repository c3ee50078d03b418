// tag:github.com/parallaxsecond,2023-03-03:tpm, as Veraison's PARSEC_TPM scheme validates it.
#include <format>
#include <utility>

#include "rats/corim/match/match.h"
#include "verifier/scheme/parsec_tpm/triples.h"

namespace credence::verifier {
namespace {

constexpr std::uint64_t kMaxPcr = 31;

Result<std::uint8_t> pcr_of(const rats::Measurement& measurement) {
  if (!measurement.key) return fail(Errc::missing_member, "mkey is missing: it is the index of the PCR");
  const auto* index = std::get_if<std::uint64_t>(&*measurement.key);
  if (index == nullptr) return fail(Errc::unexpected_type, "mkey: expected an unsigned integer, the index of the PCR");
  if (*index > kMaxPcr) return fail(Errc::invalid_value, std::format("mkey: expected a PCR up to 31, got {}", *index));
  return static_cast<std::uint8_t>(*index);
}

// Digests of banks that are not used here (SHA-1, SHA-3) are left out; a PCR with no other digest is refused. What is
// quoted is of one bank, so the draft's rule of match::digests() comes down to the value of that bank, in a measurement
// that is not ambiguous.
Result<void> read_measurement(const rats::Measurement& measurement, std::vector<ReferenceStatement>& values) {
  TRY(const std::uint8_t pcr, pcr_of(measurement));
  if (measurement.values.digests.empty())
    return fail(Errc::missing_member, std::format("PCR {}: digests are missing", pcr));
  if (rats::member_count(measurement.values) != 1)
    return fail(Errc::unsupported, std::format("PCR {}: expected digests and nothing else: a PCR has no more", pcr));
  const bool ambiguous = rats::match::is_ambiguous(measurement.values.digests);
  bool usable = false;
  for (const rats::CorimDigest& digest : measurement.values.digests) {
    const auto bank = rats::hash_of(digest);
    if (!bank) continue;
    if (digest.value.size() != crypto::digest_size(*bank))
      return fail(Errc::invalid_value,
                  std::format("PCR {}: expected {} octets of {}, got {}", pcr, crypto::digest_size(*bank),
                              crypto::name(*bank), digest.value.size()));
    values.push_back({.bank = *bank, .pcr = pcr, .value = digest.value, .ambiguous = ambiguous});
    usable = true;
  }
  if (!usable)
    return fail(Errc::unsupported_algorithm, std::format("PCR {}: no digest of SHA-256, SHA-384 or SHA-512", pcr));
  return {};
}

}  // namespace

Result<ReferenceStatements> read_reference_values(const rats::ReferenceTriple& triple) {
  ReferenceStatements statements;
  TRY(statements.class_id, class_of(triple.environment));
  if (triple.environment.instance)
    return fail(Errc::invalid_value, "environment: reference values are for a class, an instance is not allowed");
  if (triple.measurements.empty()) return fail(Errc::missing_member, "no measurement");
  for (const rats::Measurement& measurement : triple.measurements)
    CHECK(read_measurement(measurement, statements.values));
  return statements;
}

Result<KeyStatement> read_key(const rats::KeyTriple& triple) {
  TRY(rats::TaggedBytes class_id, class_of(triple.environment));
  TRY(Kid kid, instance_of(triple.environment));
  if (triple.measurement_key || !triple.authorized_by.empty())
    return fail(Errc::unsupported, "conditions: an attestation key has none in this profile");
  if (triple.keys.size() != 1)
    return fail(Errc::invalid_value, std::format("expected exactly one key, got {}", triple.keys.size()));
  const rats::CryptoKey& key = triple.keys.front();
  if (key.tag != rats::kTagPkixBase64Key)
    return fail(Errc::unexpected_type, std::format("expected a pkix-base64-key (tag 554), got tag {}", key.tag));
  TRY(crypto::PublicKey public_key, rats::public_key_of(key));
  return KeyStatement{.kid = std::move(kid), .class_id = std::move(class_id), .key = std::move(public_key)};
}

}  // namespace credence::verifier
