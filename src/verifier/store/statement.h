// One triple of a CoRIM, and where it comes from.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "base/bytes.h"
#include "base/result.h"
#include "rats/corim/corim.h"
#include "verifier/revocation/identity.h"

namespace credence::verifier {

// By the keys of the triples-map (draft-ietf-rats-corim section 5.1.4).
enum class TripleKind : std::uint8_t {
  reference_values = 0,
  endorsed_values = 1,
  identity_keys = 2,
  attestation_keys = 3,
  dependencies = 4,
  memberships = 5,
  conditional_series = 8,
  conditional_endorsements = 10,
};

struct Origin {
  std::string id;                               // of the submission
  std::string source;                           // of the CoRIM
  std::string profile;                          // of the CoRIM
  std::optional<rats::Validity> validity;       // of the CoRIM, and so of all that it says
  std::optional<CorimSignerIdentity> signer{};  // absent: unsigned, on the provisioner's word
};

struct Statement {
  const Origin* origin = nullptr;  // lives as long as the statement is looked at
  TripleKind kind{};
  std::variant<rats::ReferenceTriple, rats::KeyTriple, rats::DomainTriple, rats::ConditionalSeries,
               rats::ConditionalEndorsement>
      triple;

  [[nodiscard]] const rats::ReferenceTriple& values() const { return std::get<rats::ReferenceTriple>(triple); }
  [[nodiscard]] const rats::KeyTriple& keys() const { return std::get<rats::KeyTriple>(triple); }
};

// The compact form in which an index keeps a triple: CBOR, as long as the triple on the wire and a few octets. A parsed
// triple takes several times as much memory.
[[nodiscard]] Result<Bytes> encode_triple(TripleKind kind, const rats::ReferenceTriple& triple);
[[nodiscard]] Result<Bytes> encode_triple(TripleKind kind, const rats::KeyTriple& triple);
[[nodiscard]] Result<Bytes> encode_triple(TripleKind kind, const rats::DomainTriple& triple);
[[nodiscard]] Result<Bytes> encode_triple(const rats::ConditionalSeries& triple);
[[nodiscard]] Result<Bytes> encode_triple(const rats::ConditionalEndorsement& triple);
[[nodiscard]] Result<Statement> decode_triple(TripleKind kind, ByteView octets);

}  // namespace credence::verifier
