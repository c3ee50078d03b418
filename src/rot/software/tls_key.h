// A TLS key of the software root. Its public area claims what a TPM would enforce.
#pragma once

#include "rot/attester.h"

namespace credence::rot::software {

class SoftwareTlsKey final : public TlsKey {
 public:
  // P-256 signs over SHA-256, P-384 over SHA-384, as the scheme in the public area says.
  [[nodiscard]] static Result<std::shared_ptr<SoftwareTlsKey>> create(crypto::PrivateKey key);

  [[nodiscard]] const crypto::PublicKey& public_key() const noexcept override { return key_.public_key(); }
  [[nodiscard]] bool can_sign(crypto::HashAlgorithm hash) const noexcept override { return hash == hash_; }
  void sign(const crypto::Digest& digest, Completion<Bytes> done) override;

  [[nodiscard]] const Bytes& public_area() const noexcept { return public_area_; }    // TPMT_PUBLIC
  [[nodiscard]] const Bytes& certify_info() const noexcept { return certify_info_; }  // TPMS_CERTIFY_INFO

 private:
  SoftwareTlsKey(crypto::PrivateKey key, crypto::HashAlgorithm hash, Bytes public_area, Bytes certify_info)
      : key_(std::move(key)),
        hash_(hash),
        public_area_(std::move(public_area)),
        certify_info_(std::move(certify_info)) {}
  [[nodiscard]] Result<Bytes> sign(const crypto::Digest& digest) const;

  crypto::PrivateKey key_;
  crypto::HashAlgorithm hash_;
  Bytes public_area_;
  Bytes certify_info_;
};

}  // namespace credence::rot::software
