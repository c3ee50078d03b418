// Exit statuses, which scripts rely on, and the one table that derives them from errors.
#pragma once

#include <cstdint>

#include "base/error.h"

namespace credence::cli {

enum class ExitStatus : std::uint8_t {
  done = 0,       // affirming, or the work is done
  refused = 1,    // not affirming, or the input was refused
  usage = 2,      // the command line or a file it names is wrong
  undecided = 3,  // nothing could be decided: verifier or device unreachable
};

[[nodiscard]] constexpr ExitStatus exit_status_of(Errc code) noexcept {
  switch (code) {
    case Errc::usage:
    case Errc::configuration:
    case Errc::not_found:
      return ExitStatus::usage;
    case Errc::busy:
    case Errc::timeout:
    case Errc::unavailable:
    case Errc::clock_set_back:
    case Errc::device_missing:
    case Errc::device_locked:
    case Errc::device_failure:
    case Errc::io:
    case Errc::internal:
      return ExitStatus::undecided;
    default:
      return ExitStatus::refused;
  }
}

}  // namespace credence::cli
