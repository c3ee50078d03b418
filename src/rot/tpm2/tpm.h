// One TPM with our keys: everything that the device's thread does, step by step. Not thread-safe.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "rot/tpm2/capabilities.h"
#include "rot/tpm2/esys_context.h"
#include "rot/tpm2/key_slots.h"
#include "rot/tpm2/state_directory.h"
#include "rot/tpm2/tpm2.h"

namespace credence::rot::tpm2 {

class Tpm {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Tpm>> open(const Options& options);
  Tpm(const Tpm&) = delete;
  Tpm& operator=(const Tpm&) = delete;
  ~Tpm();

  [[nodiscard]] const Capabilities& capabilities() const noexcept { return capabilities_; }

  // Keys live as long as the Tpm.
  [[nodiscard]] Result<Key*> tls_key(const std::string& name);
  [[nodiscard]] Result<Bytes> sign(Key& key, const crypto::Digest& digest);
  // The bundle of kat, pat and ext, both quotes over `extra_data` (protocol.md 2.5).
  [[nodiscard]] Result<Bytes> attest(evidence::tpm::Purpose purpose, Key& tls_key, ByteView extra_data);
  [[nodiscard]] Result<Endorsement> endorsement();
  [[nodiscard]] Result<evidence::tpm::PcrValues> pcrs(const evidence::tpm::PcrSelection& selection);
  [[nodiscard]] Result<void> extend_pcr(std::uint8_t pcr, const crypto::Digest& measurement);

 private:
  struct AttestationKey {
    std::unique_ptr<Key> key;
    Kid kid;
    crypto::HashAlgorithm hash{};  // of its signatures, and of the digest in its quotes
  };
  Tpm(const Options& options, EsysContext esys, Capabilities capabilities, StateDirectory state);
  [[nodiscard]] Result<void> check_options() const;
  [[nodiscard]] Result<AttestationKey> attestation_key(const std::string& name);
  // Reads the key from the state directory, or makes it with `make_template` and keeps it there.
  template <typename MakeTemplate>
  [[nodiscard]] Result<std::unique_ptr<Key>> find_or_make(const std::string& name, Hierarchy hierarchy,
                                                          crypto::KeyType type, MakeTemplate make_template);
  [[nodiscard]] Result<bool> update_pcr_values(ByteView quote, crypto::HashAlgorithm hash);
  [[nodiscard]] Result<evidence::tpm::KeyFacts> facts_of(evidence::tpm::Purpose purpose, AttestationKey& from);
  AttestationKey& attestation_key(evidence::tpm::Purpose purpose) noexcept;

  Options options_;
  EsysContext esys_;
  Capabilities capabilities_;
  StateDirectory state_;
  KeySlots slots_;
  AttestationKey channel_key_;
  AttestationKey challenge_key_;
  std::map<std::string, std::unique_ptr<Key>> tls_keys_;
  evidence::tpm::PcrValues pcr_values_;  // as of the last quote
};

}  // namespace credence::rot::tpm2
