// The outcomes of sessions in PostgreSQL, beside the endorsements.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "verifier/store/postgres/protection.h"
#include "verifier/store/session_ledger.h"

namespace credence::verifier {

// `connection` and `remote` as in open_postgres_store(). At most `connections` are open, and as many
// statements run at once; more wait, for 5 s at most.
[[nodiscard]] Result<std::shared_ptr<SessionLedger>> open_postgres_session_ledger(
    const std::string& connection, unsigned connections, RemoteServer remote = RemoteServer::verified);

}  // namespace credence::verifier
