#include "verifier/scheme/arm_cca/scheme.h"

#include <array>
#include <memory>
#include <utility>
#include <variant>

#include "base/text.h"
#include "evidence/cca/token.h"
#include "verifier/scheme/arm_cca/appraise_platform.h"
#include "verifier/scheme/arm_cca/appraise_realm.h"
#include "verifier/scheme/arm_cca/profile.h"
#include "verifier/scheme/arm_cca/questions.h"
#include "verifier/scheme/arm_cca/realm_values.h"
#include "verifier/scheme/arm_cca/stated.h"
#include "verifier/scheme/arm_platform/appraise.h"
#include "verifier/scheme/arm_platform/join.h"

namespace credence::verifier {
namespace {

using evidence::cca::Token;

// Veraison's names. A refusal stays under the name of the scheme.
constexpr std::string_view kPlatformSubmodule = "CCA_SSD_PLATFORM";
constexpr std::string_view kRealmSubmodule = "CCA_REALM";

constexpr std::array kPlatformProfiles = {cca::kPlatformProfile, cca::kOldPlatformProfile};
constexpr std::array kRealmProfiles = {cca::kRealmProfile};

class CcaEvidence final : public Evidence {
 public:
  explicit CcaEvidence(Token token) : token_(std::move(token)) {}

  Result<void> check_challenge(const Challenge& challenge, const Policy&) override {
    const auto* nonce = std::get_if<Nonce>(&challenge);
    if (nonce == nullptr)
      return fail(Errc::wrong_purpose, "a CCA token attests no TLS key: it says nothing of a channel");
    return evidence::cca::check_nonce(token_, *nonce);
  }

  Result<void> authenticate(Endorsements& endorsements, const Policy&) override {
    const std::string_view refusal = arm_cca_scheme().name();
    TRY(const auto key, arm::find_key(endorsements, token_.platform.claims, refusal));
    const auto authentic = evidence::cca::check_signatures(token_, key->key);
    arm::note_signature(endorsements, *key, token_.platform.claims, authentic ? kPlatformSubmodule : refusal,
                        authentic);
    CHECK(authentic);
    key_ = to_bytes(key->key.spki());
    return {};
  }

  Appraised appraise(Endorsements& endorsements, const Policy&) const override {
    Appraised appraised;
    appraised.ueid = token_.platform.claims.instance_id;
    appraised.credence.purpose = "challenge";
    appraised.credence.class_id = to_hex(token_.platform.claims.implementation_id);
    auto& platform = appraised.submodules.emplace_back(Appraised::Submodule{
        .name = std::string(kPlatformSubmodule), .vector = {}, .problem = {}, .claims = token_.platform.describe()});
    cca::appraise_platform(token_.platform.claims, endorsements, platform);
    auto& realm = appraised.submodules.emplace_back(Appraised::Submodule{
        .name = std::string(kRealmSubmodule), .vector = {}, .problem = {}, .claims = token_.realm.describe()});
    cca::appraise_realm(token_.realm.claims, endorsements, realm);
    return appraised;
  }

  AttesterIdentity identity() const override {
    return {.keys = {key_, to_bytes(token_.realm.public_key.spki())},
            .kid = {},
            .instance = token_.platform.claims.instance_id};
  }

  Result<json::Object> claims() const override {
    return json::Object{{"platform", token_.platform.describe()}, {"realm", token_.realm.describe()}};
  }

  std::vector<AcceptedClaim> stated() const override { return cca::stated(token_, key_); }

  std::optional<ByteView> attested_key() const override { return std::nullopt; }

 private:
  Token token_;
  Bytes key_;  // DER SPKI of the endorsed key, once authentic
};

class ArmCcaScheme final : public Scheme {
 public:
  std::string_view name() const override { return "ARM_CCA"; }
  std::vector<std::string_view> media_types() const override { return {evidence::cca::kMediaType}; }
  std::vector<std::string_view> profiles() const override {
    return {cca::kPlatformProfile, cca::kRealmProfile, cca::kOldPlatformProfile};
  }

  Result<std::unique_ptr<Evidence>> decode(std::string_view, ByteView octets) const override {
    TRY(Token token, evidence::cca::decode_token(octets));
    return std::make_unique<CcaEvidence>(std::move(token));
  }

  Result<void> read_comid(const rats::Comid& comid, std::string_view profile, Content& content) const override {
    if (!comid.endorsed_values.empty() || !comid.identity_keys.empty() || !comid.other_triples.empty())
      return fail(Errc::unsupported, "triples: this profile knows reference-triples and attest-key-triples only");
    const bool of_realms = profile == cca::kRealmProfile;
    if (of_realms && !comid.attestation_keys.empty())
      return fail(Errc::unsupported,
                  "triples: this profile knows reference-triples only, realms have no key of their own");
    for (const rats::ReferenceTriple& triple : comid.reference_values) {
      auto added = of_realms
                       ? cca::add_realm_values(triple, content)
                       : arm::add_platform_values(triple, cca::vocabulary_of(profile), cca::kPlatformPrefix, content);
      if (!added) return within("reference-triples", std::move(added).error());
    }
    return arm::add_keys(comid, content);
  }

  Result<Questions> questions(Topic topic, ByteView key) const override {
    return cca::questions(topic, key, kPlatformProfiles, kRealmProfiles);
  }

  Result<std::shared_ptr<const Endorsed>> join(Topic topic, std::span<const Statement> statements) const override {
    return cca::join(topic, statements);
  }
};

}  // namespace

const Scheme& arm_cca_scheme() {
  static const ArmCcaScheme scheme;
  return scheme;
}

}  // namespace credence::verifier
