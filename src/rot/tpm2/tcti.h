// The transport to a TPM, chosen by a TCTI string: libtpms:FILE (a TPM inside this process; "libtpms" alone is one that
// goes with it), swtpm:host=..,port=.., device:/dev/tpmrm0.
#pragma once

#include <tss2/tss2_tcti.h>

#include <string>

#include "base/result.h"
#include "rot/tpm2/file_descriptor.h"

namespace credence::rot::tpm2 {

class Tcti {
 public:
  // libtpms is one TPM for a process: a second one is Errc::conflict. A state file that another process uses is
  // Errc::busy, one that is damaged or that others may read Errc::configuration.
  [[nodiscard]] static Result<Tcti> open(const std::string& tcti);
  // A transport of the caller's own making, which stays the caller's.
  [[nodiscard]] static Tcti borrow(TSS2_TCTI_CONTEXT* context) noexcept;

  Tcti(Tcti&& other) noexcept;
  Tcti& operator=(Tcti&&) = delete;
  ~Tcti();

  [[nodiscard]] TSS2_TCTI_CONTEXT* get() const noexcept { return context_; }
  // True when nobody else can use this TPM: what is loaded in it is ours, even when an earlier process left it there.
  [[nodiscard]] bool exclusive() const noexcept { return in_process_; }

 private:
  Tcti() = default;
  [[nodiscard]] Result<void> initialize(const std::string& tcti);
  [[nodiscard]] Result<std::string> prepare_libtpms(const std::string& tcti);

  TSS2_TCTI_CONTEXT* context_ = nullptr;
  bool owned_ = false;
  bool in_process_ = false;
  FileDescriptor lock_;    // of a libtpms state file
  FileDescriptor memory_;  // the state of a libtpms without a file
};

}  // namespace credence::rot::tpm2
