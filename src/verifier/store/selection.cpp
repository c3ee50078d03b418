#include "verifier/store/selection.h"

#include <algorithm>
#include <format>
#include <set>
#include <utility>

#include "rats/corim/match/match.h"

namespace credence::verifier {
namespace {

using rats::ArtifactType;

// What must stand in an encoded triple that the selector is about; empty when it names nothing that could be looked
// for.
Bytes needle_of(const rats::Class& selected) {
  if (selected.id) return selected.id->value;
  if (selected.vendor) return to_bytes(as_bytes(*selected.vendor));
  return selected.model ? to_bytes(as_bytes(*selected.model)) : Bytes{};
}
Bytes needle_of(const rats::TaggedBytes& selected) { return selected.value; }

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
    made.needles_.push_back(needle_of(selector.selected));
    stateful = stateful || !selector.measurements.empty();
  });
  if (std::ranges::any_of(made.needles_, &Bytes::empty))
    return fail(Errc::unsupported, "a class is selected here by its id, vendor or model at least");
  if (stateful && query.artifact == ArtifactType::trust_anchors)
    return fail(Errc::unsupported, "keys are not selected by measurements here");
  return made;
}

bool StatementSelector::wants(TripleKind kind) const noexcept {
  switch (query_->artifact) {
    case ArtifactType::reference_values:
      return kind == TripleKind::reference_values;
    case ArtifactType::endorsed_values:
      return kind == TripleKind::endorsed_values || kind == TripleKind::conditional_endorsements ||
             kind == TripleKind::conditional_series;
    case ArtifactType::trust_anchors:
      return kind == TripleKind::attestation_keys;
  }
  return false;
}

bool StatementSelector::may_match(ByteView triple) const {
  return std::ranges::any_of(needles_, [&](const Bytes& needle) { return as_text(triple).contains(as_text(needle)); });
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

Result<void> StatementSelector::select(const Content& content, std::size_t most,
                                       std::vector<SelectedStatement>& selected) const {
  std::shared_ptr<const Origin> origin;
  std::set<std::pair<TripleKind, Bytes>> seen;  // conditional endorsements stand under each of their conditions
  Result<void> outcome;
  content.for_each([&](const Content::Entry& entry) {
    if (!outcome || !wants(entry.kind) || !may_match(entry.triple)) return;
    auto statement = content.statement(entry);
    if (!statement) {
      outcome = std::unexpected(std::move(statement).error());
      return;
    }
    if (!matches(*statement) || !seen.emplace(entry.kind, to_bytes(entry.triple)).second) return;
    if (selected.size() >= most) {
      outcome = fail(Errc::too_large, std::format("more than {} statements answer the query: select less", most));
      return;
    }
    if (origin == nullptr) origin = std::make_shared<const Origin>(content.origin());
    statement->origin = origin.get();
    selected.push_back({.origin = origin, .statement = *std::move(statement)});
  });
  return outcome;
}

}  // namespace credence::verifier
