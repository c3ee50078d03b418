#include "verifier/claims/conditional.h"

#include <utility>

#include "rats/corim/write.h"

namespace credence::verifier {
namespace {

// One member alone, as an environment of its own: the draft compares each member by its octets. What cannot be encoded
// cannot be looked up.
Bytes encoded(const rats::Environment& member) {
  cbor::Writer writer;
  if (!rats::write_environment(writer, member)) return {};
  return writer.take();
}

rats::Environment of_class(const rats::Environment& environment) {
  return {.class_map = environment.class_map, .instance = {}, .group = {}};
}
rats::Environment of_instance(const rats::Environment& environment) {
  return {.class_map = {}, .instance = environment.instance, .group = {}};
}
rats::Environment of_group(const rats::Environment& environment) {
  return {.class_map = {}, .instance = {}, .group = environment.group};
}

Result<IdentityKeys> identity_from(const rats::KeyTriple& triple) {
  IdentityKeys identity{.environment = triple.environment, .keys = {}};
  for (const rats::CryptoKey& key : triple.keys) {
    TRY(IdentityKeys::Key read, identity_key_of(key));
    identity.keys.push_back(std::move(read));
  }
  return identity;
}

Result<void> take(const Statement& statement, ConditionalStatement& made) {
  if (const auto* series = std::get_if<rats::ConditionalSeries>(&statement.triple)) {
    made.triple = *series;
    TRY(made.encoded, encode_triple(*series));
  } else if (const auto* domain = std::get_if<rats::DomainTriple>(&statement.triple)) {
    if (statement.kind == TripleKind::memberships) {
      made.triple = DomainMembership{*domain};
    } else {
      made.triple = TrustDependency{*domain};
    }
    TRY(made.encoded, encode_triple(statement.kind, *domain));
  } else if (const auto* values = std::get_if<rats::ReferenceTriple>(&statement.triple)) {
    made.triple = EndorsedValues{*values};
    TRY(made.encoded, encode_triple(statement.kind, *values));
  } else if (const auto* keys = std::get_if<rats::KeyTriple>(&statement.triple)) {
    TRY(made.triple, identity_from(*keys));
    TRY(made.encoded, encode_triple(statement.kind, *keys));
  } else {
    const auto& conditional = std::get<rats::ConditionalEndorsement>(statement.triple);
    made.triple = conditional;
    TRY(made.encoded, encode_triple(conditional));
  }
  return {};
}

}  // namespace

Result<IdentityKeys::Key> identity_key_of(const rats::CryptoKey& key) {
  if (key.tag == rats::kTagThumbprint) return rats::thumbprint_of(key);
  if (key.tag == rats::kTagCertThumbprint) {
    TRY(const crypto::Digest digest, rats::thumbprint_of(key));
    return IdentityKeys::OfCertificate{digest};
  }
  TRY(const crypto::PublicKey read, rats::public_key_of(key));
  return to_bytes(read.spki());
}

Bytes condition_key(const rats::Environment& environment) {
  if (environment.class_map) return encoded(of_class(environment));
  return encoded(environment.instance ? of_instance(environment) : of_group(environment));
}

std::vector<Bytes> condition_keys(const rats::Environment& environment) {
  std::vector<Bytes> keys;
  for (const rats::Environment& member : {of_class(environment), of_instance(environment), of_group(environment)})
    if (member != rats::Environment{}) keys.push_back(encoded(member));
  return keys;
}

Result<std::shared_ptr<const Endorsed>> join_conditional(std::span<const Statement> statements) {
  auto joined = std::make_shared<ConditionalStatements>();
  for (const Statement& statement : statements) {
    ConditionalStatement& made = joined->all.emplace_back();
    CHECK(take(statement, made));
    const Origin& origin = *statement.origin;
    if (origin.signer) made.authority.push_back(origin.signer->authority);
    made.source = origin.source;
    made.submission = origin.id;
    made.validity.add(origin.validity);
  }
  return joined;
}

}  // namespace credence::verifier
