// Conditional endorsements as look-ups find them (draft-ietf-rats-corim sections 5.1.6 and 5.1.7), and what else
// depends on what is accepted about an attester: endorsed values, identities, and what is said of domains
// (section 5.1.11).
#pragma once

#include <memory>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/hash.h"
#include "rats/corim/comid.h"
#include "verifier/store.h"
#include "verifier/store/periods.h"
#include "verifier/store/statement.h"

namespace credence::verifier {

// endorsed-triples: of whoever speaks of the environment.
struct EndorsedValues {
  rats::ReferenceTriple triple;
};
// identity-triples: of whoever speaks of the environment and was verified with one of the keys.
struct IdentityKeys {
  struct OfCertificate {
    crypto::Digest digest;  // of its DER
  };
  using Key = std::variant<Bytes, crypto::Digest, OfCertificate>;  // DER SPKI, its digest, or of a certificate for it
  rats::Environment environment;
  std::vector<Key> keys;
};
// Errc::unsupported for certification paths, their thumbprints and plain octets: evidence is compared by single keys
// and certificates.
[[nodiscard]] Result<IdentityKeys::Key> identity_key_of(const rats::CryptoKey& key);
struct DomainMembership {
  rats::DomainTriple triple;
};
struct TrustDependency {
  rats::DomainTriple triple;
};

struct ConditionalStatement {
  std::variant<rats::ConditionalEndorsement, rats::ConditionalSeries, EndorsedValues, IdentityKeys, DomainMembership,
               TrustDependency>
      triple;
  std::vector<rats::CryptoKey> authority;  // who signed the CoRIM; empty: the provisioner
  std::string source;                      // id of the CoRIM
  std::string submission;
  Periods validity;
  Bytes encoded;  // tells the same statement under two keys apart from two statements
};

// All whose conditions may be met by claims about one environment.
struct ConditionalStatements final : Endorsed {
  std::vector<ConditionalStatement> all;
};
[[nodiscard]] Result<std::shared_ptr<const Endorsed>> join_conditional(std::span<const Statement> statements);

// What a condition about this environment is looked up by: the class, else the instance, else the group, encoded.
[[nodiscard]] Bytes condition_key(const rats::Environment& environment);
// The keys under which conditions about claims of this environment may stand.
[[nodiscard]] std::vector<Bytes> condition_keys(const rats::Environment& environment);

}  // namespace credence::verifier
