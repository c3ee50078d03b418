#include "service/access/client_certificate.h"

#include <algorithm>

namespace credence::service::access {

Result<std::optional<Principal>> ClientCertificates::identify(const http::Request& request) const {
  for (const CertificateConfig& known : known_)
    if (std::ranges::contains(request.certificate_names, known.name)) return known.principal;
  return std::nullopt;
}

}  // namespace credence::service::access
