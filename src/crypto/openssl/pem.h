// PEM (RFC 7468) over OpenSSL's reader.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/secret.h"

namespace credence::crypto {

inline constexpr std::size_t kLargestPem = 1 << 20;

// The contents of all blocks, which must all have this label; at least one, or Errc::malformed. Text around the blocks
// is skipped. Errc::too_large for a text of more than `most` octets.
[[nodiscard]] Result<std::vector<SecretBytes>> read_pem(ByteView text, std::string_view label,
                                                        std::size_t most = kLargestPem);
// Exactly one block.
[[nodiscard]] Result<SecretBytes> read_one_pem(ByteView text, std::string_view label, std::size_t most = kLargestPem);
[[nodiscard]] std::string write_pem(ByteView der, std::string_view label);

}  // namespace credence::crypto
