// Names and extensions of a certificate.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/certificate.h"

namespace credence::crypto {

// What of a distinguished name tells whose it is. The first value where there are several; absent where there is none
// or it is empty.
struct NameParts {
  std::optional<std::string> organization;
  std::optional<std::string> common_name;
  friend bool operator==(const NameParts&, const NameParts&) = default;
};
[[nodiscard]] NameParts subject_parts(const Certificate& certificate);
[[nodiscard]] NameParts issuer_parts(const Certificate& certificate);

// The content of the extension with this dotted OID, valid as long as a copy of the handle; an empty optional when
// there is none. Errc::duplicate_key when it occurs twice (RFC 5280 section 4.2).
[[nodiscard]] Result<std::optional<ByteView>> extension(const Certificate& certificate, std::string_view oid);
// Dotted OIDs of the extensions that are marked critical.
[[nodiscard]] std::vector<std::string> critical_extensions(const Certificate& certificate);

}  // namespace credence::crypto
