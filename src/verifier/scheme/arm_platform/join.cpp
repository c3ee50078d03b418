#include "verifier/scheme/arm_platform/join.h"

#include <utility>
#include <variant>

namespace credence::verifier::arm {

Result<void> add_keys(const rats::Comid& comid, Content& content) {
  for (const rats::KeyTriple& triple : comid.attestation_keys) {
    const auto name = anchor_key_of(triple.environment);
    if (!name) return within("attest-key-triples", name.error());
    if (const auto key = key_of(triple); !key) return within("attest-key-triples", key.error());
    CHECK(content.add(Topic::trust_anchor, *name, TripleKind::attestation_keys, triple));
  }
  return {};
}

Result<void> add_platform_values(const rats::ReferenceTriple& triple, const Vocabulary& vocabulary,
                                 std::string_view prefix, Content& content) {
  TRY(const Bytes implementation, implementation_of(triple.environment));
  if (triple.environment.instance)
    return fail(Errc::invalid_value, "environment: reference values are for an implementation, not for an instance");
  CHECK(read_measurements(triple, vocabulary));
  Bytes key = to_bytes(as_bytes(prefix));
  append(key, implementation);
  return content.add(Topic::reference_values, key, TripleKind::reference_values, triple);
}

Result<std::shared_ptr<const Endorsed>> join_keys(std::span<const Statement> statements) {
  std::shared_ptr<PlatformKey> joined;
  for (const Statement& statement : statements) {
    TRY(const crypto::PublicKey key, key_of(statement.keys()));
    if (joined == nullptr) joined = std::make_shared<PlatformKey>(key, *statement.origin);
    // Otherwise whoever may provision could speak for any device.
    if (joined->key != key)
      return fail(Errc::conflict,
                  "the instance is already endorsed with another key: remove the old endorsement first");
    joined->validity.add(statement.origin->validity);
  }
  return joined;
}

// What several CoRIMs say stays apart: each is approved as long as its own CoRIM is valid.
Result<std::shared_ptr<const Endorsed>> join_platform_values(std::span<const Statement> statements,
                                                             Vocabulary (*vocabulary_of)(std::string_view profile)) {
  auto joined = std::make_shared<PlatformValues>();
  for (const Statement& statement : statements) {
    const Origin& origin = *statement.origin;
    TRY(auto read, read_measurements(statement.values(), vocabulary_of(origin.profile)));
    Periods validity;
    validity.add(origin.validity);
    for (PlatformStatement& said : read) {
      if (auto* component = std::get_if<ComponentStatement>(&said)) {
        joined->by_digest.add(component->digests, joined->components.size());
        joined->components.push_back({.digests = std::move(component->digests),
                                      .type = std::move(component->type),
                                      .version = std::move(component->version),
                                      .signers = std::move(component->signers),
                                      .validity = validity,
                                      .source = Source(origin)});
      } else {
        joined->configs.push_back(
            {.value = std::get<rats::RawValue>(std::move(said)), .validity = validity, .source = Source(origin)});
      }
    }
  }
  joined->by_digest.sort();
  return joined;
}

}  // namespace credence::verifier::arm
