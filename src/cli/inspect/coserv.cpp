// A CoSERV query, or an answer, as facts.
#include <string>
#include <string_view>
#include <utility>

#include "cli/inspect/describe.h"
#include "rats/corim/describe.h"

namespace credence::cli {
namespace {

std::string_view name(rats::ResultType type) {
  switch (type) {
    case rats::ResultType::collected:
      return "collected artifacts";
    case rats::ResultType::source:
      return "source artifacts";
    case rats::ResultType::both:
      break;
  }
  return "collected and source artifacts";
}

template <typename T, typename Describe>
json::Array describe_selectors(const std::vector<rats::Selector<T>>& selectors, Describe describe) {
  json::Array all;
  for (const auto& [selected, measurements] : selectors) {
    json::Object facts = describe(selected);
    if (!measurements.empty()) facts["measurements"] = rats::describe_all(measurements);
    all.push_back(std::move(facts));
  }
  return all;
}

json::Object instance(const rats::TaggedBytes& id) { return json::Object{{"instance", rats::text_of(id)}}; }
json::Object group(const rats::TaggedBytes& id) { return json::Object{{"group", rats::text_of(id)}}; }
json::Object class_of(const rats::Class& selected) {
  return rats::describe(rats::Environment{.class_map = selected, .instance = {}, .group = {}});
}

void describe_query(const rats::EnvironmentQuery& query, json::Object& facts) {
  facts["asks for"] = rats::name(query.artifact);
  facts["as"] = name(query.result);
  if (const auto* classes = std::get_if<rats::ClassSelectors>(&query.environments)) {
    facts["of"] = describe_selectors(*classes, class_of);
  } else if (const auto* instances = std::get_if<rats::InstanceSelectors>(&query.environments)) {
    facts["of"] = describe_selectors(instances->instances, instance);
  } else {
    facts["of"] = describe_selectors(std::get<rats::GroupSelectors>(query.environments).groups, group);
  }
}

void describe_query(const rats::RimQuery& query, json::Object& facts) {
  json::Array documents;
  for (const rats::RimId& rim : query.rims) documents.emplace_back(rats::text_of(rim.id));
  facts["asks for documents"] = std::move(documents);
}

template <typename Triple>
void add_quads(json::Object& facts, std::string_view title, const std::vector<rats::Quad<Triple>>& quads) {
  if (quads.empty()) return;
  json::Array all;
  for (const auto& [authorities, triple] : quads) {
    json::Object described = rats::describe(triple);
    json::Array on_the_word_of;
    for (const rats::CryptoKey& authority : authorities) on_the_word_of.emplace_back(rats::text_of(authority));
    described["on the word of"] = std::move(on_the_word_of);
    all.push_back(std::move(described));
  }
  facts[title] = std::move(all);
}

}  // namespace

json::Object describe_coserv(const rats::CoservQuery& query) {
  json::Object facts{{"profile", query.profile}};
  std::visit([&](const auto& asked) { describe_query(asked, facts); }, query.query);
  return facts;
}

json::Object describe_coserv(const rats::Coserv& message) {
  json::Object facts = describe_coserv(message.query);
  const rats::CoservResults& results = message.results;
  facts["expires"] = to_rfc3339(results.expires);
  add_quads(facts, "reference values", results.reference_values);
  add_quads(facts, "endorsed values", results.endorsed_values);
  add_quads(facts, "conditional endorsements", results.conditional_endorsements);
  add_quads(facts, "conditional endorsement series", results.conditional_series);
  add_quads(facts, "attestation keys", results.attestation_keys);
  if (!results.source_artifacts.empty()) facts["source artifacts"] = results.source_artifacts.size();
  json::Array documents;
  for (const auto& [id, record] : results.rims) documents.emplace_back(id);
  if (!documents.empty()) facts["documents"] = std::move(documents);
  return facts;
}

}  // namespace credence::cli
