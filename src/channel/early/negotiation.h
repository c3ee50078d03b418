// Which scheme is used, and by whose choice (protocol.md section 3).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "channel/early/scheme.h"

namespace credence::channel::early {

[[nodiscard]] std::vector<Scheme> evidence_schemes(std::span<const std::string> media_types);

// The first of `offered` that `able` contains: the order of the side that offers is its preference.
[[nodiscard]] std::optional<Scheme> choose(std::span<const Scheme> offered, std::span<const Scheme> able);

// Errc::not_offered when `chosen` is none of `offered`.
[[nodiscard]] Result<void> check_offered(const Scheme& chosen, std::span<const Scheme> offered);

// The record inside a Certificate's extension, when it is of the chosen scheme.
[[nodiscard]] Result<rats::CmwRecord> open_cmw(ByteView cmw, const Scheme& chosen);

}  // namespace credence::channel::early
