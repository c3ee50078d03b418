#include "verifier/scheme/parsec_tpm/scheme.h"

#include <format>
#include <memory>
#include <utility>

#include "base/text.h"
#include "evidence/media_types.h"
#include "evidence/tpm/check.h"
#include "verifier/scheme/parsec_tpm/compare.h"
#include "verifier/scheme/parsec_tpm/describe.h"
#include "verifier/scheme/parsec_tpm/form.h"
#include "verifier/scheme/parsec_tpm/join.h"
#include "verifier/scheme/parsec_tpm/test_root.h"
#include "verifier/scheme/parsec_tpm/trace_steps.h"
#include "verifier/scheme/parsec_tpm/triples.h"
#include "verifier/scheme/questions.h"

namespace credence::verifier {
namespace {

namespace tpm = evidence::tpm;
using rats::TrustClaim;

Error unknown_attester(ByteView kid) {
  return {.code = Errc::unknown_attester,
          .why = std::format("no endorsement names kid {}: provision the CoRIMs of this device", to_hex(kid))};
}

Error out_of_validity(const TrustAnchor& anchor, Timestamp now) {
  return {.code = Errc::expired,
          .why = std::format("the endorsement of this key {}, now it is {}: provision a current CoRIM of this device",
                             anchor.validity.refusal(now), to_rfc3339(now))};
}

std::string class_text(const rats::TaggedBytes& class_id) {
  rats::Uuid uuid;
  if (class_id.tag != rats::kTagUuid || class_id.value.size() != uuid.octets.size()) return to_hex(class_id.value);
  std::ranges::copy(class_id.value, uuid.octets.begin());
  return uuid.text();
}

class TpmEvidence final : public Evidence {
 public:
  TpmEvidence(std::string_view media_type, tpm::Statements statements)
      : media_type_(media_type), statements_(std::move(statements)) {}

  Result<void> check_challenge(const Challenge& challenge, const Policy& policy) override {
    TRY(form_, form_of(media_type_, challenge, policy));
    TRY(const Bytes extra_data, expected_extra_data(form_, challenge));
    return tpm::check_statements(statements_, extra_data, mismatch_of(form_));
  }

  Result<void> authenticate(Endorsements& endorsements, const Policy& policy) override {
    anchor_ = endorsements.find<TrustAnchor>(Topic::trust_anchor, kid());
    trace_anchor(endorsements.trace(), kid(), anchor_.get(), endorsements.now());
    if (anchor_ == nullptr) return std::unexpected(unknown_attester(kid()));
    // draft-ietf-rats-corim section 4.1.6: else a device that the endorser gave up long ago is trusted for ever.
    if (!anchor_->validity.contains(endorsements.now()))
      return std::unexpected(out_of_validity(*anchor_, endorsements.now()));
    CHECK(check_test_root(media_type_, statements_.bundle, *anchor_, policy));
    CHECK(check_form(form_, *anchor_, policy));
    CHECK(tpm::check_signatures(statements_, anchor_->key));
    if (!anchor_->record) return {};  // check_form() has admitted it, and the result says so
    return tpm::check_signer(statements_, {.public_area = anchor_->record->public_area,
                                           .name = anchor_->record->name,
                                           .qualified_name = anchor_->record->qualified_name});
  }

  Appraised appraise(Endorsements& endorsements, const Policy& policy) const override {
    Appraised appraised;
    appraised.ueid = to_bytes(anchor_->kid.view());
    describe_signer(*anchor_, form_, appraised.credence);
    if (is_test_root(media_type_, statements_.bundle, *anchor_)) mark_test_root(appraised.credence);
    auto& submodule = appraised.submodules.emplace_back(Appraised::Submodule{
        .name = std::string(parsec_tpm_scheme().name()), .vector = {}, .problem = {}, .claims = {}});
    submodule.claims = quote_claims(statements_);
    submodule.vector[TrustClaim::hardware] = rats::kTrustworthy;
    if (auto approved = compare(endorsements, policy); !approved) {
      submodule.vector[TrustClaim::executables] = rats::kUnrecognisedRuntime;
      submodule.problem = std::move(approved).error();
      return appraised;
    }
    submodule.vector[TrustClaim::instance_identity] = rats::kTrustworthy;
    submodule.vector[TrustClaim::executables] = rats::kTrustworthy;
    appraised.credence.class_id = class_text(anchor_->class_id);
    return appraised;
  }

  AttesterIdentity identity() const override {
    return {.keys = {to_bytes(anchor_->key.spki())}, .kid = to_bytes(kid()), .instance = to_bytes(kid())};
  }

  Result<json::Object> claims() const override { return claims_of(statements_); }

  std::vector<AcceptedClaim> stated() const override { return {stated_claim(statements_, *anchor_)}; }

  std::optional<ByteView> attested_key() const override { return statements_.tls_key.spki; }

 private:
  [[nodiscard]] ByteView kid() const noexcept { return statements_.bundle.kat.kid; }

  Result<void> compare(Endorsements& endorsements, const Policy& policy) const {
    const auto values = endorsements.find<ReferenceValues>(Topic::reference_values, anchor_->class_id.value);
    Trace& trace = endorsements.trace();
    const auto covered = check_minimum_pcrs(statements_.quoted(), policy);
    trace_minimum_pcrs(trace, statements_.quoted(), policy, covered.has_value());
    // The other comparisons are made for the trace even so: who reads it wants to know all that is wrong.
    if (!covered && !trace.wanted()) return covered;
    if (values == nullptr) trace_no_values(trace, class_text(anchor_->class_id));
    const auto approved = compare_pcrs(statements_, values.get(), endorsements.now(), trace);
    return covered ? approved : covered;
  }

  std::string_view media_type_;  // one of the scheme's own constants
  tpm::Statements statements_;
  Form form_{};
  std::shared_ptr<const TrustAnchor> anchor_;
};

// Veraison's profile: reference values of a class, the key of an instance.
Result<void> read_parsec_tpm(const rats::Comid& comid, Content& content) {
  if (!comid.endorsed_values.empty() || !comid.identity_keys.empty() || !comid.other_triples.empty())
    return fail(Errc::unsupported, "triples: this profile knows reference-triples and attest-key-triples only");
  for (const rats::ReferenceTriple& triple : comid.reference_values) {
    auto read = read_reference_values(triple);
    if (!read) return within("reference-triples", std::move(read).error());
    CHECK(content.add(Topic::reference_values, read->class_id.value, TripleKind::reference_values, triple));
  }
  for (const rats::KeyTriple& triple : comid.attestation_keys) {
    auto read = read_key(triple);
    if (!read) return within("attest-key-triples", std::move(read).error());
    CHECK(content.add(Topic::trust_anchor, read->kid.view(), TripleKind::attestation_keys, triple));
  }
  return {};
}

// Ours: the record of an attestation key.
Result<void> read_tpm_key(const rats::Comid& comid, Content& content) {
  if (!comid.reference_values.empty() || !comid.attestation_keys.empty() || !comid.identity_keys.empty() ||
      !comid.other_triples.empty())
    return fail(Errc::unsupported, "triples: this profile knows endorsed-triples only");
  for (const rats::ReferenceTriple& triple : comid.endorsed_values) {
    auto read = read_record(triple);
    if (!read) return within("endorsed-triples", std::move(read).error());
    CHECK(content.add(Topic::trust_anchor, read->kid.view(), TripleKind::endorsed_values, triple));
  }
  return {};
}

class ParsecTpmScheme final : public Scheme {
 public:
  std::string_view name() const override { return "PARSEC_TPM"; }

  std::vector<std::string_view> media_types() const override {
    return {evidence::kParsecTpm, evidence::kTpmChallenge, evidence::kSoftwareTest};
  }

  // The record of an attestation key.
  bool takes_endorsed_values(std::string_view profile) const override { return profile == kCredenceTpmKeyProfile; }

  bool is_for_channels(std::string_view media_type) const override {
    return known_media_type(media_type) != evidence::kTpmChallenge;
  }

  Result<std::unique_ptr<Evidence>> decode(std::string_view media_type, ByteView octets) const override {
    TRY(tpm::Statements statements, tpm::decode_statements(octets));
    // A result names the key: not one with which nobody could ever prove anything.
    if (auto good = crypto::PublicKey::check_spki(statements.tls_key.spki); !good) {
      return within("kat.pubArea", std::move(good).error());
    }
    return std::make_unique<TpmEvidence>(known_media_type(media_type), std::move(statements));
  }

  std::vector<std::string_view> profiles() const override { return {kParsecTpmProfile, kCredenceTpmKeyProfile}; }

  Result<void> read_comid(const rats::Comid& comid, std::string_view profile, Content& content) const override {
    return profile == kParsecTpmProfile ? read_parsec_tpm(comid, content) : read_tpm_key(comid, content);
  }

  // A key is a triple of Veraison's profile and a record of ours.
  Result<Questions> questions(Topic topic, ByteView key) const override {
    using rats::ArtifactType;
    if (topic == Topic::trust_anchor) {
      const rats::TaggedBytes kid{.tag = rats::kTagBytes, .value = to_bytes(key)};
      return Questions{ask_for_instance(kParsecTpmProfile, ArtifactType::trust_anchors, kid),
                       ask_for_instance(kCredenceTpmKeyProfile, ArtifactType::endorsed_values, kid)};
    }
    rats::Class selected;
    selected.id = rats::TaggedBytes{.tag = rats::kTagUuid, .value = to_bytes(key)};
    return Questions{ask_for_class(kParsecTpmProfile, ArtifactType::reference_values, std::move(selected))};
  }

  Result<std::shared_ptr<const Endorsed>> join(Topic topic, std::span<const Statement> statements) const override {
    return topic == Topic::trust_anchor ? join_trust_anchor(statements) : join_reference_values(statements);
  }
};

}  // namespace

const Scheme& parsec_tpm_scheme() {
  static const ParsecTpmScheme scheme;
  return scheme;
}

}  // namespace credence::verifier
