// Client certificates (mutual TLS): the listener has checked the chain, and here a name of the certificate is looked
// up.
#pragma once

#include <utility>
#include <vector>

#include "service/access/config.h"
#include "service/access/method.h"

namespace credence::service::access {

class ClientCertificates final : public Method {
 public:
  explicit ClientCertificates(std::vector<CertificateConfig> known) : known_(std::move(known)) {}

  // Nothing for a certificate without a name that is configured: it is as good as none. The first row that fits counts.
  [[nodiscard]] Result<std::optional<Principal>> identify(const http::Request& request) const override;
  [[nodiscard]] std::string challenge() const override { return {}; }

 private:
  const std::vector<CertificateConfig> known_;
};

}  // namespace credence::service::access
