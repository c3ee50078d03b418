#include "verifier/scheme/sevsnp/scheme.h"

#include <algorithm>
#include <format>
#include <memory>
#include <utility>
#include <variant>
#include <vector>

#include "base/text.h"
#include "crypto/authority.h"
#include "crypto/hash.h"
#include "evidence/sevsnp/check.h"
#include "evidence/sevsnp/tsm_report.h"
#include "verifier/scheme/questions.h"
#include "verifier/scheme/sevsnp/claims.h"
#include "verifier/scheme/sevsnp/compare.h"
#include "verifier/scheme/sevsnp/endorsed.h"
#include "verifier/scheme/sevsnp/stated.h"

namespace credence::verifier {
namespace {

namespace snp = evidence::sevsnp;
using sevsnp::ProductRoot;
using sevsnp::ReferenceSets;

// One name for one attester, as long as a kid: of the chip, or of the key that a cloud provider loads into all of its.
Bytes instance_of(const snp::Statements& statements) {
  const ByteView named =
      statements.vek.hardware_id ? ByteView(statements.report.chip_id) : statements.vek.certificate.spki();
  Bytes instance = {0x01};
  if (const auto digest = crypto::digest(crypto::HashAlgorithm::sha256, named)) append(instance, digest->view());
  return instance;
}

class SevsnpEvidence final : public Evidence {
 public:
  explicit SevsnpEvidence(snp::Statements statements) : statements_(std::move(statements)) {}

  // The guest chooses REPORT_DATA, and its TLS key lies in its memory: a binder in it does not say that the key cannot
  // leave, and a leaked key with a report at will is the relay that no binder stops (docs/protocol.md section 2).
  Result<void> check_challenge(const Challenge& challenge, const Policy&) override {
    const auto* nonce = std::get_if<Nonce>(&challenge);
    if (nonce == nullptr)
      return fail(Errc::wrong_purpose, "a report says nothing of where a TLS key lies: no channel is built on it");
    return snp::check_challenge(statements_, *nonce);
  }

  Result<void> authenticate(Endorsements& endorsements, const Policy&) override {
    const snp::Vek& vek = statements_.vek;
    const auto root =
        endorsements.find<ProductRoot>(Topic::trust_anchor, sevsnp::root_key(vek.root_organization, vek.root_name));
    if (root == nullptr) {
      trace_no_root(endorsements.trace(), sevsnp_scheme().name(),
                    std::format("{} of {}", vek.root_name, vek.root_organization));
      return fail(Errc::unknown_attester, std::format("no root is endorsed for {} of {}: provision its CoRIM",
                                                      vek.root_name, vek.root_organization));
    }
    const auto held = check_chain_under(*root, endorsements.now());
    trace_chain(endorsements, *root, held);
    CHECK(held);
    path_ = relied_on(root->at(endorsements.now()));
    return snp::check_report(statements_);
  }

  AttesterIdentity identity() const override {
    return {.keys = keys_of(path_), .kid = {}, .instance = instance_of(statements_), .path = path_};
  }

  Appraised appraise(Endorsements& endorsements, const Policy&) const override {
    const std::string name(sevsnp_scheme().name());
    const auto sets = endorsements.find<ReferenceSets>(Topic::reference_values, statements_.report.measurement);
    sevsnp::Comparison comparison =
        sevsnp::compare(statements_, sets.get(), endorsements.now(), name, endorsements.trace());
    Appraised appraised;
    appraised.ueid = instance_of(statements_);
    appraised.credence.purpose = "challenge";
    appraised.credence.hazard_allowed = !comparison.warnings.empty();
    appraised.credence.warnings = std::move(comparison.warnings);
    appraised.submodules.push_back({.name = name,
                                    .vector = comparison.vector,
                                    .problem = std::move(comparison.problem),
                                    .claims = annotated_evidence()});
    return appraised;
  }

  Result<json::Object> claims() const override { return sevsnp::claims_of(statements_.report); }

  std::vector<AcceptedClaim> stated() const override {
    return {sevsnp::stated(statements_.report, statements_.vek.certificate.spki())};
  }

  std::optional<ByteView> attested_key() const override { return std::nullopt; }

 private:
  Result<void> check_chain_under(const ProductRoot& known, Timestamp now) const {
    const snp::Roots roots = known.at(now);
    if (roots.arks.empty())
      return fail(Errc::expired, std::format("the endorsement of {} {}: provision a current CoRIM",
                                             statements_.vek.root_name, known.arks.front().validity.refusal(now)));
    return snp::check_chain(statements_, roots, now);
  }

  void trace_chain(Endorsements& endorsements, const ProductRoot& known, const Result<void>& held) const {
    Trace& trace = endorsements.trace();
    if (!trace.wanted()) return;
    const Timestamp now = endorsements.now();
    const auto looked_at = [&](const std::vector<EndorsedAuthority>& all) {
      return held ? valid_at(all, now) : any_time(all);
    };
    const std::string_view submodule = sevsnp_scheme().name();
    trace_signed_under(trace, submodule, "root", looked_at(known.arks), held, now);
    trace_signed_under(trace, submodule, "intermediate",
                       signers_of({&statements_.vek.certificate}, looked_at(known.asks)), held, now);
  }

  // The VEK, whoever issued it, and the roots of the product: all of them vouch for the report. An ASK counts because
  // it signed and not because it is shown: another one shown beside that of the CoRIM would hide a revoked ASK, and
  // pass for a key that the evidence was verified with.
  std::vector<crypto::Certificate> relied_on(const snp::Roots& roots) const {
    std::vector<crypto::Certificate> asks = roots.asks;
    if (statements_.certificates.ask) asks.push_back(*statements_.certificates.ask);
    std::vector<crypto::Certificate> path = {statements_.vek.certificate};
    for (std::size_t i = 0; i < path.size(); ++i)
      std::erase_if(asks, [&](const crypto::Certificate& ask) {
        const bool signed_it = crypto::verify_issued_by(path[i], ask).has_value();
        if (signed_it) path.push_back(ask);
        return signed_it;
      });
    path.insert(path.end(), roots.arks.begin(), roots.arks.end());
    return path;
  }

  json::Object annotated_evidence() const {
    json::Object claims = snp::claims_of(statements_.report);
    claims["product"] = snp::name(statements_.vek.product);
    claims["tcb"] = statements_.vek.tcb.text();
    if (statements_.vek.csp_id) claims["csp-id"] = *statements_.vek.csp_id;
    return claims;
  }

  snp::Statements statements_;
  std::vector<crypto::Certificate> path_;  // once the chain holds
};

class SevsnpScheme final : public Scheme {
 public:
  std::string_view name() const override { return "SEVSNP"; }
  std::vector<std::string_view> media_types() const override {
    return {snp::kTsmReportCbor, snp::kTsmReportJson, snp::kConfigfsTsmJson, snp::kRatsdToken};
  }
  std::vector<std::string_view> profiles() const override { return {sevsnp::kProfile, sevsnp::kArkProfile}; }
  bool has_certificates() const override { return true; }

  Result<std::unique_ptr<Evidence>> decode(std::string_view media_type, ByteView octets) const override {
    TRY(snp::Statements statements, snp::decode_statements(media_type, octets));
    return std::make_unique<SevsnpEvidence>(std::move(statements));
  }

  Result<void> read_comid(const rats::Comid& comid, std::string_view, Content& content) const override {
    if (!comid.endorsed_values.empty() || !comid.identity_keys.empty() || !comid.other_triples.empty())
      return fail(Errc::unsupported, "triples: this profile knows reference-triples and attest-key-triples only");
    for (const rats::ReferenceTriple& triple : comid.reference_values) {
      if (const auto values = sevsnp::values_of(triple); !values) return within("reference-triples", values.error());
      const auto measurement = sevsnp::measurement_of(triple.environment);
      if (!measurement) return within("reference-triples", measurement.error());
      CHECK(content.add(Topic::reference_values, *measurement, TripleKind::reference_values, triple));
    }
    for (const rats::KeyTriple& triple : comid.attestation_keys) {
      const auto key = sevsnp::root_key_of(triple.environment);
      if (!key) return within("attest-key-triples", key.error());
      if (const auto path = sevsnp::certificates_of(triple); !path) return within("attest-key-triples", path.error());
      CHECK(content.add(Topic::trust_anchor, *key, TripleKind::attestation_keys, triple));
    }
    return {};
  }

  Result<Questions> questions(Topic topic, ByteView key) const override {
    if (topic == Topic::trust_anchor) {
      TRY(const rats::Class root, sevsnp::class_of_root(key));
      return ask_for_class_in(profiles(), rats::ArtifactType::trust_anchors, root);
    }
    return ask_for_instance_in(profiles(), rats::ArtifactType::reference_values,
                               {.tag = rats::kTagBytes, .value = to_bytes(key)});
  }

  Result<std::shared_ptr<const Endorsed>> join(Topic topic, std::span<const Statement> statements) const override {
    return topic == Topic::trust_anchor ? sevsnp::join_roots(statements) : sevsnp::join_sets(statements);
  }
};

}  // namespace

const Scheme& sevsnp_scheme() {
  static const SevsnpScheme scheme;
  return scheme;
}

}  // namespace credence::verifier
