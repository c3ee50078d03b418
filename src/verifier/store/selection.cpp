#include "verifier/store/selection.h"

#include <algorithm>
#include <format>
#include <utility>

#include "rats/corim/match/match.h"
#include "verifier/store/subjects.h"

namespace credence::verifier {
namespace {

using rats::ArtifactType;

// What must stand in an encoded triple that the selector is about; empty when it names nothing that could be looked
// for.
Bytes name_of(const rats::Class& selected) {
  if (selected.id) return selected.id->value;
  if (selected.vendor && !selected.vendor->empty()) return to_bytes(as_bytes(*selected.vendor));
  if (selected.model && !selected.model->empty()) return to_bytes(as_bytes(*selected.model));
  if (selected.layer) return layer_name(*selected.layer);
  return selected.index ? index_name(*selected.index) : Bytes{};
}
Bytes name_of(const rats::TaggedBytes& selected) { return selected.value; }

bool is_identified(const rats::Class& selected) { return selected.id.has_value(); }
bool is_identified(const rats::TaggedBytes&) { return true; }

bool is_about(const rats::Class& selected, const rats::Environment& environment) {
  return environment.class_map && rats::match::selects(selected, *environment.class_map);
}

template <typename T, typename Test>
bool any_of(const std::vector<rats::Selector<T>>& selectors, const std::vector<rats::Measurement>& measurements,
            Test test) {
  return std::ranges::any_of(selectors, [&](const rats::Selector<T>& selector) {
    return test(selector.selected) && rats::match::measurements(selector.measurements, measurements, {});
  });
}

// Calls visit(selector) for each selector, whatever its kind.
template <typename Visit>
void for_each_selector(const rats::EnvironmentQuery& query, Visit visit) {
  if (const auto* classes = std::get_if<rats::ClassSelectors>(&query.environments)) {
    for (const auto& selector : *classes) visit(selector);
  } else if (const auto* instances = std::get_if<rats::InstanceSelectors>(&query.environments)) {
    for (const auto& selector : instances->instances) visit(selector);
  } else {
    for (const auto& selector : std::get<rats::GroupSelectors>(query.environments).groups) visit(selector);
  }
}

}  // namespace

Result<StatementSelector> StatementSelector::make(const rats::EnvironmentQuery& query) {
  StatementSelector made(query);
  bool stateful = false;
  for_each_selector(query, [&](const auto& selector) {
    made.names_.push_back(name_of(selector.selected));
    made.by_identifiers_ = made.by_identifiers_ && is_identified(selector.selected);
    stateful = stateful || !selector.measurements.empty();
  });
  std::ranges::sort(made.names_);
  const auto again = std::ranges::unique(made.names_);
  made.names_.erase(again.begin(), again.end());
  if (std::ranges::any_of(made.names_, &Bytes::empty))
    return fail(Errc::unsupported,
                "a class is selected here by an id, a vendor or a model that is not empty, by its layer or its index");
  if (stateful && query.artifact == ArtifactType::trust_anchors)
    return fail(Errc::unsupported, "keys are not selected by measurements here");
  return made;
}

bool StatementSelector::may_match(ByteView triple) const {
  return std::ranges::any_of(names_, [&](const Bytes& name) { return as_text(triple).contains(as_text(name)); });
}

bool StatementSelector::matches(const rats::Environment& environment,
                                const std::vector<rats::Measurement>& measurements) const {
  if (const auto* classes = std::get_if<rats::ClassSelectors>(&query_->environments))
    return any_of(*classes, measurements, [&](const auto& selected) { return is_about(selected, environment); });
  if (const auto* instances = std::get_if<rats::InstanceSelectors>(&query_->environments))
    return any_of(instances->instances, measurements,
                  [&](const auto& selected) { return environment.instance == selected; });
  return any_of(std::get<rats::GroupSelectors>(query_->environments).groups, measurements,
                [&](const auto& selected) { return environment.group == selected; });
}

bool StatementSelector::matches(const Statement& statement) const {
  if (const auto* values = std::get_if<rats::ReferenceTriple>(&statement.triple))
    return matches(values->environment, values->measurements);
  if (const auto* keys = std::get_if<rats::KeyTriple>(&statement.triple)) return matches(keys->environment, {});
  if (const auto* series = std::get_if<rats::ConditionalSeries>(&statement.triple))
    return matches(series->environment, series->claims);
  const auto* conditional = std::get_if<rats::ConditionalEndorsement>(&statement.triple);
  return conditional != nullptr && std::ranges::any_of(conditional->conditions, [&](const auto& condition) {
           return matches(condition.environment, condition.measurements);
         });
}

Result<std::optional<Statement>> StatementSelector::select(const Content& content, const Content::Entry& entry) const {
  if (artifact_of(entry.kind) != query_->artifact || !may_match(entry.triple)) return std::nullopt;
  TRY(Statement statement, content.statement(entry));
  if (!matches(statement)) return std::nullopt;
  return statement;
}

Result<void> Selection::add(const Content& content, const Content::Entry& entry) {
  TRY(std::optional<Statement> statement, selector_.select(content, entry));
  if (!statement) return {};
  if (selected_.size() >= most_)
    return fail(Errc::too_large, std::format("more than {} statements answer the query: select less", most_));
  if (latest_ != &content) origin_ = std::make_shared<const Origin>(content.origin());
  latest_ = &content;
  statement->origin = origin_.get();
  selected_.push_back({.origin = origin_, .statement = *std::move(statement)});
  return {};
}

}  // namespace credence::verifier
