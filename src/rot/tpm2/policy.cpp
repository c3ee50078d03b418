#include "rot/tpm2/policy.h"

#include <utility>

#include "rot/tpm2/pcrs.h"
#include "rot/tpm2/response_code.h"

namespace credence::rot::tpm2 {

Result<PolicySession> PolicySession::start(ESYS_CONTEXT* context, TPM2_SE type,
                                           const evidence::tpm::PcrSelection& pcrs) {
  PolicySession started(context);
  constexpr TPMT_SYM_DEF kNoEncryption{.algorithm = TPM2_ALG_NULL, .keyBits = {}, .mode = {}};
  CHECK(check(Esys_StartAuthSession(context, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
                                    nullptr, type, &kNoEncryption, TPM2_ALG_SHA256, &started.session_),
              "TPM2_StartAuthSession"));
  // It stays open after the command, so that there is exactly one place that flushes it.
  CHECK(check(
      Esys_TRSess_SetAttributes(context, started.session_, TPMA_SESSION_CONTINUESESSION, TPMA_SESSION_CONTINUESESSION),
      "Esys_TRSess_SetAttributes"));
  const TPM2B_DIGEST values_of_now{};
  const TPML_PCR_SELECTION selection = to_tpm(pcrs);
  CHECK(check(
      Esys_PolicyPCR(context, started.session_, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &values_of_now, &selection),
      "TPM2_PolicyPCR"));
  CHECK(check(Esys_PolicyAuthValue(context, started.session_, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE),
              "TPM2_PolicyAuthValue"));
  return started;
}

Result<Bytes> policy_digest(ESYS_CONTEXT* context, const evidence::tpm::PcrSelection& pcrs) {
  TRY(const PolicySession trial, PolicySession::start(context, TPM2_SE_TRIAL, pcrs));
  TPM2B_DIGEST* digest = nullptr;
  CHECK(check(Esys_PolicyGetDigest(context, trial.get(), ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &digest),
              "TPM2_PolicyGetDigest"));
  return buffer_of(*EsysOwned<TPM2B_DIGEST>(digest));
}

PolicySession::PolicySession(PolicySession&& other) noexcept
    : context_(other.context_), session_(std::exchange(other.session_, ESYS_TR_NONE)) {}

PolicySession::~PolicySession() {
  if (session_ != ESYS_TR_NONE) Esys_FlushContext(context_, session_);
}

}  // namespace credence::rot::tpm2
