#include "evidence/psa/lifecycle.h"

namespace credence::evidence::psa {

std::optional<Lifecycle> lifecycle_of(std::uint64_t value) noexcept {
  switch (value >> 8) {
    case 0x00:
      return Lifecycle::unknown;
    case 0x10:
      return Lifecycle::assembly_and_test;
    case 0x20:
      return Lifecycle::rot_provisioning;
    case 0x30:
      return Lifecycle::secured;
    case 0x40:
      return Lifecycle::non_rot_debug;
    case 0x50:
      return Lifecycle::recoverable_rot_debug;
    case 0x60:
      return Lifecycle::decommissioned;
    default:
      return std::nullopt;
  }
}

std::string_view name(Lifecycle lifecycle) noexcept {
  switch (lifecycle) {
    case Lifecycle::unknown:
      return "unknown";
    case Lifecycle::assembly_and_test:
      return "assembly and test";
    case Lifecycle::rot_provisioning:
      return "provisioning of the root of trust";
    case Lifecycle::secured:
      return "secured";
    case Lifecycle::non_rot_debug:
      return "debug outside the root of trust";
    case Lifecycle::recoverable_rot_debug:
      return "debug of the root of trust";
    case Lifecycle::decommissioned:
      return "decommissioned";
  }
  return "unknown";
}

}  // namespace credence::evidence::psa
