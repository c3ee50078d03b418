// All that is said of one attestation key, or of one class of machines, in one object.
#pragma once

#include <memory>
#include <span>

#include "base/result.h"
#include "verifier/scheme/parsec_tpm/endorsed.h"
#include "verifier/store/statement.h"

namespace credence::verifier {

// Errc::conflict when a kid is endorsed with two keys, classes or records.
[[nodiscard]] Result<std::shared_ptr<const Endorsed>> join_trust_anchor(std::span<const Statement> statements);
[[nodiscard]] Result<std::shared_ptr<const Endorsed>> join_reference_values(std::span<const Statement> statements);

}  // namespace credence::verifier
