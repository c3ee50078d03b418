// The tables of the store and their version.
#pragma once

#include "base/result.h"
#include "verifier/store/postgres/connection.h"

namespace credence::verifier::postgres {

inline constexpr const char* kChannel = "credence_change";  // of announcements

// Makes the tables in an empty database. A newer version is refused: reading it as far as it is understood could miss
// what it forbids.
[[nodiscard]] Result<void> prepare_schema(Connection& connection);

// Whether prepare_schema() would take the database, changing nothing.
[[nodiscard]] Result<void> check_schema(Connection& connection);

}  // namespace credence::verifier::postgres
