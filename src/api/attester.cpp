#include "credence/attester.h"

#include "rot/software/attester.h"
#include "rot/tpm2/tpm2.h"

namespace credence {

Result<Attester> open_tpm(const TpmOptions& options) {
  rot::tpm2::Options made;
  made.tcti = options.tcti;
  made.state_directory = options.state_directory;
  TRY(made.pcrs, rot::tpm2::parse_pcr_selection(options.pcrs));
  made.pcr_bound = options.pcr_bound;
  made.timeout = options.timeout;
  return rot::tpm2::Device::open(std::move(made));
}

Result<Attester> open_insecure_software_root() {
  rot::software::Options options;
  options.allow_insecure_test_root = true;
  return rot::software::SoftwareAttester::open(std::move(options));
}

}  // namespace credence
