// Statements by what they are about: the questions of CoSERV, where a look-up asks by one key.
#pragma once

#include <cstddef>
#include <memory>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "rats/coserv/coserv.h"
#include "verifier/store/content.h"
#include "verifier/store/statement.h"

namespace credence::verifier {

struct SelectedStatement {
  std::shared_ptr<const Origin> origin;
  Statement statement;  // its own origin is the one above
};

// Tells which statements of a content a query asks for. Most are passed over by their octets, without being parsed.
class StatementSelector {
 public:
  // Errc::unsupported for a class selector without id, vendor and model, and for measurements in a query for keys.
  [[nodiscard]] static Result<StatementSelector> make(const rats::EnvironmentQuery& query);

  // Appends those of `content`, each once. Errc::too_large when there are more than `most` altogether.
  [[nodiscard]] Result<void> select(const Content& content, std::size_t most,
                                    std::vector<SelectedStatement>& selected) const;

 private:
  explicit StatementSelector(const rats::EnvironmentQuery& query) : query_(&query) {}

  [[nodiscard]] bool wants(TripleKind kind) const noexcept;
  [[nodiscard]] bool may_match(ByteView triple) const;
  [[nodiscard]] bool matches(const Statement& statement) const;
  [[nodiscard]] bool matches(const rats::Environment& environment,
                             const std::vector<rats::Measurement>& measurements) const;

  const rats::EnvironmentQuery* query_;  // outlives the selector
  std::vector<Bytes> needles_;           // octets of which one stands in every triple that matches
};

}  // namespace credence::verifier
