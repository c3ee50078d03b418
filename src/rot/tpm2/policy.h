// Keys bound to PCRs: PolicyPCR, then PolicyAuthValue (part 3, 23.7 and 23.17). Without userWithAuth such a key signs
// only in a session that shows both.
#pragma once

#include "evidence/tpm/structures.h"
#include "rot/tpm2/esys.h"

namespace credence::rot::tpm2 {

// The policy digest for the values that the PCRs have now.
[[nodiscard]] Result<Bytes> policy_digest(ESYS_CONTEXT* context, const evidence::tpm::PcrSelection& pcrs);

// A session that shows the PCRs' values of now; flushed at the end.
class PolicySession {
 public:
  [[nodiscard]] static Result<PolicySession> start(ESYS_CONTEXT* context, TPM2_SE type,
                                                   const evidence::tpm::PcrSelection& pcrs);
  PolicySession(PolicySession&& other) noexcept;
  PolicySession& operator=(PolicySession&&) = delete;
  ~PolicySession();
  [[nodiscard]] ESYS_TR get() const noexcept { return session_; }

 private:
  explicit PolicySession(ESYS_CONTEXT* context) noexcept : context_(context) {}
  ESYS_CONTEXT* context_;
  ESYS_TR session_ = ESYS_TR_NONE;
};

}  // namespace credence::rot::tpm2
