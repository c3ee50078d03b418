// Endorsements and reference values in PostgreSQL, for several verifiers: with everything in memory too, so that a
// look-up never waits for the database (docs/decisions/store.md).
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "verifier/store.h"
#include "verifier/store/journal.h"
#include "verifier/store/postgres/protection.h"

namespace credence::verifier {

// `connection` is a URI ("postgresql://...") or keywords and values ("host=... dbname=..."), as libpq takes them; a
// password is better left to a password file. A server beyond this machine is refused as check_postgres_protection()
// says, unless that is chosen. Makes its tables when they are absent. What another verifier provisions is announced by
// the database (LISTEN), and seen here within a second.
//
// While the database cannot be reached, what is known stays in force, as long as Store::bound_staleness() has it;
// nothing new is taken, and look-ups of unknown keys fail: they give no verdict.
[[nodiscard]] Result<std::shared_ptr<Store>> open_postgres_store(const std::string& connection,
                                                                 RemoteServer remote = RemoteServer::verified);

// The same without what look-ups need: for copying.
[[nodiscard]] Result<std::unique_ptr<Journal>> open_postgres_journal(const std::string& connection,
                                                                     RemoteServer remote = RemoteServer::verified);

// Whether the server answers and its database could be opened; nothing is changed.
[[nodiscard]] Result<void> probe_postgres_store(const std::string& connection,
                                                RemoteServer remote = RemoteServer::verified);

}  // namespace credence::verifier
