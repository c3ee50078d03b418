#include "edge/bundle_maker.h"

#include <algorithm>
#include <array>
#include <format>
#include <optional>
#include <set>
#include <utility>

#include "edge/answer.h"
#include "edge/own_rules.h"
#include "edge/single_queries.h"

namespace credence::edge {
namespace {

using rats::ArtifactType;
using rats::CoservQuery;

constexpr std::array kArtifacts = {ArtifactType::trust_anchors, ArtifactType::endorsed_values,
                                   ArtifactType::reference_values};
constexpr std::size_t kMostSelectors = 16;  // of one query, as the verifier takes it

CoservQuery ask(std::string_view profile, ArtifactType artifact,
                decltype(rats::EnvironmentQuery::environments) environments) {
  return {.profile = std::string(profile),
          .query = rats::EnvironmentQuery{
              .artifact = artifact, .environments = std::move(environments), .result = rats::ResultType::collected}};
}

class Maker {
 public:
  Maker(client::CoservClient& client, std::string service, const Clock& clock, const MakerOptions& options)
      : client_(client), clock_(clock), options_(options) {
    made_.bundle.service = std::move(service);
    made_.bundle.until = Timestamp::max();
  }

  Result<void> add(BundleSubject subject) {
    if (subject.classes.empty() && subject.instances.empty())
      return fail(Errc::usage, "expected at least one class or instance");
    if (subject.all_instances) CHECK(find_instances(subject));
    const std::set<rats::TaggedBytes> instances(subject.instances.begin(), subject.instances.end());
    subject.instances.assign(instances.begin(), instances.end());
    const std::vector<std::string_view> profiles = subject.scheme->profiles();
    for (const std::string_view profile : profiles)
      for (const ArtifactType artifact : kArtifacts) CHECK(add(subject, profile, artifact));
    for (const rats::Class& one : subject.classes)
      for (const CoservQuery& query : subject.scheme->questions_beside(one))
        CHECK(is_of_any_maker(query) ? keep_of_any_maker(query, *subject.scheme) : keep(query));
    return keep(deny_list_question(profiles.front()));
  }

  MadeBundle take() {
    made_.bundle.made = clock_.now();
    return std::move(made_);
  }

 private:
  Result<void> add(const BundleSubject& subject, std::string_view profile, ArtifactType artifact) {
    for (const rats::Class& one : subject.classes) {
      CoservQuery query = ask(profile, artifact, rats::ClassSelectors{{.selected = one}});
      auto kept = keep(query);
      const bool dispensable = artifact == ArtifactType::trust_anchors && !subject.instances.empty();
      if (!kept && kept.error().code == Errc::too_large && dispensable) {
        made_.left_out.push_back(text_of(query));
        continue;
      }
      CHECK(std::move(kept));
    }
    for (std::size_t start = 0; start < subject.instances.size(); start += kMostSelectors) {
      rats::InstanceSelectors selectors;
      for (std::size_t i = start; i < std::min(start + kMostSelectors, subject.instances.size()); ++i)
        selectors.instances.push_back({.selected = subject.instances[i]});
      CHECK(keep(ask(profile, artifact, std::move(selectors))));
    }
    return {};
  }

  // The instances of which keys are endorsed, as the triples of the classes name them.
  Result<void> find_instances(BundleSubject& subject) {
    std::set<rats::TaggedBytes> found(subject.instances.begin(), subject.instances.end());
    const auto note = [&found](const auto& quads) {
      for (const auto& quad : quads)
        if (quad.triple.environment.instance) found.insert(*quad.triple.environment.instance);
    };
    for (const std::string_view profile : subject.scheme->profiles()) {
      for (const rats::Class& one : subject.classes) {
        TRY(const auto answer, client::ask_and_wait(client_, ask(profile, ArtifactType::trust_anchors,
                                                                 rats::ClassSelectors{{.selected = one}})));
        note(answer.message.results.attestation_keys);
      }
    }
    subject.instances.assign(found.begin(), found.end());
    return {};
  }

  // Each query once: what was named twice is asked once.
  Result<void> keep(const CoservQuery& query) {
    TRY(auto answer, ask_once(query));
    if (answer) keep(*std::move(answer));
    return {};
  }

  // What other makers say of layers of this number must neither prevent the bundle nor end it. It is there all the
  // same: a policy that reads `endorsements` must know that nothing else is said.
  Result<void> keep_of_any_maker(const CoservQuery& query, const verifier::Scheme& scheme) {
    auto answer = ask_once(query);
    if (!answer && answer.error().code == Errc::too_large) return leave_out_of_any_maker(query, scheme);
    if (!answer) return std::unexpected(std::move(answer).error());
    if (!*answer) return {};
    if (is_of_other_makers((*answer)->message)) {
      const std::size_t octets = (*answer)->octets.size();
      if (octets > options_.most_of_other_makers - of_other_makers_) return leave_out_of_any_maker(query, scheme);
      of_other_makers_ += octets;
    }
    keep(**std::move(answer));
    return {};
  }

  // The scheme does without. A policy must not judge by half of what is known: better to say so now than where the
  // bundle is used.
  Result<void> leave_out_of_any_maker(const CoservQuery& query, const verifier::Scheme& scheme) {
    if (read_endorsements(options_.policies, scheme.name()))
      return fail(
          Errc::too_large,
          std::format("{} are too many for a bundle, and the rules for {} read `endorsements`: evidence of such "
                      "a layer would get no verdict. Have it appraised by the verifier, or by rules that do not "
                      "read `endorsements`",
                      text_of(query), scheme.name()));
    made_.left_out.push_back(text_of(query));
    return {};
  }

  // Nothing for what has been asked before.
  Result<std::optional<client::CoservAnswer>> ask_once(const CoservQuery& query) {
    TRY(Bytes octets, rats::encode_coserv_query(query));
    if (!asked_.insert(std::move(octets)).second) return std::nullopt;
    TRY(auto answer, client::ask_and_wait(client_, query));
    return answer;
  }

  void keep(client::CoservAnswer answer) {
    if (!is_of_other_makers(answer.message))
      made_.bundle.until = std::min(made_.bundle.until, answer.message.results.expires);
    made_.bundle.results.push_back({.received = clock_.now(), .octets = std::move(answer.octets)});
  }

  client::CoservClient& client_;
  const Clock& clock_;
  const MakerOptions options_;
  std::set<Bytes> asked_;
  std::size_t of_other_makers_ = 0;  // octets
  MadeBundle made_;
};

}  // namespace

Result<MadeBundle> make_bundle(client::CoservClient& client, std::string service, std::vector<BundleSubject> subjects,
                               const Clock& clock, const MakerOptions& options) {
  CHECK(check_own_rules(options.policies));
  Maker maker(client, std::move(service), clock, options);
  for (BundleSubject& subject : subjects) CHECK(maker.add(std::move(subject)));
  return maker.take();
}

}  // namespace credence::edge
