// A root of trust in plain memory, for tests and benchmarks: the evidence of a TPM without a TPM.
//
// It proves nothing. Every verifier refuses it unless allow_insecure_test_root is set, and every result then says so
// (protocol.md 2.7). What it keeps from the real thing: it takes facts and not octets to quote, and it has separate
// attestation keys for channels and challenges.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "base/clock.h"
#include "base/result.h"
#include "crypto/key.h"
#include "evidence/tpm/bundle.h"
#include "evidence/tpm/structures.h"
#include "rot/attester.h"
#include "rot/software/attestation_key.h"
#include "rot/software/tls_key.h"

namespace credence::rot::software {

struct Options {
  bool allow_insecure_test_root = false;
  crypto::KeyType tls_key_type = crypto::KeyType::ec_p256;  // or ec_p384
  // A TLS key from outside, whose public area then lies about its origin: the leaked key of the attack tests.
  std::optional<crypto::PrivateKey> tls_key{};
  // SHA-256 PCR 0, 1, 2 with all bits zero when empty.
  evidence::tpm::PcrValues pcrs{};
  // The TPM's clock counts its milliseconds since open(); without one it stands at zero.
  std::shared_ptr<const Clock> clock{};
  std::uint32_t reset_count = 1;
  std::uint32_t restart_count = 0;
};

class SoftwareAttester final : public Attester {
 public:
  // Errc::test_root_refused unless the options allow it by name.
  [[nodiscard]] static Result<std::shared_ptr<SoftwareAttester>> open(Options options);

  [[nodiscard]] std::vector<std::string> media_types() const override;
  [[nodiscard]] bool can_bind(crypto::HashAlgorithm hash) const noexcept override;
  [[nodiscard]] std::shared_ptr<TlsKey> tls_key() const override { return tls_key_; }
  // Decides before it returns.
  void attest(const Facts& facts, const std::shared_ptr<TlsKey>& key, std::vector<std::string> accept,
              Completion<Evidence> done) override;

  // What an endorser states of them.
  [[nodiscard]] const AttestationKey& channel_key() const noexcept { return channel_key_; }
  [[nodiscard]] const AttestationKey& challenge_key() const noexcept { return challenge_key_; }
  [[nodiscard]] const evidence::tpm::PcrValues& pcrs() const noexcept { return options_.pcrs; }

 private:
  SoftwareAttester(Options options, std::shared_ptr<SoftwareTlsKey> tls_key, AttestationKey channel_key,
                   AttestationKey challenge_key, Bytes quote_info);
  [[nodiscard]] Result<Evidence> attest(const Facts& facts, const std::shared_ptr<TlsKey>& key,
                                        const std::vector<std::string>& accept) const;
  [[nodiscard]] Result<Bytes> certify_and_quote(const AttestationKey& key, ByteView extra_data) const;
  [[nodiscard]] evidence::tpm::ClockInfo clock_info() const;

  Options options_;
  std::shared_ptr<SoftwareTlsKey> tls_key_;
  AttestationKey channel_key_;
  AttestationKey challenge_key_;
  Bytes quote_info_;  // TPMS_QUOTE_INFO, the same for every quote
  Timestamp opened_;
};

}  // namespace credence::rot::software
