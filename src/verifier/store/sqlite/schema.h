// The tables of the store and their version.
#pragma once

#include "base/result.h"
#include "verifier/store/sqlite/database.h"

namespace credence::verifier::sqlite {

// Makes the tables in an empty file, and brings an older file to this version. A file of a newer version, or of another
// program, is refused: reading it as far as it is understood could miss what it forbids.
[[nodiscard]] Result<void> prepare_schema(Database& database);

// Whether prepare_schema() would take it, changing nothing.
[[nodiscard]] Result<void> check_schema(const Database& database);

}  // namespace credence::verifier::sqlite
