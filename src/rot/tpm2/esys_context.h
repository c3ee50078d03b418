// A started TPM: transport, ESYS context and our callbacks. Not thread-safe: one thread at a time talks to a TPM.
#pragma once

#include "base/result.h"
#include "rot/tpm2/esys.h"
#include "rot/tpm2/tcti.h"

namespace credence::rot::tpm2 {

class EsysContext {
 public:
  // Starts the TPM when nobody has: software TPMs have no firmware that would.
  [[nodiscard]] static Result<EsysContext> open(Tcti tcti);

  EsysContext(EsysContext&& other) noexcept;
  EsysContext& operator=(EsysContext&&) = delete;
  ~EsysContext();

  [[nodiscard]] ESYS_CONTEXT* get() const noexcept { return context_; }

 private:
  explicit EsysContext(Tcti tcti) noexcept : tcti_(std::move(tcti)) {}
  [[nodiscard]] Result<void> start();
  [[nodiscard]] Result<void> flush_leftovers();

  Tcti tcti_;
  ESYS_CONTEXT* context_ = nullptr;
};

}  // namespace credence::rot::tpm2
