// The challenge-response session as a verifier reports it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace credence::client {

inline constexpr std::string_view kSessionMediaType = "application/vnd.veraison.challenge-response-session+json";

enum class SessionStatus : std::uint8_t { waiting, processing, complete, failed };

struct SessionReport {
  SessionStatus status = SessionStatus::waiting;
  Bytes nonce;
  std::optional<std::string> result;  // EAR, signed; there when complete
};

// Every dialect of base64 is read. A complete session without a result is refused.
[[nodiscard]] Result<SessionReport> parse_session(std::string_view json);

}  // namespace credence::client
