#include "edge/single_queries.h"

#include <algorithm>
#include <format>
#include <variant>

#include "rats/corim/corim.h"
#include "rats/corim/describe.h"
#include "wire/json/json.h"

namespace credence::edge {
namespace {

using rats::CoservQuery;
using rats::EnvironmentQuery;

// Calls visit(selector, alone) for each, where `alone` is the environments with this selector only.
template <typename Visit>
void for_each_selector(const EnvironmentQuery& query, Visit visit) {
  if (const auto* classes = std::get_if<rats::ClassSelectors>(&query.environments)) {
    for (const auto& selector : *classes) visit(selector, rats::ClassSelectors{selector});
  } else if (const auto* instances = std::get_if<rats::InstanceSelectors>(&query.environments)) {
    for (const auto& selector : instances->instances) visit(selector, rats::InstanceSelectors{{selector}});
  } else {
    for (const auto& selector : std::get<rats::GroupSelectors>(query.environments).groups)
      visit(selector, rats::GroupSelectors{{selector}});
  }
}

std::string words(const rats::Class& selected) {
  return json::to_text(rats::describe(rats::Environment{.class_map = selected, .instance = {}, .group = {}}));
}
std::string words(const rats::TaggedBytes& selected) { return rats::text_of(selected); }

}  // namespace

std::vector<CoservQuery> single_queries(const CoservQuery& query) {
  std::vector<CoservQuery> singles;
  if (const auto* documents = std::get_if<rats::RimQuery>(&query.query)) {
    for (const rats::RimId& rim : documents->rims)
      singles.push_back({.profile = query.profile, .query = rats::RimQuery{{rim}}});
    return singles;
  }
  const auto& asked = std::get<EnvironmentQuery>(query.query);
  if (asked.result == rats::ResultType::source) return singles;
  for_each_selector(asked, [&](const auto& selector, auto alone) {
    if (!selector.measurements.empty()) return;
    singles.push_back(
        {.profile = query.profile,
         .query = EnvironmentQuery{
             .artifact = asked.artifact, .environments = std::move(alone), .result = rats::ResultType::collected}});
  });
  return singles;
}

bool is_of_any_maker(const rats::Class& named) { return !named.id && !named.vendor && !named.model; }

bool is_of_any_maker(const CoservQuery& query) {
  const auto* asked = std::get_if<EnvironmentQuery>(&query.query);
  if (asked == nullptr || asked->artifact != rats::ArtifactType::reference_values) return false;
  const auto* classes = std::get_if<rats::ClassSelectors>(&asked->environments);
  return classes != nullptr &&
         std::ranges::all_of(*classes, [](const auto& selector) { return is_of_any_maker(selector.selected); });
}

bool is_of_other_makers(const rats::Coserv& answer) {
  return is_of_any_maker(answer.query) && std::ranges::none_of(answer.results.reference_values, [](const auto& quad) {
           const auto& named = quad.triple.environment.class_map;
           return named && is_of_any_maker(*named);
         });
}

std::string text_of(const CoservQuery& query) {
  std::string what, list;
  const auto append = [&list](const std::string& text) { list += (list.empty() ? "" : ", ") + text; };
  if (const auto* documents = std::get_if<rats::RimQuery>(&query.query)) {
    what = "document";
    for (const rats::RimId& rim : documents->rims) append(rats::text_of(rim.id));
  } else {
    const auto& asked = std::get<EnvironmentQuery>(query.query);
    what = std::format("{} of", rats::name(asked.artifact));
    for_each_selector(asked, [&](const auto& selector, const auto&) { append(words(selector.selected)); });
  }
  return std::format("{} {} (profile {})", what, list, query.profile);
}

}  // namespace credence::edge
