#include "verifier/scheme/tpm_enacttrust/endorsed.h"

#include <format>
#include <optional>
#include <utility>

#include "rats/corim/comid.h"

namespace credence::verifier::enacttrust {

Result<Bytes> node_of(const rats::Environment& environment) {
  if (environment.class_map) return fail(Errc::invalid_value, "environment: a class is not allowed, nodes have none");
  if (environment.group) return fail(Errc::invalid_value, "environment: a group is not allowed");
  if (!environment.instance) return fail(Errc::missing_member, "environment: instance is missing: it is the node");
  if (environment.instance->tag != rats::kTagUuid)
    return fail(Errc::unexpected_type,
                std::format("environment.instance: expected a UUID (tag 37), got tag {}", environment.instance->tag));
  return environment.instance->value;
}

Result<crypto::PublicKey> key_of(const rats::KeyTriple& triple) {
  if (triple.measurement_key || !triple.authorized_by.empty())
    return fail(Errc::unsupported, "conditions: the key of a node has none");
  if (triple.keys.size() != 1)
    return fail(Errc::invalid_value, std::format("expected exactly one key, got {}", triple.keys.size()));
  const rats::CryptoKey& key = triple.keys.front();
  if (key.tag != rats::kTagPkixBase64Key)
    return fail(Errc::unexpected_type, std::format("expected a pkix-base64-key (tag 554), got tag {}", key.tag));
  TRY(crypto::PublicKey made, rats::public_key_of(key));
  if (made.type() != crypto::KeyType::ec_p256)
    return fail(Errc::bad_key, std::format("expected a P-256 key, got {}", crypto::name(made.type())));
  return made;
}

Result<Bytes> digest_of(const rats::ReferenceTriple& triple) {
  if (triple.measurements.size() != 1)
    return fail(Errc::invalid_value,
                std::format("expected exactly one measurement, got {}", triple.measurements.size()));
  const rats::Measurement& measurement = triple.measurements.front();
  if (measurement.key) return fail(Errc::invalid_value, "mkey: not allowed, the digest is over all quoted PCRs");
  const auto& digests = measurement.values.digests;
  if (digests.size() != 1)
    return fail(digests.empty() ? Errc::missing_member : Errc::invalid_value,
                std::format("expected exactly one digest, got {}", digests.size()));
  if (rats::member_count(measurement.values) != 1)
    return fail(Errc::unsupported, "expected a digest and nothing else: evidence says no more about the node");
  const rats::CorimDigest& digest = digests.front();
  if (rats::hash_of(digest) != crypto::HashAlgorithm::sha256 || digest.value.size() != 32)
    return fail(Errc::unsupported_algorithm, "expected a digest of SHA-256, 32 octets");
  return digest.value;
}

Result<std::shared_ptr<const Endorsed>> join_keys(std::span<const Statement> statements) {
  std::shared_ptr<NodeKey> joined;
  for (const Statement& statement : statements) {
    TRY(crypto::PublicKey key, key_of(statement.keys()));
    if (joined == nullptr) joined = std::make_shared<NodeKey>(key);
    // Otherwise whoever may provision could speak for any node.
    if (joined->key != key)
      return fail(Errc::conflict, "the node is already endorsed with another key: remove the old endorsement first");
    joined->validity.add(statement.origin->validity);
    joined->sources.add(*statement.origin);
  }
  return joined;
}

Result<std::shared_ptr<const Endorsed>> join_digests(std::span<const Statement> statements) {
  auto joined = std::make_shared<NodeDigests>();
  ApprovedJoiner joiner(joined->digests);
  for (const Statement& statement : statements) {
    TRY(Bytes value, digest_of(statement.values()));
    joiner.add(std::move(value), *statement.origin);
  }
  return joined;
}

}  // namespace credence::verifier::enacttrust
