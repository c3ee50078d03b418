#include "rot/tpm2/response_code.h"

#include <tss2/tss2_rc.h>
#include <tss2/tss2_tpm2_types.h>

#include <algorithm>
#include <format>
#include <string>

namespace credence::rot::tpm2 {
namespace {

struct Meaning {
  TSS2_RC code;
  Errc errc;
  std::string_view what_to_do;
};

constexpr Meaning kTpmCodes[] = {
    {TPM2_RC_LOCKOUT, Errc::device_locked,
     "the TPM is locked out after wrong authorization values: wait for its recovery time, or clear it as its owner "
     "(tpm2_dictionarylockout --clear-lockout)"},
    {TPM2_RC_AUTH_FAIL, Errc::unauthorized, "the authorization value is wrong: use the state directory of this key"},
    {TPM2_RC_BAD_AUTH, Errc::unauthorized,
     "the authorization value is wrong: keys need the state directory they were made with, hierarchies an empty value"},
    {TPM2_RC_POLICY_FAIL, Errc::pcr_mismatch,
     "the key is bound to PCR values that this machine no longer has: boot the measured state again, or make a new "
     "key"},
    {TPM2_RC_INITIALIZE, Errc::device_failure, "the TPM was reset and not started: send TPM2_Startup"},
    {TPM2_RC_FAILURE, Errc::device_failure, "the TPM is in failure mode: restart the machine"},
};

constexpr std::string_view kGone = "the TPM cannot be reached: check that it is there and that this user may open it";

std::string text_of(TSS2_RC code, std::string_view command, std::string_view what_to_do) {
  const std::string decoded = Tss2_RC_Decode(code);
  if (what_to_do.empty()) return std::format("{} failed: {} (0x{:x})", command, decoded, code);
  return std::format("{} failed: {} (0x{:x}): {}", command, decoded, code, what_to_do);
}

bool is_lost_connection(TSS2_RC code) noexcept {
  if ((code & TSS2_RC_LAYER_MASK) != TSS2_TCTI_RC_LAYER) return false;
  const TSS2_RC base = code & ~TSS2_RC_LAYER_MASK;
  return base == TSS2_BASE_RC_IO_ERROR || base == TSS2_BASE_RC_NO_CONNECTION || base == TSS2_BASE_RC_NOT_PERMITTED;
}

}  // namespace

TSS2_RC tpm_code(TSS2_RC code) noexcept {
  const TSS2_RC layer = code & TSS2_RC_LAYER_MASK;
  if (layer != TSS2_TPM_RC_LAYER && layer != TSS2_RESMGR_TPM_RC_LAYER) return 0;
  const TSS2_RC base = code & ~TSS2_RC_LAYER_MASK;
  // TPM 2.0 part 2, 6.6.3: format one carries the error in bits 0 to 5; bit 6 and up say which argument is meant.
  constexpr TSS2_RC kFormatOneError = 0x3f;
  return (base & TPM2_RC_FMT1) != 0 ? base & (TPM2_RC_FMT1 | kFormatOneError) : base;
}

bool is_out_of_slots(TSS2_RC code) noexcept { return tpm_code(code) == TPM2_RC_OBJECT_MEMORY; }

bool is_reset(TSS2_RC code) noexcept {
  const TSS2_RC base = tpm_code(code);
  return base == TPM2_RC_INITIALIZE || base == TPM2_RC_HANDLE ||
         (base >= TPM2_RC_REFERENCE_H0 && base <= TPM2_RC_REFERENCE_H0 + 6);
}

Result<void> check(TSS2_RC code, std::string_view command) {
  if (code == TSS2_RC_SUCCESS) return {};
  if (is_lost_connection(code)) return fail(Errc::device_missing, text_of(code, command, kGone));
  const auto* known = std::ranges::find(kTpmCodes, tpm_code(code), &Meaning::code);
  if (known != std::end(kTpmCodes)) return fail(known->errc, text_of(code, command, known->what_to_do));
  return fail(Errc::device_failure, text_of(code, command, ""));
}

}  // namespace credence::rot::tpm2
