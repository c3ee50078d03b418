#include "verifier/scheme/psa_iot/scheme.h"

#include <memory>
#include <utility>
#include <variant>

#include "base/text.h"
#include "evidence/psa/token.h"
#include "verifier/scheme/arm_platform/appraise.h"
#include "verifier/scheme/arm_platform/join.h"
#include "verifier/scheme/arm_platform/questions.h"
#include "verifier/scheme/arm_platform/stated.h"

namespace credence::verifier {
namespace {

using arm::PlatformKey;
using arm::PlatformValues;
using evidence::psa::Token;
using rats::TrustClaim;

constexpr std::string_view kProfile = "tag:arm.com,2025:psa#1.0.0";
constexpr std::string_view kOldProfile = "http://arm.com/psa/iot/1";

arm::Vocabulary vocabulary_of(std::string_view) { return arm::kPsa; }

class PsaEvidence final : public Evidence {
 public:
  explicit PsaEvidence(Token token) : token_(std::move(token)) {}

  Result<void> check_challenge(const Challenge& challenge, const Policy&) override {
    const auto* nonce = std::get_if<Nonce>(&challenge);
    if (nonce == nullptr)
      return fail(Errc::wrong_purpose, "a PSA token attests no TLS key: it says nothing of a channel");
    return evidence::psa::check_nonce(token_, *nonce);
  }

  Result<void> authenticate(Endorsements& endorsements, const Policy&) override {
    const std::string_view submodule = psa_iot_scheme().name();
    TRY(const auto key, arm::find_key(endorsements, token_.claims, submodule));
    const auto authentic = evidence::psa::check_signature(token_, key->key);
    arm::note_signature(endorsements, *key, token_.claims, submodule, authentic);
    CHECK(authentic);
    key_ = to_bytes(key->key.spki());
    return {};
  }

  Appraised appraise(Endorsements& endorsements, const Policy&) const override {
    Appraised appraised;
    appraised.ueid = token_.claims.instance_id;
    appraised.credence.purpose = "challenge";
    appraised.credence.class_id = to_hex(token_.claims.implementation_id);
    auto& submodule = appraised.submodules.emplace_back(
        Appraised::Submodule{.name = std::string(psa_iot_scheme().name()), .vector = {}, .problem = {}, .claims = {}});
    submodule.claims = token_.describe();
    submodule.vector[TrustClaim::hardware] = rats::kTrustworthy;  // its key is endorsed as that of a PSA root of trust
    const auto values = endorsements.find<PlatformValues>(Topic::reference_values, token_.claims.implementation_id);
    arm::appraise_lifecycle(token_.claims, endorsements, submodule);
    arm::appraise_components(token_.claims, values.get(), endorsements, submodule);
    return appraised;
  }

  AttesterIdentity identity() const override {
    return {.keys = {key_}, .kid = {}, .instance = token_.claims.instance_id};
  }

  Result<json::Object> claims() const override { return token_.describe(); }

  std::vector<AcceptedClaim> stated() const override { return {arm::stated_platform(token_.claims, arm::kPsa, key_)}; }

  std::optional<ByteView> attested_key() const override { return std::nullopt; }

 private:
  Token token_;
  Bytes key_;  // DER SPKI of the endorsed key, once authentic
};

class PsaIotScheme final : public Scheme {
 public:
  std::string_view name() const override { return "PSA_IOT"; }
  std::vector<std::string_view> media_types() const override {
    return {evidence::psa::kMediaType, evidence::psa::kEatMediaType, evidence::psa::kLegacyMediaType,
            evidence::psa::kOldMediaType};
  }
  std::vector<std::string_view> profiles() const override { return {kProfile, kOldProfile}; }

  Result<std::unique_ptr<Evidence>> decode(std::string_view, ByteView octets) const override {
    TRY(Token token, evidence::psa::decode_token(octets));
    return std::make_unique<PsaEvidence>(std::move(token));
  }

  Result<void> read_comid(const rats::Comid& comid, std::string_view, Content& content) const override {
    if (!comid.endorsed_values.empty() || !comid.identity_keys.empty() || !comid.other_triples.empty())
      return fail(Errc::unsupported, "triples: this profile knows reference-triples and attest-key-triples only");
    for (const rats::ReferenceTriple& triple : comid.reference_values)
      if (auto added = arm::add_platform_values(triple, arm::kPsa, {}, content); !added)
        return within("reference-triples", std::move(added).error());
    return arm::add_keys(comid, content);
  }

  Result<Questions> questions(Topic topic, ByteView key) const override {
    return topic == Topic::trust_anchor ? arm::ask_for_key(profiles(), key) : arm::ask_for_values(profiles(), key);
  }

  Result<std::shared_ptr<const Endorsed>> join(Topic topic, std::span<const Statement> statements) const override {
    return topic == Topic::trust_anchor ? arm::join_keys(statements)
                                        : arm::join_platform_values(statements, vocabulary_of);
  }
};

}  // namespace

const Scheme& psa_iot_scheme() {
  static const PsaIotScheme scheme;
  return scheme;
}

}  // namespace credence::verifier
