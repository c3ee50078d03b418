// The security lifecycle of a root of trust (RFC 9783 section 4.3.1; the same ranges in CCA platform tokens).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace credence::evidence::psa {

enum class Lifecycle : std::uint8_t {
  unknown,                // 0x0000 to 0x00ff
  assembly_and_test,      // 0x10..
  rot_provisioning,       // 0x20..
  secured,                // 0x30..
  non_rot_debug,          // 0x40..: everything but the root of trust can be debugged
  recoverable_rot_debug,  // 0x50..: the root of trust can be debugged
  decommissioned,         // 0x60..
};

// Empty for values that have no meaning. The low octet is the implementation's own.
[[nodiscard]] std::optional<Lifecycle> lifecycle_of(std::uint64_t value) noexcept;
[[nodiscard]] std::string_view name(Lifecycle lifecycle) noexcept;

}  // namespace credence::evidence::psa
