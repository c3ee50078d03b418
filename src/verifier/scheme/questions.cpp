#include "verifier/scheme/questions.h"

#include <string>
#include <utility>

#include "rats/corim/read.h"
#include "verifier/scheme/scheme.h"

namespace credence::verifier {
namespace {

using rats::ArtifactType;

rats::CoservQuery ask(std::string_view profile, ArtifactType artifact,
                      decltype(rats::EnvironmentQuery::environments) environments) {
  return {.profile = std::string(profile),
          .query = rats::EnvironmentQuery{
              .artifact = artifact, .environments = std::move(environments), .result = rats::ResultType::collected}};
}

// Conditions may stand in CoRIMs of every profile of the scheme.
Result<Questions> about_conditions(const Lookup& lookup) {
  if (lookup.key.empty()) return fail(Errc::unsupported, "a question names an environment");
  TRY(const rats::Environment environment, environment_of_key(lookup.key));
  const std::vector<std::string_view> profiles = lookup.scheme.profiles();
  if (environment.class_map) return ask_for_class_in(profiles, ArtifactType::endorsed_values, *environment.class_map);
  if (environment.instance) return ask_for_instance_in(profiles, ArtifactType::endorsed_values, *environment.instance);
  Questions questions;
  for (const std::string_view profile : profiles)
    questions.push_back(
        ask(profile, ArtifactType::endorsed_values, rats::GroupSelectors{{{.selected = environment.group.value()}}}));
  return questions;
}

}  // namespace

Result<rats::Environment> environment_of_key(ByteView key) {
  const rats::CorimLimits limits;
  rats::CorimReading reading{.limits = limits};
  cbor::Reader reader(key, rats::cbor_limits(limits));
  TRY(rats::Environment environment, rats::read_environment(reader, reading));
  CHECK(reader.finish());
  return environment;
}

rats::CoservQuery ask_for_class(std::string_view profile, ArtifactType artifact, rats::Class selected) {
  return ask(profile, artifact, rats::ClassSelectors{{.selected = std::move(selected)}});
}

rats::CoservQuery ask_for_instance(std::string_view profile, ArtifactType artifact, rats::TaggedBytes selected) {
  return ask(profile, artifact, rats::InstanceSelectors{{{.selected = std::move(selected)}}});
}

Questions ask_for_class_in(std::span<const std::string_view> profiles, ArtifactType artifact,
                           const rats::Class& selected) {
  Questions questions;
  for (const std::string_view profile : profiles) questions.push_back(ask_for_class(profile, artifact, selected));
  return questions;
}

Questions ask_for_instance_in(std::span<const std::string_view> profiles, ArtifactType artifact,
                              const rats::TaggedBytes& selected) {
  Questions questions;
  for (const std::string_view profile : profiles) questions.push_back(ask_for_instance(profile, artifact, selected));
  return questions;
}

Result<Questions> questions_of(const Lookup& lookup) {
  if (lookup.topic == Topic::conditional_endorsements) return about_conditions(lookup);
  return lookup.scheme.questions(lookup.topic, lookup.key);
}

}  // namespace credence::verifier
