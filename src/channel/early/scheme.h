// AttestationScheme (draft-fossati-seat-early-attestation; protocol.md section 3): what one side can prove, or what
// the other side can judge.
//
//   enum { CONTENT_FORMAT(0), MEDIA_TYPE(1), (255) } typeEncoding;
//   EvidenceType         = typeEncoding ; uint16 content_format | opaque media_type<0..2^16-1>
//   VerifierIdentityType = opaque verifier_identity<0..2^16-1>
//   enum { evidence(0), result(1), (255) } AttestationMechanism;
//   AttestationScheme    = AttestationMechanism ; EvidenceType | VerifierIdentityType
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "rats/cmw/cmw.h"
#include "wire/tls/reader.h"
#include "wire/tls/writer.h"

namespace credence::channel::early {

// Fresh evidence of this type.
struct EvidenceType {
  rats::CmwType type;  // CoAP content format or media type
};
// An attestation result of this verifier.
struct VerifierIdentity {
  std::string uri;
};
using Scheme = std::variant<EvidenceType, VerifierIdentity>;

// Media types without regard to case in type/subtype, verifier identities octet by octet (protocol.md 1.3).
[[nodiscard]] bool same(const Scheme& left, const Scheme& right) noexcept;
// For logs and errors: "evidence application/x", "result of https://verifier.example".
[[nodiscard]] std::string describe(const Scheme& scheme);

// Nobody has a use for more, and a peer may not make this side compare long lists.
inline constexpr std::size_t kMostSchemes = 64;

[[nodiscard]] Result<Scheme> read_scheme(tls::Reader& reader);
[[nodiscard]] Result<void> write_scheme(tls::Writer& writer, const Scheme& scheme);
// AttestationScheme schemes<0..2^16-1>.
[[nodiscard]] Result<std::vector<Scheme>> read_schemes(tls::Reader& reader);
[[nodiscard]] Result<void> write_schemes(tls::Writer& writer, std::span<const Scheme> schemes);

}  // namespace credence::channel::early
