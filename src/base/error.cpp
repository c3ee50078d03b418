#include "base/error.h"

#include <array>
#include <format>
#include <utility>

namespace credence {
namespace {

constexpr std::array kNames = {
    "truncated",
    "trailing_bytes",
    "malformed",
    "not_deterministic",
    "duplicate_key",
    "too_deep",
    "too_large",
    "unexpected_type",
    "missing_member",
    "invalid_value",
    "unsupported",
    "bad_signature",
    "bad_key",
    "unsupported_algorithm",
    "untrusted_chain",
    "expired",
    "crypto_failure",
    "nonce_mismatch",
    "binder_mismatch",
    "key_mismatch",
    "external_key",
    "unrestricted_attestation_key",
    "kid_mismatch",
    "unknown_attester",
    "signer_mismatch",
    "reset_mismatch",
    "pcr_mismatch",
    "insufficient_pcrs",
    "no_reference_values",
    "wrong_purpose",
    "test_root_refused",
    "not_affirming",
    "no_common_scheme",
    "unsolicited",
    "not_offered",
    "hello_changed",
    "evidence_missing",
    "misplaced",
    "reflection",
    "wrong_peer",
    "resumed",
    "gate_closed",
    "untrusted_verifier",
    "stale",
    "usage",
    "configuration",
    "not_found",
    "conflict",
    "unauthorized",
    "not_acceptable",
    "busy",
    "timeout",
    "unavailable",
    "clock_set_back",
    "device_missing",
    "device_locked",
    "device_failure",
    "io",
    "internal",
};
static_assert(kNames.size() == std::to_underlying(Errc::internal) + 1U, "one name for each code");

}  // namespace

std::string_view name(Errc code) noexcept {
  const auto index = static_cast<std::size_t>(std::to_underlying(code));
  return index < kNames.size() ? kNames[index] : "unknown";
}

bool is_undecided(Errc code) noexcept {
  switch (code) {
    case Errc::busy:
    case Errc::timeout:
    case Errc::unavailable:
    case Errc::clock_set_back:
    case Errc::device_missing:
    case Errc::device_locked:
    case Errc::device_failure:
    case Errc::io:
      return true;
    default:
      return false;
  }
}

std::string Error::text() const {
  std::string line(name(code));
  if (offset) line += std::format(" at offset {}", *offset);
  if (!path.empty()) line += std::format(" in {}", path);
  if (!why.empty()) line += std::format(": {}", why);
  return line;
}

}  // namespace credence
