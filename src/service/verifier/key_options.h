// The keys of results as an operator names them, and as a signer.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
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

// What is wrong with one of them, or with all together.
struct KeyProblem {
  std::string_view option;
  Error error;
};
// Why open_result_signer() would refuse, all of it, changing nothing. What stays in a TPM or a token is not opened
// (SigningKeyOpener::look()): what such a key can do is not known.
[[nodiscard]] std::vector<KeyProblem> check_keys(const KeyOptions& options);

}  // namespace credence::service
