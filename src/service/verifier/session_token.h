// What a sealed session says: all that a verifier has to know of a session that nobody has used yet, or of a submission
// that another one has taken.
#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "base/strong.h"

namespace credence::service {

// Verifiers whose clocks differ by less agree on what may be forgotten: a mark outlives every verifier's idea of the
// session's life.
inline constexpr std::chrono::minutes kClockDifference{5};

struct SessionToken {
  Nonce nonce;
  bool own_nonce = false;
  Timestamp created{};
  Timestamp expiry{};
  // What was asked of the result, as it was asked (ResultRequest::asked): each verifier reads it by its own rules.
  std::vector<std::pair<std::string, std::string>> asked;
};

// A CBOR array. It is only read once it is authenticated, and strictly all the same.
[[nodiscard]] Bytes encode_session_token(const SessionToken& token);
[[nodiscard]] Result<SessionToken> decode_session_token(ByteView octets);

struct SubmissionToken {
  std::string corim;  // the id that the submission has once it is stored
  Timestamp created{};
  Timestamp expiry{};
};
[[nodiscard]] Bytes encode_submission_token(const SubmissionToken& token);
[[nodiscard]] Result<SubmissionToken> decode_submission_token(ByteView octets);

}  // namespace credence::service
