// One kind of evidence, as the engine asks about it step by step. The steps are the engine's; what each means for this
// kind of evidence is the scheme's. A scheme is one folder here and one line in cmake/Schemes.cmake.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "rats/corim/corim.h"
#include "rats/ear/ear.h"
#include "verifier/appraiser.h"
#include "verifier/claims/accepted_claims.h"
#include "verifier/endorsements.h"
#include "verifier/policy.h"
#include "verifier/revocation/identity.h"
#include "verifier/store.h"
#include "verifier/store/content.h"
#include "verifier/store/statement.h"

namespace credence::verifier {

// What authentic evidence is worth. The status of a submodule follows from its vector.
struct Appraised {
  struct Submodule {
    std::string name;
    rats::TrustVector vector;
    std::optional<Error> problem;  // why the vector is not affirming
    json::Object claims;           // annotated evidence
  };
  std::vector<Submodule> submodules;  // at least one
  Bytes ueid;                         // of the attester
  rats::CredenceClaims credence;
};

// Decoded evidence. Every check returns the reason of a refusal.
class Evidence {
 public:
  virtual ~Evidence() = default;

  // It is bound to this challenge and consistent in itself. No scheme may leave this out: else a recording of a good
  // day passes for ever.
  [[nodiscard]] virtual Result<void> check_challenge(const Challenge& challenge, const Policy& policy) = 0;
  // An endorsed key that is valid now signed it, and may sign evidence of this form under this policy.
  [[nodiscard]] virtual Result<void> authenticate(Endorsements& endorsements, const Policy& policy) = 0;
  // Whether what it says is approved, by values that are valid now; after authenticate().
  [[nodiscard]] virtual Appraised appraise(Endorsements& endorsements, const Policy& policy) const = 0;
  // Who vouches for it, after authenticate(): the deny list is asked about every part.
  [[nodiscard]] virtual AttesterIdentity identity() const = 0;
  // All of it, in the names and the shape of Veraison's claims: what its policies read, whichever submodule they are
  // asked about. An undefined name is no error in Rego, so a name that is missing here is a check that is silently not
  // made. After authenticate(), and only when a policy asks.
  [[nodiscard]] virtual Result<json::Object> claims() const = 0;
  // What it states, in CoRIM's terms, on whose authority: what conditional endorsements are matched with. After
  // authenticate(). Kinds that state nothing get none.
  [[nodiscard]] virtual std::vector<AcceptedClaim> stated() const { return {}; }
  // DER SPKI of the key that the evidence attests, for kinds that attest one.
  [[nodiscard]] virtual std::optional<ByteView> attested_key() const = 0;
};

class Scheme {
 public:
  virtual ~Scheme() = default;
  [[nodiscard]] virtual std::string_view name() const = 0;  // of the submodule in the result
  // Constants: the views live as long as the program.
  [[nodiscard]] virtual std::vector<std::string_view> media_types() const = 0;
  // Whether evidence of this type may be bound to a channel. Where it may not, a session's nonce is never taken for a
  // binder, and relying parties do not offer the type.
  [[nodiscard]] virtual bool is_for_channels(std::string_view) const { return false; }
  [[nodiscard]] virtual Result<std::unique_ptr<Evidence>> decode(std::string_view media_type,
                                                                 ByteView octets) const = 0;

  // The CoRIM profiles whose statements this scheme uses. No two schemes share one.
  [[nodiscard]] virtual std::vector<std::string_view> profiles() const = 0;
  // Whether reference values of this profile may stand in CoSWIDs, which know no more of a file than its digest. Where
  // a digest means something else, a file could be made whose digest is approved.
  [[nodiscard]] virtual bool takes_software_tags(std::string_view) const { return false; }
  // Whether endorsed-triples of this profile are something that only the scheme understands. Otherwise they are
  // endorsed of every attester that speaks of their environment (verifier/claims/endorse.h), as identity-triples are in
  // every profile, and read_comid() does not see them.
  [[nodiscard]] virtual bool takes_endorsed_values(std::string_view) const { return false; }
  // Whether evidence is verified with certificates (AttesterIdentity::path). Else no identity may be that of one: it
  // would never be compared with anything.
  [[nodiscard]] virtual bool has_certificates() const { return false; }
  // Adds every triple of the CoMID to `content`, under the key that it will be looked up by, or refuses the CoMID.
  [[nodiscard]] virtual Result<void> read_comid(const rats::Comid& comid, std::string_view profile,
                                                Content& content) const = 0;
  // What to ask a CoSERV service instead of a store: see questions_of(). Not for conditional endorsements.
  [[nodiscard]] virtual Result<std::vector<rats::CoservQuery>> questions(Topic topic, ByteView key) const = 0;
  // What evidence about this class needs beside what is stated of the class itself: for bundles, which are made before
  // there is any evidence. Of those by a layer or an index alone what names a vendor or a model is not needed: it is
  // looked up by these.
  [[nodiscard]] virtual std::vector<rats::CoservQuery> questions_beside(const rats::Class&) const { return {}; }
  // The object of all statements under one key. Errc::conflict when trust anchors contradict each other.
  [[nodiscard]] virtual Result<std::shared_ptr<const Endorsed>> join(Topic topic,
                                                                     std::span<const Statement> statements) const = 0;
};

// All schemes of this build, and the one for a media type or a CoRIM profile (null: none).
[[nodiscard]] std::span<const Scheme* const> schemes();
[[nodiscard]] const Scheme* find_scheme(std::string_view media_type);
[[nodiscard]] const Scheme* find_scheme_by_profile(std::string_view profile);
[[nodiscard]] std::vector<std::string_view> corim_profiles();

}  // namespace credence::verifier
