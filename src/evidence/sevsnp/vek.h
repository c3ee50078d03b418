// The certificate of the key that signs reports: VCEK (one chip, one TCB) or VLEK (one cloud provider, one TCB), with
// AMD's extensions (AMD 57230 "VCEK certificate and KDS interface", section 3.1).
#pragma once

#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/certificate.h"
#include "evidence/sevsnp/report.h"
#include "evidence/sevsnp/tcb.h"

namespace credence::evidence::sevsnp {

struct Vek {
  crypto::Certificate certificate;
  SigningKey kind{};
  Product product{};
  Tcb tcb;                            // that the key was derived for
  std::optional<Bytes> hardware_id;   // VCEK: CHIP_ID without the zeros after it, 8 to 64 octets
  std::optional<std::string> csp_id;  // VLEK

  // The names under which its root is provisioned: "Advanced Micro Devices" and "ARK-Milan".
  std::string root_organization;
  std::string root_name;
};

// What the certificate says; nothing is verified. Errc::missing_member for one without AMD's extensions or without an
// organization that issued it, Errc::invalid_value where names and extensions contradict each other.
[[nodiscard]] Result<Vek> read_vek(const crypto::Certificate& certificate);

}  // namespace credence::evidence::sevsnp
