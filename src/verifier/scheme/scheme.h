// One kind of evidence, as the engine asks about it step by step. The steps are the engine's; what each means for this
// kind of evidence is the scheme's.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "base/strong.h"
#include "rats/ear/ear.h"
#include "verifier/appraiser.h"
#include "verifier/policy.h"
#include "verifier/store.h"

namespace credence::verifier {

// Decoded evidence. Every check returns the reason of a refusal.
class Evidence {
 public:
  virtual ~Evidence() = default;

  // It is bound to this challenge and consistent in itself.
  [[nodiscard]] virtual Result<void> check_challenge(const Challenge& challenge, const Policy& policy) = 0;
  [[nodiscard]] virtual const Kid& kid() const = 0;
  // The key may sign evidence of this form, under this policy.
  [[nodiscard]] virtual Result<void> check_purpose(const TrustAnchor& anchor, const Policy& policy) const = 0;
  [[nodiscard]] virtual Result<void> check_signatures(const TrustAnchor& anchor) const = 0;
  [[nodiscard]] virtual Result<void> check_signer(const TrustAnchor& anchor) const = 0;
  // What it says is approved, by values that are valid at `now`. `values` is null when nothing is known of the class.
  [[nodiscard]] virtual Result<void> compare(const ReferenceValues* values, const Policy& policy,
                                             Timestamp now) const = 0;

  // Facts for the result, once it is known who signed.
  virtual void describe(const TrustAnchor& anchor, rats::Submodule& submodule, rats::CredenceClaims& claims) const = 0;
  [[nodiscard]] virtual ByteView attested_key() const = 0;  // DER SPKI of the TLS key
};

class Scheme {
 public:
  virtual ~Scheme() = default;
  [[nodiscard]] virtual std::string_view name() const = 0;  // of the submodule in the result
  [[nodiscard]] virtual std::vector<std::string_view> media_types() const = 0;
  [[nodiscard]] virtual Result<std::unique_ptr<Evidence>> decode(std::string_view media_type,
                                                                 ByteView octets) const = 0;
};

// All schemes of this build, and the one for a media type (null: none).
[[nodiscard]] std::vector<const Scheme*> schemes();
[[nodiscard]] const Scheme* find_scheme(std::string_view media_type);

}  // namespace credence::verifier
