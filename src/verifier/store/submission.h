// What every store does with a CoRIM before it keeps it.
#pragma once

#include <string>

#include "base/bytes.h"
#include "base/result.h"

namespace credence::verifier {

// The id of a submission: SHA-256 of its octets in hexadecimal, so that the same octets have the same id everywhere.
[[nodiscard]] Result<std::string> submission_id(ByteView octets);

}  // namespace credence::verifier
