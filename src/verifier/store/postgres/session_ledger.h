// The outcomes of sessions in PostgreSQL, beside the endorsements.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "verifier/store/session_ledger.h"

namespace credence::verifier {

// `connection` as in open_postgres_store(). At most `connections` statements run at once; more wait.
[[nodiscard]] Result<std::shared_ptr<SessionLedger>> open_postgres_session_ledger(const std::string& connection,
                                                                                  unsigned connections);

}  // namespace credence::verifier
