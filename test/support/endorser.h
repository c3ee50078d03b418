// Who answers for CoRIMs: a key, its certificate, and signatures that a verifier takes which has the certificate for an
// anchor.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>

#include "base/clock.h"
#include "crypto/certificate.h"
#include "rats/corim/corim.h"
#include "support/certificate_files.h"

namespace credence::test {

class Endorser {
 public:
  explicit Endorser(Timestamp now = system_clock()->now())
      : certificate_(crypto::self_sign(key_, {.common_name = "endorser",
                                              .dns_names = {},
                                              .not_before = now - std::chrono::hours(1),
                                              .not_after = now + std::chrono::hours(1)})
                         .value()) {}

  [[nodiscard]] const crypto::Certificate& certificate() const noexcept { return certificate_; }
  // `validity` is the signature's.
  [[nodiscard]] Bytes sign(const rats::Corim& corim, const std::optional<rats::Validity>& validity = {}) const {
    const rats::CorimSigner signer{.name = "endorser", .uri = {}, .validity = validity};
    return rats::sign_corim(corim, signer, key_, {&certificate_, 1}).value();
  }
  [[nodiscard]] std::filesystem::path write_anchor(const TemporaryDirectory& directory) const {
    return write_file(directory.path() / "endorser.pem", certificate_.pem());
  }

 private:
  crypto::PrivateKey key_ = crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value();
  crypto::Certificate certificate_;
};

}  // namespace credence::test
