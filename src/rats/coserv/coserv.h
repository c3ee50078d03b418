// CoSERV (draft-ietf-rats-coserv revision 06): a verifier's question for endorsements and reference values, and the
// answer beside it.
//
//   { 0 profile, 1 query, ? 2 results }
//
// A query always has the same octets (section 4.6): what is not deterministic is refused, so that it can name its
// answer in caches.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "crypto/key.h"
#include "rats/cmw/cmw.h"
#include "rats/corim/comid.h"
#include "rats/corim/environment.h"

namespace credence::rats {

inline constexpr std::string_view kCoservMediaType = "application/coserv+cbor";
inline constexpr std::string_view kSignedCoservMediaType = "application/coserv+cose";

enum class ArtifactType : std::uint8_t { endorsed_values = 0, trust_anchors = 1, reference_values = 2 };
[[nodiscard]] std::string_view name(ArtifactType artifact) noexcept;  // "trust anchors", for people
enum class ResultType : std::uint8_t { collected = 0, source = 1, both = 2 };

// One selector: a class (its fields that are not given are wild cards), or an instance or group identifier, and what
// else its state must be.
template <typename T>
struct Selector {
  T selected;
  std::vector<Measurement> measurements{};
};
using ClassSelectors = std::vector<Selector<Class>>;
struct InstanceSelectors {
  std::vector<Selector<TaggedBytes>> instances;
};
struct GroupSelectors {
  std::vector<Selector<TaggedBytes>> groups;
};

struct EnvironmentQuery {
  ArtifactType artifact{};
  std::variant<ClassSelectors, InstanceSelectors, GroupSelectors> environments;  // at least one; any of them
  ResultType result{};
};
struct RimId {
  enum class Kind : std::uint8_t { comid = 0, coswid = 1, corim = 2 };
  Kind kind{};
  TagId id;
};
struct RimQuery {
  std::vector<RimId> rims;  // at least one
};

struct CoservQuery {
  std::string profile;  // URI, or a dotted OID with "oid:" before it
  std::variant<EnvironmentQuery, RimQuery> query;
};

// A triple with those on whose word it stands, at least one.
template <typename Triple>
struct Quad {
  std::vector<CryptoKey> authorities;
  Triple triple;
};

struct CoservResults {
  Timestamp expires{};                                    // of all of it; whole seconds on the wire
  std::vector<Quad<ReferenceTriple>> reference_values{};  // of a query for them
  std::vector<Quad<ReferenceTriple>> endorsed_values{};   // likewise, and these
  std::vector<Quad<ConditionalEndorsement>> conditional_endorsements{};
  std::vector<Quad<ConditionalSeries>> conditional_series{};  // and these, which the draft has no place for
  std::vector<Quad<KeyTriple>> attestation_keys{};            // of a query for trust anchors
  std::vector<CmwRecord> source_artifacts{};                  // CoRIMs that the collected ones stem from
  std::vector<std::pair<std::string, CmwRecord>> rims{};      // of a query by id: the id as text
};

struct Coserv {
  CoservQuery query;
  CoservResults results;
  Bytes query_octets;                    // as encode_coserv_query() writes it: what the answer is for
  std::optional<Timestamp> issued_at{};  // of a signed one that says it
};

struct CoservLimits {
  std::size_t bytes = 16 << 20;
  std::size_t depth = 24;
  std::size_t items = 1 << 20;
  std::size_t selectors = 64;
};

// A message without results. Errc::unexpected_type when there are some, not_deterministic, too_large.
[[nodiscard]] Result<CoservQuery> decode_coserv_query(ByteView input, const CoservLimits& limits = {});
[[nodiscard]] Result<Bytes> encode_coserv_query(const CoservQuery& query);

// A message with results, which must be of the kind that the query asks for. CoTS statements (tas) are refused.
[[nodiscard]] Result<Coserv> decode_coserv(ByteView input, const CoservLimits& limits = {});
[[nodiscard]] Result<Bytes> encode_coserv(const CoservQuery& query, const CoservResults& results);

// The signed form: COSE_Sign1 with content type application/coserv+cbor, the key's name and, when it is given, the time
// (iat in CWT Claims, RFC 9597), all protected.
[[nodiscard]] Result<Bytes> sign_coserv(const CoservQuery& query, const CoservResults& results,
                                        const crypto::PrivateKey& key, ByteView kid,
                                        std::optional<Timestamp> issued_at = {});
// By one of the pinned keys, whatever kid says. Errc::untrusted_verifier.
[[nodiscard]] Result<Coserv> verify_coserv(ByteView message, std::span<const crypto::PublicKey> keys,
                                           const CoservLimits& limits = {});

}  // namespace credence::rats
