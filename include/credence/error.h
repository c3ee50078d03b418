// The one error type of Credence: what kind, where in the input, and why in words.
//
// TLS alerts are derived from the code in channel/alert.h, HTTP statuses in service/http/status.h, exit statuses in
// cli/exit_status.h: one table each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace credence {

enum class Errc : std::uint8_t {
  // --- decoding ---
  truncated,          // the input ends inside an item
  trailing_bytes,     // something follows a complete item
  malformed,          // the octets are no item of the format
  not_deterministic,  // well formed, but not in the one form that is allowed here
  duplicate_key,
  too_deep,
  too_large,
  unexpected_type,
  missing_member,
  invalid_value,
  unsupported,  // well formed and meaningful, but not implemented or not allowed here
  // --- cryptography ---
  bad_signature,
  bad_key,
  unsupported_algorithm,
  untrusted_chain,
  expired,
  crypto_failure,  // the library refused to do what should always work
  // --- evidence and its appraisal ---
  nonce_mismatch,   // evidence was made for another challenge: the mark of a replay
  binder_mismatch,  // evidence was made for another connection or another TLS key
  key_mismatch,     // the attested key is not the key of the channel
  external_key,     // the attested key was not made in, or may leave, the root of trust
  unrestricted_attestation_key,
  kid_mismatch,
  unknown_attester,  // no endorsement names this kid
  signer_mismatch,   // Name or Qualified Name differ from the endorsed ones
  reset_mismatch,    // kat and pat stem from different boots of the TPM
  pcr_mismatch,
  insufficient_pcrs,  // the quote leaves out PCRs that the policy demands
  no_reference_values,
  wrong_purpose,  // a challenge key or evidence where a channel one is demanded, or the reverse
  test_root_refused,
  not_affirming,
  // --- channel ---
  no_common_scheme,
  unsolicited,    // an extension or answer that nobody asked for
  not_offered,    // the peer chose what was not offered
  hello_changed,  // the second ClientHello offers something else than the first
  evidence_missing,
  misplaced,    // the extension where it must not be
  reflection,   // the peer presents this side's own key
  wrong_peer,   // another instance, name or class than the pinned one
  resumed,      // resumption or early data on a connection that must be attested
  gate_closed,  // application data before the verdict, or after a refusal
  // --- results ---
  untrusted_verifier,
  stale,  // issued outside the accepted window
  // --- services, devices, the world ---
  usage,
  configuration,
  not_found,
  conflict,
  unauthorized,
  not_acceptable,
  busy,  // a bounded queue is full
  timeout,
  unavailable,     // a verifier or service cannot be reached or cannot decide now
  clock_set_back,  // the clock here is behind what it had told: what had expired would count again
  device_missing,
  device_locked,  // TPM dictionary-attack lockout
  device_failure,
  io,
  internal,
};

// The name of the code as it is written above: stable, for logs and --json.
[[nodiscard]] std::string_view name(Errc code) noexcept;

// True when nothing was decided about the peer: unreachable verifier, missing device, full queue, timeout.
// Such an error is never a pass; it only tells the operator that trying again may help.
[[nodiscard]] bool is_undecided(Errc code) noexcept;

struct Error {
  Errc code = Errc::internal;
  std::string why;                      // expected, got, what to do
  std::optional<std::size_t> offset{};  // octets from the start of the decoded input
  std::string path{};                   // member path inside a structure ("kat.certInfo"), file or URL

  // One line: "truncated at offset 12 in kat.sig: expected 32 octets, got 4".
  [[nodiscard]] std::string text() const;
};

}  // namespace credence
