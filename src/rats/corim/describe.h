// Parts of CoRIMs as facts in JSON: for people, for policies and for results.
#pragma once

#include <string>

#include "rats/corim/comid.h"
#include "wire/json/json.h"

namespace credence::rats {

[[nodiscard]] std::string text_of(const TagId& id);
[[nodiscard]] std::string text_of(const TaggedBytes& value);  // "uuid ...", "bytes ..."
[[nodiscard]] std::string text_of(const MeasurementKey& key);
[[nodiscard]] std::string text_of(const CorimDigest& digest);  // "sha-256:..."
[[nodiscard]] std::string text_of(const CryptoKey& key);       // type and SubjectPublicKeyInfo, or tag and size

[[nodiscard]] json::Object describe(const Environment& environment);
[[nodiscard]] json::Object describe(const Measurement& measurement);
[[nodiscard]] json::Object describe(const ReferenceTriple& triple);
[[nodiscard]] json::Object describe(const KeyTriple& triple);
[[nodiscard]] json::Object describe(const ConditionalEndorsement& triple);
[[nodiscard]] json::Object describe(const ConditionalSeries& triple);
[[nodiscard]] json::Object describe(const DomainTriple& triple);
[[nodiscard]] json::Object describe(const CoswidTriple& triple);

// The triples of one kind.
template <typename Triple>
[[nodiscard]] json::Array describe_all(const std::vector<Triple>& triples) {
  json::Array all;
  for (const Triple& triple : triples) all.push_back(describe(triple));
  return all;
}

}  // namespace credence::rats
