// credence appraise: the verifier's engine over files, without a network, or over what a verifier hands out.
#include <future>
#include <memory>
#include <utility>

#include "api/local/edge_parts.h"
#include "api/local/policies.h"
#include "cli/explain/report.h"
#include "cli/inspect/describe.h"
#include "cli/offline_appraisal.h"
#include "cli/verb.h"
#include "cli/verifier_choice.h"
#include "cli/version.h"
#include "edge/appraiser.h"
#include "edge/bundle_appraiser.h"
#include "edge/own_rules.h"

namespace credence::cli {
namespace {

struct Options : OfflineOptions, VerifierChoice {
  bool trace = false;
};

void show(const rats::Ear& ear, bool trace, const Output& output) {
  if (output.as_json()) return output.facts(rats::ear_to_json(ear));
  if (!trace) return output.facts(describe_ear(ear));
  std::string text = explanation_text({.ear = ear, .signature = SignatureState::own, .now = ear.issued_at});
  text.pop_back();
  output.line(text);
}

Result<std::shared_ptr<const verifier::Policies>> policies_for(const Options& options) {
  TRY(const std::vector<LocalPolicy> files, local_policies(options.policies));
  return policies_of(files);
}

// Over what a verifier hands out, or a bundle: the evidence stays here.
Result<Appraiser> appraiser_of(const Options& options, const verifier::Policy& policy) {
  const verifier::Engine::Identity identity{.build = kVersion, .issuer = {}};
  const auto clock = system_clock();
  TRY(auto policies, policies_for(options));
  CHECK(edge::check_own_rules(policies.get()));
  if (!options.bundle.empty()) {
    TRY(auto answers, open_bundle(bundle_options(options, policy.allow_insecure_test_root), clock->now()));
    return edge::bundle_appraiser(std::move(answers),
                                  {.policy = policy,
                                   .identity = identity,
                                   .policies = std::move(policies),
                                   .allow_insecure_no_deny_list = options.insecure_no_deny_list},
                                  clock);
  }
  const EdgeVerifierOptions chosen = edge_options(options, policy.allow_insecure_test_root);
  TRY(client::CoservService service, coserv_service(chosen));
  return edge::edge_appraiser(std::move(service),
                              {.policy = policy,
                               .identity = identity,
                               .policies = std::move(policies),
                               .max_age = chosen.max_age,
                               .allow_insecure_no_deny_list = chosen.allow_insecure_no_deny_list},
                              clock);
}

Result<rats::Ear> appraise_at_edge(const Options& options) {
  if (!options.corims.empty())
    return fail(Errc::usage, "expected one of --corim, --verifier and --bundle: they are three sources");
  VerifierChoice choice = options;
  choice.edge = choice.bundle.empty();  // a verifier is asked here, never sent the evidence
  CHECK(check_verifier_choice(choice));
  TRY(OfflineAppraisal appraisal, prepare_request(options));
  appraisal.request.trace = options.trace;
  TRY(const Appraiser appraiser, appraiser_of(options, appraisal.policy));
  std::promise<Result<rats::Ear>> promise;
  auto verdict = promise.get_future();
  appraiser->appraise(std::move(appraisal.request),
                      [&promise](Result<rats::Ear> result) { promise.set_value(std::move(result)); });
  return verdict.get();
}

Result<rats::Ear> appraise_with_corims(const Options& options) {
  if (options.corims.empty())
    return fail(Errc::usage, "expected --corim FILE, or --verifier URL or --bundle FILE that knows more");
  TRY(OfflineAppraisal appraisal, prepare(options));
  appraisal.request.trace = options.trace;
  TRY(const auto policies, policies_for(options));
  return appraisal.engine(policies).appraise(appraisal.request);
}

Result<ExitStatus> appraise(const Options& options, const Output& output) {
  const bool at_edge = !options.bundle.empty() || !options.verifier.empty();
  TRY(const rats::Ear ear, at_edge ? appraise_at_edge(options) : appraise_with_corims(options));
  show(ear, options.trace, output);
  return ear.is_affirming() ? ExitStatus::done : ExitStatus::refused;
}

}  // namespace

void add_appraise(CommandLine& line) {
  auto* command = line.app.add_subcommand("appraise", "Appraise evidence from a file, in this process");
  auto options = std::make_shared<Options>();
  add_offline_options(*command, *options);
  add_verifier_choice(*command, *options, "Instead of --corim");  // but for --policy, which goes with each
  command->add_flag("--trace", options->trace, "Show what was compared, and with which CoRIM; see credence explain");
  on_call(line, command, options, appraise);
}

}  // namespace credence::cli
