// PEM (RFC 7468) over OpenSSL's reader.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/secret.h"

namespace credence::crypto {

// The contents of all blocks, which must all have this label; at least one, or Errc::malformed. Text around the blocks
// is skipped.
[[nodiscard]] Result<std::vector<SecretBytes>> read_pem(ByteView text, std::string_view label);
// Exactly one block.
[[nodiscard]] Result<SecretBytes> read_one_pem(ByteView text, std::string_view label);
[[nodiscard]] std::string write_pem(ByteView der, std::string_view label);

}  // namespace credence::crypto
