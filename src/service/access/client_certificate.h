// Client certificates (mutual TLS): the listener has checked the chain, and here a name of the certificate is looked
// up. The listener goes by the system's clock, and once for a connection: while that is behind, a certificate makes
// nobody known, and whether it has expired is asked again with each request.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "service/access/config.h"
#include "service/access/method.h"

namespace credence::service::access {

class ClientCertificates final : public Method {
 public:
  ClientCertificates(std::vector<CertificateConfig> known, std::shared_ptr<const Clock> clock)
      : known_(std::move(known)), clock_(std::move(clock)) {}

  // Nothing for a certificate without a name that is configured: it is as good as none. The first row that fits counts.
  [[nodiscard]] Result<std::optional<Principal>> identify(const http::Request& request) const override;
  [[nodiscard]] std::string challenge() const override { return {}; }

 private:
  const std::vector<CertificateConfig> known_;
  const std::shared_ptr<const Clock> clock_;
};

}  // namespace credence::service::access
