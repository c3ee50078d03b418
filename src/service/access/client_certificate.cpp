#include "service/access/client_certificate.h"

#include <algorithm>
#include <format>

namespace credence::service::access {

Result<std::optional<Principal>> ClientCertificates::identify(const http::Request& request) const {
  for (const CertificateConfig& known : known_) {
    if (!std::ranges::contains(request.certificate_names, known.name)) continue;
    TRY(const Timestamp now, clock_->checked_now());
    if (now > request.certificate_end)
      return fail(Errc::unauthorized,
                  std::format("the client certificate, or one above it, expired at {}: connect anew "
                              "with one that is good",
                              to_rfc3339(request.certificate_end)));
    return known.principal;
  }
  return std::nullopt;
}

}  // namespace credence::service::access
