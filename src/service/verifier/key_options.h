// The keys of results as an operator names them, and as a signer.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "service/verifier/result_signer.h"

namespace credence::service {

struct KeyOptions {
  std::string signing_key;                          // SigningKeyOpener::open()
  std::string signing_algorithm;                    // "RS256"; empty: the key's default
  std::string next_signing_key;                     // announced; empty: none
  std::string next_signing_key_from;                // RFC 3339 in UTC: when it takes over; empty: with a later start
  std::vector<std::filesystem::path> retired_keys;  // PEM, public
  friend bool operator==(const KeyOptions&, const KeyOptions&) = default;
};

// Opens all of them. Says in the log what relying parties will not have heard of in time.
[[nodiscard]] Result<ResultSigner> open_result_signer(const KeyOptions& options, Seconds longest_lifetime,
                                                      Timestamp now, Log& log);

}  // namespace credence::service
