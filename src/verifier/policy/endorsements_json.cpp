#include "verifier/policy/endorsements_json.h"

#include "rats/corim/to_json.h"
#include "verifier/store/periods.h"
#include "verifier/store/statement.h"

namespace credence::verifier {

Result<json::Array> endorsements_json(Endorsements& endorsements) {
  json::Array triples;
  CHECK(endorsements.for_each_looked_up([&](const Statement& statement) {
    Periods periods;
    periods.add(statement.origin->validity);
    if (!periods.contains(endorsements.now())) return;
    json::Object triple = rats::to_json(statement.values());
    triple["corim"] = statement.origin->source;
    triples.push_back(std::move(triple));
  }));
  return triples;
}

}  // namespace credence::verifier
