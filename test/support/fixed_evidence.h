// An EvidenceMaker with constant keys, so that seeds of a corpus stay good from one run to the next.
#pragma once

#include <string_view>

#include "support/evidence_maker.h"

namespace credence::test {

inline constexpr std::string_view kFixedAttestationKey = R"(-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgelpBGLW6fXnpTb9x
VwpYK7Wt4CMVmIsAOczM1efLIpShRANCAAT8Eji1ai/Cmqd36XNBA+ChUku60kiU
8TtaeuY3Xpa6NAxwp0q6GxJ+IQr7funV8NGoKSbOLhnVOyLPHuw3wKgs
-----END PRIVATE KEY-----
)";
inline constexpr std::string_view kFixedTlsKey = R"(-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgzfjMvTK8NP7q9jY3
osY9bpnj0W2KFrpWWrp8WQKYszihRANCAAS5ds9t5VsMMaNSAMmGyjPeUcN2ZifE
qtJ2p+1wZ1pmOvLnELwSsHgZbTqojJ3jU0HxK6oTjvmmioi5B917JKCp
-----END PRIVATE KEY-----
)";

inline EvidenceMaker fixed_evidence() {
  EvidenceMaker maker;
  maker.attestation_key = crypto::PrivateKey::from_pem(as_bytes(kFixedAttestationKey)).value();
  maker.tls_key = crypto::PrivateKey::from_pem(as_bytes(kFixedTlsKey)).value();
  return maker;
}

}  // namespace credence::test
