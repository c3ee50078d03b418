// CoRIM (draft-ietf-rats-corim revision 10) as data. Older spellings are read too (docs/formats/corim.md); revision 10
// is written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "crypto/certificate.h"
#include "crypto/key.h"
#include "rats/corim/comid.h"
#include "sign/cose/sign1.h"

namespace credence::rats {

struct Validity {
  std::optional<Timestamp> not_before;
  Timestamp not_after{};
};
// Errc::expired outside the period, before it too.
[[nodiscard]] Result<void> check_validity(const Validity& validity, Timestamp at);

// Where a CoRIM that this one builds on may be had. Nothing is fetched from there.
struct Locator {
  std::vector<std::string> references;     // URIs, at least one
  std::vector<CorimDigest> thumbprints{};  // of what is found there
};

struct Corim {
  TagId id;
  std::vector<Comid> comids;
  std::vector<std::pair<std::uint64_t, Bytes>> other_tags;  // CoSWID (505), CoTS (507): tag number, content
  std::vector<Locator> dependent_rims;
  std::optional<std::string> profile;  // URI, or a dotted OID with "oid:" before it
  std::optional<Validity> validity;
  std::vector<Entity> entities;
  bool legacy = false;  // read from an older spelling
};

struct CorimLimits {
  std::size_t bytes = 16 << 20;
  std::size_t depth = 24;
  std::size_t items = 1 << 20;
};

// Members of maps that are not known are skipped; a member that occurs twice is refused.
[[nodiscard]] Result<Corim> decode_corim(ByteView input, const CorimLimits& limits = {});
// Deterministic CBOR. Errc::invalid_value or missing_member for what revision 10 has no form for.
[[nodiscard]] Result<Bytes> encode_corim(const Corim& corim);

// The signed form: COSE_Sign1 with content type application/rim+cbor, corim-meta or CWT claims, and x5chain, all
// protected.
struct CorimSigner {
  std::string name;
  std::optional<std::string> uri;
  std::optional<Validity> validity;
};
struct SignedCorim {
  Corim corim;
  CorimSigner signer;
  cose::Sign1 message;  // for verify_signed_corim
  Bytes octets;         // of the COSE_Sign1, without the tags that old drafts put around it
};
[[nodiscard]] Result<SignedCorim> decode_signed_corim(ByteView input, const CorimLimits& limits = {});
// The chain to `anchors` at `at`, then the signature with the leaf's key, then the validity of the signature.
[[nodiscard]] Result<void> verify_signed_corim(const SignedCorim& corim, std::span<const crypto::Certificate> anchors,
                                               Timestamp at);
// What the signature stands for: the CoRIM, valid only as long as its signature is too.
[[nodiscard]] Corim corim_of(SignedCorim message);
[[nodiscard]] Result<Bytes> sign_corim(const Corim& corim, const CorimSigner& signer, const crypto::PrivateKey& key,
                                       std::span<const crypto::Certificate> chain);
// The same over the octets of an unsigned CoRIM as somebody wrote it, once it can be read: what is not known here is
// signed too.
[[nodiscard]] Result<Bytes> sign_encoded_corim(ByteView corim, const CorimSigner& signer, const crypto::PrivateKey& key,
                                               std::span<const crypto::Certificate> chain);

}  // namespace credence::rats
