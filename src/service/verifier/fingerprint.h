// Short texts that are others when what they stand for is: positions of the change feed are made of them.
#pragma once

#include <string>

#include "wire/json/json.h"

namespace credence::service {

struct VerifierOptions;

// Sixteen hexadecimal digits: enough to see a change that nobody forges.
[[nodiscard]] std::string fingerprint(const json::Value& value);

// Of the options that verdicts depend on. The same at every verifier that judges alike: where it listens, what it asks
// of callers, what keys it has and where its files are is not in it, nor is a secret. Of OPA its URL: what its CA file
// holds is read at each question, and its token decides nothing.
[[nodiscard]] std::string options_fingerprint(const VerifierOptions& options);

}  // namespace credence::service
