// Roots of trust that this side can attest with.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

#include "credence/result.h"

namespace credence {

namespace rot {
class Attester;  // opaque here
}
// Shared by any number of SSL_CTX; thread-safe; the device is closed with the last reference.
using Attester = std::shared_ptr<rot::Attester>;

struct TpmOptions {
  std::string tcti = "device:/dev/tpmrm0";  // or swtpm:host=HOST,port=PORT, libtpms:FILE
  // Wrapped keys and their authorization values, mode 0700. Whoever reads it and may use the TPM is this endpoint.
  std::filesystem::path state_directory;
  std::string pcrs = "sha256:0,1,2";  // what is quoted
  // A TLS key that works only while these PCRs keep their values.
  bool pcr_bound = false;
  std::chrono::milliseconds timeout{10'000};  // for one request to the TPM
};

// Opens the TPM and makes its keys, or finds those of the state directory. A chip may take seconds.
// Errc::device_missing, device_locked (with what to do), configuration (state directory), busy (in use).
[[nodiscard]] Result<Attester> open_tpm(const TpmOptions& options);

// Software keys under a published test root. Proves nothing: relying parties refuse it unless they were told
// allow_insecure_test_root, and every result names it. Tests and benchmarks only.
[[nodiscard]] Result<Attester> open_insecure_software_root();

}  // namespace credence
