// What a client may ask of the result when it opens a session: who shall read it, how long it holds, in which form.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "rats/ear/ear.h"
#include "service/http/target.h"

namespace credence::service {

struct ResultRequest {
  std::optional<std::string>
      audience{};  // aud, as the client gives it: perhaps a salted hash, so that nobody learns it
  std::optional<Seconds> lifetime{};
  bool reduced = false;
  bool trace = false;                                        // credence.trace: what was compared
  bool raw_evidence = false;                                 // the evidence itself, inside the result
  std::vector<std::pair<std::string, std::string>> asked{};  // the parameters that said so, as they were given
  rats::EarSpelling spelling = rats::EarSpelling::veraison;
  bool as_cwt = false;  // the draft's spelling only: Veraison's has no CBOR form
  std::string peer{};   // the name by which the client means the attester, for policies; it is not in the result
};

inline constexpr Seconds kDefaultResultLifetime{3'600}, kMaxResultLifetime{31 * 86'400};

// The query parameters audience, lifetime (seconds, up to `longest`), form (full, reduced), ear (veraison, draft,
// draft-cwt), trace and raw-evidence (0, 1), and peer. Errc::invalid_value names what is expected.
[[nodiscard]] Result<ResultRequest> result_request_from(const http::Target& target, Seconds longest);

// Sets exp, aud and cnf, and takes away what was not asked for. Never makes a result better.
void apply(const ResultRequest& request, Seconds longest, rats::Ear& result);

}  // namespace credence::service
