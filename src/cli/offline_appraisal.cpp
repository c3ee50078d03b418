#include "cli/offline_appraisal.h"

#include <format>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "base/text.h"
#include "cli/files.h"
#include "cli/option_value.h"
#include "cli/version.h"
#include "evidence/media_types.h"
#include "rats/cmw/cmw.h"
#include "rats/corim/corim.h"
#include "rats/media_type.h"
#include "service/verifier/evidence_body.h"
#include "verifier/store/memory/store.h"

namespace credence::cli {
namespace {

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

Result<verifier::Challenge> challenge_from(const OfflineOptions& options) {
  if (!options.binder.empty()) return binder_from(options.binder);
  TRY(Bytes octets, option_value("--nonce", from_hex(options.nonce)));
  return Nonce(std::move(octets));
}

// With --nonce and Veraison's media type the nonce is taken verbatim, as Veraison's clients send it. No channel does.
bool is_compatibility_mode(const OfflineOptions& options, std::string_view media_type) {
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

Result<verifier::Policy> policy_from(const OfflineOptions& options) {
  verifier::Policy policy;
  policy.allow_insecure_test_root = options.allow_insecure_test_root;
  policy.insecure_veraison_endorsements = options.insecure_veraison_endorsements;
  policy.minimum_pcrs.clear();
  for (const unsigned pcr : options.minimum_pcrs) {
    if (pcr > 23) return fail(Errc::usage, std::format("--minimum-pcrs: expected 0 to 23, got {}", pcr));
    policy.minimum_pcrs.insert(static_cast<std::uint8_t>(pcr));
  }
  return policy;
}

// As the verifier's API takes it: in a CMW or not, under a type that a scheme knows.
Result<service::EvidenceBody> read_evidence(const OfflineOptions& options, const std::vector<std::string>& supported) {
  if (auto type = option_value("--media-type", rats::parse_media_type(options.media_type)); !type) {
    return std::unexpected(std::move(type).error());
  }
  TRY(Bytes octets, read_file(options.evidence));
  auto evidence = service::evidence_from_body(options.media_type, std::move(octets), supported);
  if (!evidence) return within(options.evidence, std::move(evidence).error());
  return evidence;
}

}  // namespace

void add_offline_options(CLI::App& command, OfflineOptions& options) {
  command.add_option("EVIDENCE", options.evidence, "The evidence")->required();
  command
      .add_option("--media-type", options.media_type,
                  "What the evidence is; application/cmw, +cbor or +json when it is wrapped")
      ->required();
  command.add_option("--corim", options.corims, "Endorsements and reference values; repeatable");
  command.add_option("--nonce", options.nonce,
                     "The challenge in hexadecimal; with Veraison's media type taken verbatim (compatibility mode)");
  command.add_option("--binder", options.binder, "The binder of a channel in hexadecimal: the full rules");
  command.add_option("--minimum-pcrs", options.minimum_pcrs, "PCRs that the quote must cover")->delimiter(',');
  command.add_flag("--allow-insecure-test-root", options.allow_insecure_test_root,
                   "Accept the published test root, which proves nothing");
  command.add_flag(
      "--insecure-veraison-endorsements", options.insecure_veraison_endorsements,
      "Affirm attestation keys without a Name (with --nonce taken verbatim) and realms that nobody endorsed");
}

verifier::Engine OfflineAppraisal::engine(std::shared_ptr<const verifier::Policies> policies) const {
  return {store, system_clock(), policy, {.build = kVersion, .issuer = {}}, std::move(policies)};
}

Result<OfflineAppraisal> prepare_request(const OfflineOptions& options) {
  if (options.nonce.empty() == options.binder.empty())
    return fail(Errc::usage, "expected exactly one of --nonce HEX and --binder HEX");
  OfflineAppraisal appraisal;
  TRY(appraisal.request.challenge, challenge_from(options));
  TRY(appraisal.policy, policy_from(options));
  TRY(service::EvidenceBody evidence, read_evidence(options, appraisal.engine().media_types()));
  appraisal.policy.compatibility = is_compatibility_mode(options, evidence.media_type);
  appraisal.request.media_type = std::move(evidence.media_type);
  appraisal.request.evidence = std::move(evidence.octets);
  return appraisal;
}

Result<OfflineAppraisal> prepare(const OfflineOptions& options) {
  if (options.corims.empty()) return fail(Errc::usage, "expected --corim FILE: endorsements and reference values");
  TRY(OfflineAppraisal appraisal, prepare_request(options));
  TRY(appraisal.store, store_with(options.corims));
  return appraisal;
}

}  // namespace credence::cli
