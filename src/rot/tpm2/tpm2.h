// The TPM 2.0 as a root of trust, over tpm2-tss. What a program uses; everything else in this folder is private to it.
//
//   TRY(const auto tpm, tpm2::Device::open({.tcti = "device:/dev/tpmrm0", .state_directory =
//   "/var/lib/credence/tpm"})); tpm->attest(facts, tpm->tls_key(), {std::string(evidence::kParsecTpm)}, done);
//
// The state directory (mode 0700) holds wrapped keys and authorization values: whoever reads it and may use the TPM is
// this endpoint (protocol.md 2.2).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/strong.h"
#include "crypto/hash.h"
#include "crypto/key.h"
#include "evidence/tpm/bundle.h"
#include "evidence/tpm/endorsement.h"
#include "evidence/tpm/structures.h"
#include "rot/attester.h"

struct TSS2_TCTI_OPAQUE_CONTEXT_BLOB;

namespace credence::rot::tpm2 {

// "sha256:0,1,2": a bank (sha1, sha256, sha384, sha512) and PCRs from 0 to 23.
[[nodiscard]] Result<evidence::tpm::PcrSelection> parse_pcr_selection(std::string_view text);
[[nodiscard]] std::string to_text(const evidence::tpm::PcrSelection& selection);

struct Options {
  std::string tcti = "libtpms";  // libtpms[:FILE], swtpm:host=HOST,port=PORT, device:/dev/tpmrm0
  std::filesystem::path state_directory;
  // What is quoted: PCRs of the bank that attestation_key signs over.
  evidence::tpm::PcrSelection pcrs{.hash = evidence::tpm::kAlgSha256, .pcrs = {0, 1, 2}};
  crypto::KeyType attestation_key = crypto::KeyType::ec_p256;  // or ec_p384, rsa (2048 bits)
  crypto::KeyType tls_key = crypto::KeyType::ec_p256;          // or ec_p384
  // A new TLS key works only while `pcrs` keep the values they have when it is made.
  bool pcr_bound = false;
  // Puts PCR values and the attestation key's public area into the evidence (member "ext").
  bool include_extension = true;
  std::size_t queue_length = 64;              // requests that wait; one more gets Errc::busy
  std::chrono::milliseconds timeout{10'000};  // for one request, its waiting included
  // Talks to the TPM over this transport instead of opening `tcti`; it must outlive the device and all its keys.
  TSS2_TCTI_OPAQUE_CONTEXT_BLOB* transport = nullptr;
};

// Who made the TPM, as it says itself: unsigned, so only a hint where there is no EK certificate.
struct Maker {
  std::string manufacturer;  // "IFX", "IBM"
  std::string vendor;        // "SLB9670", "SW TPM"
  std::string firmware;      // "1.2.3.4"
  bool software = false;     // libtpms, swtpm and simulators: they prove the plumbing, not the machine
};
// "software TPM (IBM SW TPM)", or "unknown TPM maker (IFX SLB9670)" when no EK certificate vouches for it.
[[nodiscard]] std::string to_text(const Maker& maker, bool has_endorsement_certificate);

// What an endorser states about this TPM (protocol.md 2.7 and 2.10).
struct Endorsement {
  std::vector<evidence::tpm::KeyFacts> attestation_keys;  // channel, challenge
  crypto::PublicKey endorsement_key;
  std::optional<Bytes> endorsement_certificate{};  // DER, when the TPM brings one
  Maker maker;
};

// Thread-safe. All commands run on one thread that belongs to the device; it lives until the last reference to the
// device or to one of its keys is gone.
class Device : public Attester {
 public:
  // Opens the TPM and makes its keys, or finds those of the state directory. May take seconds on a chip.
  // Errc::configuration when the directory can be read by others or belongs to another TPM, Errc::device_missing when
  // there is no TPM, Errc::busy when another process has it.
  [[nodiscard]] static Result<std::shared_ptr<Device>> open(Options options);

  // The TLS key of this name (letters, digits, '-'), made when there is none. tls_key() is the one named "tls".
  [[nodiscard]] virtual Result<std::shared_ptr<TlsKey>> named_tls_key(std::string_view name) = 0;
  // `done` as in attest(): once, on any thread.
  virtual void read_endorsement(Completion<Endorsement> done) = 0;
  virtual void read_pcrs(evidence::tpm::PcrSelection selection, Completion<evidence::tpm::PcrValues> done) = 0;
  // Extends a PCR in all of its banks that have this hash: for demonstrations and measuring programs.
  virtual void extend_pcr(std::uint8_t pcr, crypto::Digest measurement, Completion<void> done) = 0;
  [[nodiscard]] virtual const Maker& maker() const noexcept = 0;

  using Attester::tls_key;
};

}  // namespace credence::rot::tpm2
