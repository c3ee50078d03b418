// The one table from reasons to TLS alerts (protocol.md 1.4). Stock OpenSSL sends only standard numbers; the reason in
// full goes to the log.
#pragma once

#include <cstdint>

#include "base/error.h"

namespace credence::channel {

// RFC 8446 section 6.
enum class Alert : std::uint8_t {
  handshake_failure = 40,
  bad_certificate = 42,
  certificate_expired = 45,
  illegal_parameter = 47,
  unknown_ca = 48,
  internal_error = 80,
  unsupported_extension = 110,
};

[[nodiscard]] constexpr Alert alert_of(Errc code) noexcept {
  switch (code) {
    case Errc::no_common_scheme:
      return Alert::handshake_failure;

    // The extension is malformed, or stands where or when it must not.
    case Errc::truncated:
    case Errc::trailing_bytes:
    case Errc::malformed:
    case Errc::not_deterministic:
    case Errc::duplicate_key:
    case Errc::too_deep:
    case Errc::unexpected_type:
    case Errc::missing_member:
    case Errc::invalid_value:
    case Errc::not_offered:
    case Errc::hello_changed:
    case Errc::misplaced:
      return Alert::illegal_parameter;
    case Errc::unsolicited:
      return Alert::unsupported_extension;

    case Errc::expired:
      return Alert::certificate_expired;
    case Errc::untrusted_chain:
      return Alert::unknown_ca;

    // This side failed, not the peer.
    case Errc::too_large:
    case Errc::crypto_failure:
    case Errc::usage:
    case Errc::configuration:
    case Errc::not_found:
    case Errc::conflict:
    case Errc::unauthorized:
    case Errc::not_acceptable:
    case Errc::busy:
    case Errc::device_missing:
    case Errc::device_locked:
    case Errc::device_failure:
    case Errc::io:
    case Errc::internal:
      return Alert::internal_error;

    // Evidence that is missing, bad or not affirmed, the wrong key or peer, and every verdict that did not come.
    default:
      return Alert::bad_certificate;
  }
}

// Inside the verify step a malformed structure is bad evidence, and OpenSSL can send neither 47 nor 110 from there.
[[nodiscard]] constexpr Alert alert_of_verification(Errc code) noexcept {
  const Alert alert = alert_of(code);
  return alert == Alert::illegal_parameter || alert == Alert::unsupported_extension ? Alert::bad_certificate : alert;
}

}  // namespace credence::channel
