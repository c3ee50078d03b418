#include "verifier/scheme/parsec_cca/scheme.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <variant>

#include "base/text.h"
#include "evidence/parsec_cca/bundle.h"
#include "sign/cose/key.h"
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

using evidence::parsec_cca::Bundle;
using rats::TrustClaim;

constexpr std::string_view kProfile = "tag:github.com/parallaxsecond,2023-03-03:cca";

class ParsecCcaEvidence final : public Evidence {
 public:
  explicit ParsecCcaEvidence(Bundle bundle) : bundle_(std::move(bundle)) {}

  Result<void> check_challenge(const Challenge& challenge, const Policy&) override {
    const auto* nonce = std::get_if<Nonce>(&challenge);
    // protocol.md 2.1: nothing says that the key cannot leave the realm, nor that the realm's software computed the
    // binder itself. With a key that leaked the evidence could be relayed.
    if (nonce == nullptr)
      return fail(Errc::wrong_purpose, "nothing proves where the attested key lives: it is no key of a channel");
    return evidence::parsec_cca::check_nonce(bundle_, *nonce);
  }

  Result<void> authenticate(Endorsements& endorsements, const Policy&) override {
    const std::string_view submodule = parsec_cca_scheme().name();
    TRY(const auto key, arm::find_key(endorsements, platform(), submodule));
    const auto authentic = evidence::cca::check_signatures(bundle_.pat, key->key);
    arm::note_signature(endorsements, *key, platform(), submodule, authentic);
    CHECK(authentic);
    key_ = to_bytes(key->key.spki());
    return {};
  }

  Appraised appraise(Endorsements& endorsements, const Policy& policy) const override {
    Appraised appraised;
    appraised.ueid = platform().instance_id;
    appraised.credence.purpose = "challenge";
    appraised.credence.class_id = to_hex(platform().implementation_id);
    auto& submodule = appraised.submodules.emplace_back(Appraised::Submodule{
        .name = std::string(parsec_cca_scheme().name()), .vector = {}, .problem = {}, .claims = annotated_evidence()});
    cca::appraise_platform(platform(), endorsements, submodule);
    appraise_realm(endorsements, policy, submodule, appraised.credence);
    return appraised;
  }

  AttesterIdentity identity() const override {
    return {
        .keys = {key_, to_bytes(bundle_.pat.realm.public_key.spki())}, .kid = {}, .instance = platform().instance_id};
  }

  Result<json::Object> claims() const override {
    TRY(const Bytes key, cose::encode_key(bundle_.key));
    return json::Object{{"kat", json::Object{{"nonce", to_base64(bundle_.nonce.view())}, {"akpub", to_base64(key)}}},
                        {"platform", bundle_.pat.platform.describe()},
                        {"realm", bundle_.pat.realm.describe()}};
  }

  std::vector<AcceptedClaim> stated() const override { return cca::stated(bundle_.pat, key_); }

  std::optional<ByteView> attested_key() const override { return bundle_.key.spki(); }

 private:
  [[nodiscard]] const evidence::psa::Claims& platform() const noexcept { return bundle_.pat.platform.claims; }

  // By the names that Veraison had until 2026, and still has in its examples of policies.
  [[nodiscard]] json::Object annotated_evidence() const {
    json::Object kat{{"nonce", to_base64(bundle_.nonce.view())}};
    if (const auto key = cose::encode_key(bundle_.key)) kat["akpub"] = to_base64(*key);
    return {{"kat", std::move(kat)},
            {"cca.platform", bundle_.pat.platform.describe()},
            {"cca.realm", bundle_.pat.realm.describe()}};
  }

  // The key is in the hands of the realm's software. Veraison does not look at it: there any realm of a good platform
  // has its key affirmed. Where endorsements like that are taken it is a note here, otherwise the one submodule is as
  // bad as the worse of the two.
  void appraise_realm(Endorsements& endorsements, const Policy& policy, Appraised::Submodule& submodule,
                      rats::CredenceClaims& credence) const {
    Appraised::Submodule realm{.name = submodule.name, .vector = {}, .problem = {}, .claims = {}};
    cca::appraise_realm(bundle_.pat.realm.claims, endorsements, realm);
    const bool unknown = realm.problem && realm.problem->code == Errc::no_reference_values;
    if (unknown && policy.insecure_veraison_endorsements) {
      credence.compatibility_mode = true;
      credence.warnings.emplace_back("compatibility mode: the realm that has the key was not appraised");
      return;
    }
    auto& executables = submodule.vector[TrustClaim::executables];
    executables = std::max(executables, realm.vector[TrustClaim::executables]);
    if (realm.problem) arm::add_problem(submodule, *std::move(realm.problem));
  }

  Bundle bundle_;
  Bytes key_;  // DER SPKI of the endorsed key, once authentic
};

class ParsecCcaScheme final : public Scheme {
 public:
  std::string_view name() const override { return "PARSEC_CCA"; }
  std::vector<std::string_view> media_types() const override { return {evidence::parsec_cca::kMediaType}; }
  std::vector<std::string_view> profiles() const override { return {kProfile}; }

  Result<std::unique_ptr<Evidence>> decode(std::string_view, ByteView octets) const override {
    TRY(Bundle bundle, evidence::parsec_cca::decode_bundle(octets));
    return std::make_unique<ParsecCcaEvidence>(std::move(bundle));
  }

  // Veraison's profile has the platform only; here it has realms too, as the profile of ARM_CCA names them.
  Result<void> read_comid(const rats::Comid& comid, std::string_view, Content& content) const override {
    if (!comid.endorsed_values.empty() || !comid.identity_keys.empty() || !comid.other_triples.empty())
      return fail(Errc::unsupported, "triples: this profile knows reference-triples and attest-key-triples only");
    for (const rats::ReferenceTriple& triple : comid.reference_values) {
      auto added = cca::is_about_realms(triple)
                       ? cca::add_realm_values(triple, content)
                       : arm::add_platform_values(triple, arm::kCca, cca::kPlatformPrefix, content);
      if (!added) return within("reference-triples", std::move(added).error());
    }
    return arm::add_keys(comid, content);
  }

  Result<Questions> questions(Topic topic, ByteView key) const override {
    return cca::questions(topic, key, profiles(), profiles());
  }

  Result<std::shared_ptr<const Endorsed>> join(Topic topic, std::span<const Statement> statements) const override {
    return cca::join(topic, statements);
  }
};

}  // namespace

const Scheme& parsec_cca_scheme() {
  static const ParsecCcaScheme scheme;
  return scheme;
}

}  // namespace credence::verifier
