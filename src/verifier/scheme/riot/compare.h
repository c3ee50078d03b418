// The firmware that a chain measures against what is endorsed.
#pragma once

#include <optional>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "evidence/dice/chain.h"
#include "verifier/scheme/riot/endorsed.h"
#include "verifier/trace.h"

namespace credence::verifier::riot {

// Of the FWIDs that can be compared.
[[nodiscard]] std::optional<crypto::HashAlgorithm> hash_of(const evidence::dice::FirmwareId& fwid);
// What a TcbInfo says of its layer. A CompositeDeviceID names neither maker nor model: it goes by those of its roots.
[[nodiscard]] rats::Class layer_of(const evidence::dice::Measurement& measurement);

// Every FWID of every certificate is approved, now, and there is one. Errc::not_affirming, expired.
[[nodiscard]] Result<void> compare(const evidence::dice::Chain& chain, const ApprovedFirmware& approved, Timestamp now,
                                   std::string_view submodule, Trace& trace);

// No layer says of itself that it is open. Errc::not_affirming.
[[nodiscard]] Result<void> check_flags(const evidence::dice::Chain& chain);

}  // namespace credence::verifier::riot
