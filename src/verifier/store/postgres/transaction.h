// Prepared statements: parsed once a connection, and planned once where the values make no difference.
#pragma once

#include <pqxx/pqxx>
#include <set>
#include <string>

namespace credence::verifier::postgres {

// Of static storage; its address says which one it is. A name is used once: the server refuses a second text for it.
struct Sql {
  const char* name;
  const char* text;
};

// Those that the session of a connection has.
using Prepared = std::set<const Sql*>;

// What a use of a connection works with.
class Transaction {
 public:
  Transaction(pqxx::transaction_base& within, Prepared& prepared) : within_(within), prepared_(prepared) {}

  // At its first use the statement is prepared: before, its table need not exist. That outlives a roll back.
  pqxx::result execute(const Sql& statement, const pqxx::params& parameters = {}) {
    if (!prepared_.contains(&statement)) {
      within_.conn().prepare(statement.name, statement.text);
      prepared_.insert(&statement);
    }
    return within_.exec(pqxx::prepped(statement.name), parameters);
  }

  // Of NOTIFY there is nothing to plan.
  void announce(const char* channel) { within_.exec(std::string("NOTIFY ") + channel); }

 private:
  pqxx::transaction_base& within_;
  Prepared& prepared_;
};

}  // namespace credence::verifier::postgres
