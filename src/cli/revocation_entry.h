// Revocation lists as people have them in files, and entries of the deny list as people read them.
#pragma once

#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/revocation_list.h"
#include "wire/json/json.h"

namespace credence::cli {

inline constexpr std::string_view kListEntry = "crl";  // the kind

// DER or PEM, which may have text before it.
[[nodiscard]] Result<crypto::RevocationList> revocation_list_from(ByteView file);

// An entry as it is, but of a list, which is long, what people need to know of it. One that cannot be read has `error`:
// nobody can lift it who does not see its id.
[[nodiscard]] json::Object shown(const json::Object& entry);

}  // namespace credence::cli
