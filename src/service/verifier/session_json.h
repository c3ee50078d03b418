// A session as Veraison spells it (application/vnd.veraison.challenge-response-session+json).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "service/verifier/session.h"

namespace credence::service {

inline constexpr std::string_view kSessionMediaType = "application/vnd.veraison.challenge-response-session+json";

// Of a result that is no JWT, beside it as "result-type": the octets are in base64url then.
inline constexpr std::string_view kCwtMediaType = R"(application/eat+cwt; eat_profile="tag:ietf.org,2026:rats/ear#03")";

// How the nonce is written. Veraison's server changed from the standard alphabet to the URL-safe one in 2026 and the
// published clients did not; all dialects are read.
enum class NonceDialect : std::uint8_t { url, url_padded, standard };
void append_nonce(std::string& to, ByteView nonce, NonceDialect dialect);

// `accept`: the media types of evidence that the verifier appraises, as a JSON array.
[[nodiscard]] std::string session_to_json(const Session& session, std::string_view accept, NonceDialect dialect);

}  // namespace credence::service
