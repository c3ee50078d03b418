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
#include "service/verifier/signing_key.h"

namespace credence::service {

struct KeyOptions {
  std::string signing_key;                          // SigningKeyOpener::open()
  std::string signing_algorithm;                    // "RS256"; empty: the key's default
  std::string next_signing_key;                     // announced; empty: none
  std::string next_signing_key_from;                // RFC 3339 in UTC: when it takes over; empty: with a later start
  std::vector<std::filesystem::path> retired_keys;  // PEM, public; not the file where the signing key's half stands
};

// Opens all of them. Says in the log what relying parties will not have heard of in time.
[[nodiscard]] Result<ResultSigner> open_result_signer(SigningKeyOpener& opener, const KeyOptions& options,
                                                      Seconds longest_lifetime, Timestamp now, Log& log);
// Reads them again for a verifier that signs with `before`, and changes nothing: ResultSigner::make_after().
[[nodiscard]] Result<ResultSigner> reopen_result_signer(SigningKeyOpener& opener, const KeyOptions& options,
                                                        const ResultSigner& before, Seconds longest_lifetime,
                                                        Timestamp now);
// Once the reopened ones are in force: their public halves beside those that are in files.
[[nodiscard]] Result<void> publish_keys(const SigningKeyOpener& opener, const KeyOptions& options);

// What is wrong with one of them, or with all together.
struct KeyProblem {
  std::string_view option;
  Error error;
};
// Why open_result_signer() would refuse, all of it, changing nothing. What stays in a TPM or a token is not opened
// (SigningKeyOpener::look()): what such a key can do is not known.
[[nodiscard]] std::vector<KeyProblem> check_keys(const KeyOptions& options);

}  // namespace credence::service
