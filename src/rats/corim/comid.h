// CoMID (draft-ietf-rats-corim section 5): a concise module identifier, the statements about one module.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "rats/corim/environment.h"
#include "rats/corim/measurement.h"
#include "rats/corim/uuid.h"

namespace credence::rats {

struct ReferenceTriple {  // also the shape of endorsed-triples
  Environment environment;
  std::vector<Measurement> measurements;
};
struct KeyTriple {  // attest-key-triples and identity-triples
  Environment environment;
  std::vector<CryptoKey> keys;
  // The conditions of revision 10: the keys speak for this measurement, and on the word of these authorities, only.
  std::optional<MeasurementKey> measurement_key{};
  std::vector<CryptoKey> authorized_by{};
};

// Tag identifiers: text or a UUID.
using TagId = std::variant<std::string, Uuid>;

// conditional-endorsement-triples: the endorsements hold for an attester that meets all conditions.
struct ConditionalEndorsement {
  std::vector<ReferenceTriple> conditions;
  std::vector<ReferenceTriple> endorsements;
};
// conditional-endorsement-series-triples: of an attester that meets the condition, the first record whose selection is
// met is endorsed, the others are not.
struct ConditionalSeries {
  struct Record {
    std::vector<Measurement> selection;
    std::vector<Measurement> addition;
  };
  Environment environment;
  std::vector<Measurement> claims{};  // may be empty: the environment alone is the condition
  std::vector<CryptoKey> authorized_by{};
  std::vector<Record> series{};
};
// dependency-triples (the domain depends on the others) and membership-triples (they are its members).
struct DomainTriple {
  Environment domain;
  std::vector<Environment> others;
};
// coswid-triples: the reference values of the environment stand in these CoSWIDs.
struct CoswidTriple {
  Environment environment;
  std::vector<TagId> tags;
};

struct Entity {
  std::string name;
  std::optional<std::string> regid;  // URI
  std::vector<std::int64_t> roles;
};
inline constexpr std::int64_t kTagSupplements = 0, kTagReplaces = 1;
struct LinkedTag {
  TagId id;
  std::int64_t relation = kTagSupplements;  // of this tag to that one
};

struct Comid {
  std::optional<std::string> language;
  TagId id;
  std::uint64_t version = 0;
  std::vector<Entity> entities;
  std::vector<LinkedTag> linked_tags;
  std::vector<ReferenceTriple> reference_values;                 // triples 0
  std::vector<ReferenceTriple> endorsed_values;                  // 1
  std::vector<KeyTriple> identity_keys;                          // 2
  std::vector<KeyTriple> attestation_keys;                       // 3
  std::vector<DomainTriple> dependencies;                        // 4
  std::vector<DomainTriple> memberships;                         // 5
  std::vector<CoswidTriple> coswids;                             // 6
  std::vector<ConditionalSeries> conditional_series;             // 8
  std::vector<ConditionalEndorsement> conditional_endorsements;  // 10
  std::vector<std::pair<std::int64_t, Bytes>> other_triples;     // kept encoded
};

}  // namespace credence::rats
