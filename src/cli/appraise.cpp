// credence appraise: the verifier's engine over files, without a network.
#include <format>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/text.h"
#include "cli/explain/report.h"
#include "cli/files.h"
#include "cli/inspect/describe.h"
#include "cli/option_value.h"
#include "cli/verb.h"
#include "cli/version.h"
#include "evidence/media_types.h"
#include "rats/cmw/cmw.h"
#include "rats/corim/corim.h"
#include "rats/media_type.h"
#include "service/verifier/evidence_body.h"
#include "verifier/engine.h"
#include "verifier/store/memory/store.h"

namespace credence::cli {
namespace {

struct Options {
  std::string evidence;
  std::string media_type;
  std::vector<std::string> corims;
  std::string nonce;
  std::string binder;
  std::vector<unsigned> minimum_pcrs{0, 1, 2};
  bool allow_insecure_test_root = false;
  bool trace = false;
};

// A binder is a digest: its length tells the hash of the cipher suite.
Result<evidence::Binder> binder_from(std::string_view hex) {
  TRY(const Bytes octets, option_value("--binder", from_hex(hex)));
  for (const auto hash : {crypto::HashAlgorithm::sha256, crypto::HashAlgorithm::sha384}) {
    if (octets.size() != crypto::digest_size(hash)) continue;
    TRY(const crypto::Digest digest, crypto::Digest::from(hash, octets));
    return evidence::Binder::from_wire(digest);
  }
  return fail(Errc::usage, std::format("--binder: expected 32 or 48 octets in hexadecimal, got {}", octets.size()));
}

Result<verifier::Challenge> challenge_from(const Options& options) {
  if (!options.binder.empty()) return binder_from(options.binder);
  TRY(Bytes octets, option_value("--nonce", from_hex(options.nonce)));
  return Nonce(std::move(octets));
}

// With --nonce and Veraison's media type the nonce is taken verbatim, as Veraison's clients send it. No channel does.
bool is_compatibility_mode(const Options& options, std::string_view media_type) {
  return !options.nonce.empty() && rats::same_media_type(media_type, evidence::kParsecTpm);
}

Result<std::shared_ptr<verifier::Store>> store_with(const std::vector<std::string>& files) {
  std::shared_ptr<verifier::Store> store = verifier::memory_store();
  for (const auto& file : files) {
    TRY(const Bytes octets, read_file(file));
    auto corim = rats::decode_corim(octets);
    if (!corim) return within(file, std::move(corim).error());
    if (auto stored = store->submit(*corim, octets); !stored) return within(file, std::move(stored).error());
  }
  return store;
}

Result<verifier::Policy> policy_from(const Options& options) {
  verifier::Policy policy;
  policy.allow_insecure_test_root = options.allow_insecure_test_root;
  policy.minimum_pcrs.clear();
  for (const unsigned pcr : options.minimum_pcrs) {
    if (pcr > 23) return fail(Errc::usage, std::format("--minimum-pcrs: expected 0 to 23, got {}", pcr));
    policy.minimum_pcrs.insert(static_cast<std::uint8_t>(pcr));
  }
  return policy;
}

// As the verifier's API takes it: in a CMW or not, under a type that a scheme knows.
Result<service::EvidenceBody> read_evidence(const Options& options, const std::vector<std::string>& supported) {
  if (auto type = option_value("--media-type", rats::parse_media_type(options.media_type)); !type) {
    return std::unexpected(std::move(type).error());
  }
  TRY(const Bytes octets, read_file(options.evidence));
  auto evidence = service::evidence_from_body(options.media_type, octets, supported);
  if (!evidence) return within(options.evidence, std::move(evidence).error());
  return evidence;
}

void show(const rats::Ear& ear, bool trace, const Output& output) {
  if (output.as_json()) return output.facts(rats::ear_to_json(ear));
  if (!trace) return output.facts(describe_ear(ear));
  std::string text = explanation_text({.ear = ear, .signature = SignatureState::own, .now = ear.issued_at});
  text.pop_back();
  output.line(text);
}

Result<ExitStatus> appraise(const Options& options, const Output& output) {
  if (options.nonce.empty() == options.binder.empty()) {
    return fail(Errc::usage, "expected exactly one of --nonce HEX and --binder HEX");
  }
  TRY(verifier::Challenge challenge, challenge_from(options));
  TRY(verifier::Policy policy, policy_from(options));
  TRY(const auto store, store_with(options.corims));
  const verifier::Engine::Identity identity{.build = kVersion, .issuer = {}};
  TRY(service::EvidenceBody evidence,
      read_evidence(options, verifier::Engine(store, system_clock(), policy, identity).media_types()));
  policy.compatibility = is_compatibility_mode(options, evidence.media_type);
  const verifier::Engine engine(store, system_clock(), std::move(policy), identity);
  TRY(const rats::Ear ear, engine.appraise({.media_type = std::move(evidence.media_type),
                                            .evidence = std::move(evidence.octets),
                                            .challenge = std::move(challenge),
                                            .trace = options.trace}));
  show(ear, options.trace, output);
  return ear.is_affirming() ? ExitStatus::done : ExitStatus::refused;
}

}  // namespace

void add_appraise(CommandLine& line) {
  auto* command = line.app.add_subcommand("appraise", "Appraise evidence from a file, without a network");
  auto options = std::make_shared<Options>();
  command->add_option("EVIDENCE", options->evidence, "The evidence")->required();
  command
      ->add_option("--media-type", options->media_type,
                   "What the evidence is; application/cmw, +cbor or +json when it is wrapped")
      ->required();
  command->add_option("--corim", options->corims, "Endorsements and reference values; repeatable")->required();
  command->add_option("--nonce", options->nonce,
                      "The challenge in hexadecimal; with Veraison's media type taken verbatim (compatibility mode)");
  command->add_option("--binder", options->binder, "The binder of a channel in hexadecimal: the full rules");
  command->add_option("--minimum-pcrs", options->minimum_pcrs, "PCRs that the quote must cover")->delimiter(',');
  command->add_flag("--allow-insecure-test-root", options->allow_insecure_test_root,
                    "Accept the published test root, which proves nothing");
  command->add_flag("--trace", options->trace, "Show what was compared, and with which CoRIM; see credence explain");
  on_call(line, command, options, appraise);
}

}  // namespace credence::cli
