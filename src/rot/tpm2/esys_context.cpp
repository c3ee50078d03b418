#include "rot/tpm2/esys_context.h"

#include <utility>

#include "rot/tpm2/capabilities.h"
#include "rot/tpm2/crypto_callbacks.h"
#include "rot/tpm2/response_code.h"

namespace credence::rot::tpm2 {

Result<EsysContext> EsysContext::open(Tcti tcti) {
  EsysContext opened(std::move(tcti));
  CHECK(check(Esys_Initialize(&opened.context_, opened.tcti_.get(), nullptr), "Esys_Initialize"));
  CHECK(set_crypto_callbacks(opened.context_));
  CHECK(opened.start());
  if (opened.tcti_.exclusive()) CHECK(opened.flush_leftovers());
  return opened;
}

Result<void> EsysContext::start() {
  TPM2B_DIGEST* random = nullptr;
  const TSS2_RC probe = Esys_GetRandom(context_, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, 1, &random);
  const EsysOwned<TPM2B_DIGEST> owner(random);
  if (tpm_code(probe) != TPM2_RC_INITIALIZE) return check(probe, "TPM2_GetRandom");
  return check(Esys_Startup(context_, TPM2_SU_CLEAR), "TPM2_Startup");
}

// The state file of libtpms keeps what was loaded, so a process that was killed leaves the slots full for good.
Result<void> EsysContext::flush_leftovers() {
  TRY(const std::vector<TPM2_HANDLE> handles, transient_handles(context_));
  for (const TPM2_HANDLE handle : handles) {
    ESYS_TR object = ESYS_TR_NONE;
    CHECK(check(Esys_TR_FromTPMPublic(context_, handle, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &object),
                "TPM2_ReadPublic"));
    CHECK(check(Esys_FlushContext(context_, object), "TPM2_FlushContext"));
  }
  return {};
}

EsysContext::EsysContext(EsysContext&& other) noexcept
    : tcti_(std::move(other.tcti_)), context_(std::exchange(other.context_, nullptr)) {}

EsysContext::~EsysContext() {
  if (context_ != nullptr) Esys_Finalize(&context_);
}

}  // namespace credence::rot::tpm2
