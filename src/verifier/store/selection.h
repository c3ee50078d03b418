// Statements by what they are about: the questions of CoSERV, where a look-up asks by one key.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <utility>
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

// Tells which statements a query asks for.
class StatementSelector {
 public:
  // Errc::unsupported for a class selector of which nothing can be looked for, and for measurements in a query for
  // keys.
  [[nodiscard]] static Result<StatementSelector> make(const rats::EnvironmentQuery& query);

  [[nodiscard]] rats::ArtifactType artifact() const noexcept { return query_->artifact; }
  // Octets of which some stand in every triple that is asked for: those of identifiers, or else of a
  // vendor, a model, a layer or an index.
  [[nodiscard]] const std::vector<Bytes>& names() const noexcept { return names_; }
  // Each name is a class id, an instance or a group.
  [[nodiscard]] bool by_identifiers() const noexcept { return by_identifiers_; }

  // Most entries are told by their octets, without being parsed. Null when this one is not asked for.
  [[nodiscard]] Result<std::optional<Statement>> select(const Content& content, const Content::Entry& entry) const;

 private:
  explicit StatementSelector(const rats::EnvironmentQuery& query) : query_(&query) {}

  [[nodiscard]] bool may_match(ByteView triple) const;
  [[nodiscard]] bool matches(const Statement& statement) const;
  [[nodiscard]] bool matches(const rats::Environment& environment,
                             const std::vector<rats::Measurement>& measurements) const;

  const rats::EnvironmentQuery* query_;  // outlives the selector
  std::vector<Bytes> names_;
  bool by_identifiers_ = true;
};

// What was selected so far.
class Selection {
 public:
  Selection(const StatementSelector& selector, std::size_t most) : selector_(selector), most_(most) {}

  // Appends the entry when it is asked for. Errc::too_large.
  [[nodiscard]] Result<void> add(const Content& content, const Content::Entry& entry);
  [[nodiscard]] std::vector<SelectedStatement> take() && { return std::move(selected_); }

 private:
  const StatementSelector& selector_;
  std::size_t most_;
  std::vector<SelectedStatement> selected_;
  const Content* latest_ = nullptr;  // whose origin it is
  std::shared_ptr<const Origin> origin_;
};

}  // namespace credence::verifier
