#include "verifier/scheme/tpm_enacttrust/scheme.h"

#include <algorithm>
#include <format>
#include <memory>
#include <utility>
#include <variant>

#include "base/text.h"
#include "evidence/enacttrust/token.h"
#include "verifier/scheme/questions.h"
#include "verifier/scheme/tpm_enacttrust/endorsed.h"

namespace credence::verifier {
namespace {

using enacttrust::NodeDigests;
using enacttrust::NodeKey;
using evidence::enacttrust::Token;
using rats::TrustClaim;

Result<void> check_digest(const NodeDigests* known, ByteView got, Timestamp now) {
  if (known == nullptr) return fail(Errc::no_reference_values, "no reference value is known for this node");
  const ApprovedValue* same = find_approved(known->digests, got);
  if (same == nullptr)
    return fail(Errc::pcr_mismatch, std::format("digest over all quoted PCRs: expected {}, got {}",
                                                expected_text(known->digests, now), to_hex(got)));
  if (same->validity.contains(now)) return {};
  return fail(Errc::expired, std::format("the reference value of this node {}", same->validity.refusal(now)));
}

void trace_key(Trace& trace, const Token& token, const NodeKey* key, Timestamp now) {
  if (!trace.wanted()) return;
  Trace::Step step{.submodule = std::string(tpm_enacttrust_scheme().name()),
                   .claim = {},
                   .subject = "key of node " + token.node.text(),
                   .expected = "endorsed",
                   .actual = "endorsed",
                   .agrees = key != nullptr && key->validity.contains(now)};
  if (key == nullptr) {
    step.actual = "no endorsement names the node";
  } else {
    name_sources(step, key->sources);
    if (!step.agrees) step.actual = "its endorsement " + key->validity.refusal(now);
  }
  trace.add(std::move(step));
}

void trace_digest(Trace& trace, const NodeDigests* known, ByteView got, Timestamp now, bool agrees) {
  if (!trace.wanted()) return;
  const Trace::Step step{.submodule = std::string(tpm_enacttrust_scheme().name()),
                         .claim = "executables",
                         .subject = "digest over all quoted PCRs",
                         .actual = to_hex(got),
                         .agrees = agrees};
  if (known == nullptr) return trace.add(step);
  trace_approved(trace, step, known->digests, got, now);
}

class EnacttrustEvidence final : public Evidence {
 public:
  explicit EnacttrustEvidence(Token token) : token_(std::move(token)) {}

  Result<void> check_challenge(const Challenge& challenge, const Policy&) override {
    const auto* nonce = std::get_if<Nonce>(&challenge);
    if (nonce == nullptr)
      return fail(Errc::wrong_purpose, "a node quotes nonces as they come: its evidence says nothing of a channel");
    return evidence::enacttrust::check_token(token_, *nonce);
  }

  Result<void> authenticate(Endorsements& endorsements, const Policy&) override {
    const auto key = endorsements.find<NodeKey>(Topic::trust_anchor, token_.node.octets);
    trace_key(endorsements.trace(), token_, key.get(), endorsements.now());
    if (key == nullptr)
      return fail(Errc::unknown_attester,
                  std::format("no endorsement names node {}: provision its CoRIM", token_.node.text()));
    if (!key->validity.contains(endorsements.now()))
      return fail(Errc::expired, std::format("the endorsement of node {} {}, now it is {}: provision a current CoRIM",
                                             token_.node.text(), key->validity.refusal(endorsements.now()),
                                             to_rfc3339(endorsements.now())));
    key_ = to_bytes(key->key.spki());
    return evidence::enacttrust::check_signature(token_, key->key);
  }

  Appraised appraise(Endorsements& endorsements, const Policy&) const override {
    Appraised appraised;
    appraised.ueid = to_bytes(token_.node.octets);
    appraised.credence.purpose = "challenge";
    appraised.credence.unknown_tpm_maker = true;
    appraised.credence.warnings = {
        "unknown TPM maker: no EK certificate vouches for this TPM",
        "the key of the node is endorsed without its Name: nothing says that it is restricted"};
    auto& submodule =
        appraised.submodules.emplace_back(Appraised::Submodule{.name = std::string(tpm_enacttrust_scheme().name()),
                                                               .vector = {},
                                                               .problem = {},
                                                               .claims = evidence::enacttrust::claims_of(token_)});
    const auto digests = endorsements.find<NodeDigests>(Topic::reference_values, token_.node.octets);
    auto approved = check_digest(digests.get(), token_.quoted().digest, endorsements.now());
    trace_digest(endorsements.trace(), digests.get(), token_.quoted().digest, endorsements.now(), approved.has_value());
    if (!approved) {
      submodule.vector[TrustClaim::executables] = rats::kUnrecognisedRuntime;
      submodule.problem = std::move(approved).error();
    } else {
      submodule.vector[TrustClaim::executables] = rats::kTrustworthy;
    }
    return appraised;
  }

  AttesterIdentity identity() const override {
    return {.keys = {key_}, .kid = {}, .instance = to_bytes(token_.node.octets)};
  }

  Result<json::Object> claims() const override { return evidence::enacttrust::claims_of(token_); }

  // As its reference value is written: one digest, without mkey.
  std::vector<AcceptedClaim> stated() const override {
    AcceptedClaim claim;
    claim.environment.instance = rats::TaggedBytes{.tag = rats::kTagUuid, .value = to_bytes(token_.node.octets)};
    claim.authority = authority_of(key_);
    claim.measurements.emplace_back().values.digests.push_back(
        {.algorithm = rats::named_information_id(crypto::HashAlgorithm::sha256),
         .value = to_bytes(token_.quoted().digest)});
    return {claim};
  }

  std::optional<ByteView> attested_key() const override { return std::nullopt; }

 private:
  Token token_;
  Bytes key_;  // DER SPKI, once authentic
};

class TpmEnacttrustScheme final : public Scheme {
 public:
  std::string_view name() const override { return "TPM_ENACTTRUST"; }
  std::vector<std::string_view> media_types() const override { return {evidence::enacttrust::kMediaType}; }
  std::vector<std::string_view> profiles() const override { return {enacttrust::kProfile}; }

  Result<std::unique_ptr<Evidence>> decode(std::string_view, ByteView octets) const override {
    TRY(Token token, evidence::enacttrust::decode_token(octets));
    return std::make_unique<EnacttrustEvidence>(std::move(token));
  }

  Result<void> read_comid(const rats::Comid& comid, std::string_view, Content& content) const override {
    if (!comid.endorsed_values.empty() || !comid.identity_keys.empty() || !comid.other_triples.empty())
      return fail(Errc::unsupported, "triples: this profile knows reference-triples and attest-key-triples only");
    for (const rats::ReferenceTriple& triple : comid.reference_values) {
      const auto node = enacttrust::node_of(triple.environment);
      const auto checked = node ? enacttrust::digest_of(triple) : node;
      if (!checked) return within("reference-triples", checked.error());
      CHECK(content.add(Topic::reference_values, *node, TripleKind::reference_values, triple));
    }
    for (const rats::KeyTriple& triple : comid.attestation_keys) {
      const auto node = enacttrust::node_of(triple.environment);
      if (!node) return within("attest-key-triples", node.error());
      if (const auto key = enacttrust::key_of(triple); !key) return within("attest-key-triples", key.error());
      CHECK(content.add(Topic::trust_anchor, *node, TripleKind::attestation_keys, triple));
    }
    return {};
  }

  Result<Questions> questions(Topic topic, ByteView key) const override {
    using rats::ArtifactType;
    return Questions{
        ask_for_instance(enacttrust::kProfile,
                         topic == Topic::trust_anchor ? ArtifactType::trust_anchors : ArtifactType::reference_values,
                         {.tag = rats::kTagUuid, .value = to_bytes(key)})};
  }

  Result<std::shared_ptr<const Endorsed>> join(Topic topic, std::span<const Statement> statements) const override {
    return topic == Topic::trust_anchor ? enacttrust::join_keys(statements) : enacttrust::join_digests(statements);
  }
};

}  // namespace

const Scheme& tpm_enacttrust_scheme() {
  static const TpmEnacttrustScheme scheme;
  return scheme;
}

}  // namespace credence::verifier
