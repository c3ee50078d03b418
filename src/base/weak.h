// The seam of the attack tests: a build in which exactly one named check can be taken away.
//
// An attack test that is refused proves nothing unless the same attack succeeds once the check that should stop it is
// gone. test/attack links twins of the libraries, built from the same sources with CREDENCE_WEAK_CHECKS (cmake function
// credence_weak_twins). Everywhere else removed() is the constant false: the compiler leaves no trace of it, and no
// flag, file or variable can bring it back (docs/decisions/weak-checks.md).
#pragma once

#include <cstdint>

#ifdef CREDENCE_WEAK_CHECKS
#include <atomic>
#ifdef NDEBUG
#error "CREDENCE_WEAK_CHECKS is for debug builds of the attack tests only"
#endif
#endif

namespace credence::weak {

enum class Check : std::uint8_t {
  none,
  // --- evidence/binding ---
  binder_transcript,  // the binder covers the handshake (A1, A4)
  binder_key,         // the binder covers the TLS key
  // --- evidence/tpm/check ---
  kat_extra_data,  // the certify is bound to this challenge (splicing, replay)
  pat_extra_data,  // the quote is bound to this challenge (splicing, replay)
  kid_equality,    // one attestation key signed both
  certified_name,  // the certify speaks of the public area that is shown
  key_provenance,  // the TLS key was made in the root of trust and cannot leave it (A7)
  key_equality,    // the attested key is the TLS key
  qualified_signer_equality,
  reset_counters,
  quote_clock,
  quoted_pcr_values,
  signatures,
  // --- evidence/dice/chain ---
  dice_root,       // the chain ends at a root that was provisioned (A9)
  dice_path,       // every certificate that is shown is part of that chain (A9)
  dice_freshness,  // the chain was made for this nonce (A4)
  // --- evidence/psa, cca, parsec_cca, enacttrust ---
  token_challenge,        // a token was made for this challenge (A4)
  realm_key_attestation,  // the realm vouches for the key that is shown
  platform_binding,       // the platform vouches for the realm's key
  // --- evidence/sevsnp/check ---
  snp_root,          // the chain ends at a root that was provisioned (A9)
  snp_reported_tcb,  // the report speaks of the TCB that its key is for (A11)
  // --- verifier ---
  restricted,        // the attestation key signs nothing but the TPM's own statements
  endorsed_name,     // the endorsed public area hashes to the endorsed Name
  qualified_signer,  // the attestation key sits in the endorsed hierarchy
  purpose,           // channel and challenge keys are kept apart
  minimum_pcrs,
  snp_hazards,  // debug, VMPL, migration agent and SMT are refused unless they are endorsed (A10)
  reference_values,
  test_root,  // rot/software is refused (A20)
  policy_may_only_worsen,
  revoked,               // the deny list (A28)
  tag_version,           // an older CoMID does not come back (A22)
  endorsement_validity,  // what has expired does not count (A22)
  clock_set_back,        // nor by a clock that is behind what it had told (A22)
  // --- channel ---
  missing_evidence,  // no evidence is a refusal (A18)
  offered_scheme,    // the peer chose something that was offered
  hello_changed,     // the second ClientHello offers the same as the first
  misplaced,         // the extension stands only where it may
  reflection,        // the peer's key is not this side's own (A3)
  peer_pin,          // the appraised instance is the intended one (A2)
  resumption,        // attested connections never resume (A16)
  gate,              // no data before the verdict (A15)
  error_is_no_pass,  // what fails to be decided is refused (A19)
  result_signature,  // a result counts only under a pinned key
  result_nonce,      // a result is for this connection
  result_key,        // a result speaks of the peer's TLS key
  result_time,       // a result was issued now
  // --- client, edge ---
  coserv_signature,  // what a CoSERV service says counts only under a pinned key
  coserv_expiry,     // and until it expires (A22)
  // --- service ---
  issued_nonce,  // the verifier makes no nonce twice (A5)
};

#ifdef CREDENCE_WEAK_CHECKS

inline std::atomic<Check> removed_check{Check::none};

[[nodiscard]] inline bool removed(Check check) noexcept { return removed_check.load() == check; }

// Takes one check away for the life of the object.
class Removal {
 public:
  explicit Removal(Check check) noexcept { removed_check.store(check); }
  ~Removal() { removed_check.store(Check::none); }
  Removal(const Removal&) = delete;
  Removal& operator=(const Removal&) = delete;
};

#else

[[nodiscard]] constexpr bool removed(Check) noexcept { return false; }

#endif

}  // namespace credence::weak
