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

struct Entity {
  std::string name;
  std::optional<std::string> regid;  // URI
  std::vector<std::int64_t> roles;
};
using TagId = std::variant<std::string, Uuid>;

struct Comid {
  std::optional<std::string> language;
  TagId id;
  std::uint64_t version = 0;
  std::vector<Entity> entities;
  std::vector<ReferenceTriple> reference_values;              // triples 0
  std::vector<ReferenceTriple> endorsed_values;               // 1
  std::vector<KeyTriple> identity_keys;                       // 2
  std::vector<KeyTriple> attestation_keys;                    // 3
  std::vector<std::pair<std::int64_t, Bytes>> other_triples;  // kept encoded
};

}  // namespace credence::rats
