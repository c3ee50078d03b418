#include "verifier/scheme/riot/scheme.h"

#include <algorithm>
#include <format>
#include <memory>
#include <utility>
#include <variant>
#include <vector>

#include "crypto/authority.h"
#include "crypto/hash.h"
#include "evidence/dice/chain.h"
#include "verifier/scheme/questions.h"
#include "verifier/scheme/riot/compare.h"
#include "verifier/scheme/riot/endorsed.h"
#include "verifier/scheme/riot/stated.h"

namespace credence::verifier {
namespace {

namespace dice = evidence::dice;
using rats::TrustClaim;
using riot::ApprovedFirmware;
using riot::DeviceRoots;

constexpr std::int8_t kNotFresh = 32;
constexpr std::int8_t kUnsafeConfiguration = 32;
constexpr std::int8_t kApprovedBoot = 3;

class RiotEvidence final : public Evidence {
 public:
  explicit RiotEvidence(dice::Chain chain) : chain_(std::move(chain)) {}

  // A chain that was made for no nonce goes on, and is never affirmed: appraise() says so.
  Result<void> check_challenge(const Challenge& challenge, const Policy&) override {
    const auto* nonce = std::get_if<Nonce>(&challenge);
    if (nonce == nullptr)
      return fail(Errc::wrong_purpose,
                  "a chain of certificates says nothing of a connection: no channel is built on it");
    TRY(fresh_, dice::check_challenge(chain_, *nonce));
    return {};
  }

  Result<void> authenticate(Endorsements& endorsements, const Policy&) override {
    const auto known = endorsements.find<DeviceRoots>(Topic::trust_anchor, as_bytes(riot::kKey));
    if (known == nullptr) return fail(Errc::unknown_attester, "no root of devices is endorsed: provision its CoRIM");
    const dice::Anchors anchors = known->at(endorsements.now());
    if (anchors.roots.empty())
      return fail(Errc::expired, std::format("the endorsement of the roots of devices {}: provision a current CoRIM",
                                             known->roots.back().validity.refusal(endorsements.now())));
    CHECK(dice::check_chain(chain_, anchors, endorsements.now()));
    keys_ = keys_relied_on(anchors, endorsements.now());
    return {};
  }

  AttesterIdentity identity() const override { return {.keys = keys_, .kid = {}, .instance = instance()}; }

  Appraised appraise(Endorsements& endorsements, const Policy&) const override {
    Appraised appraised;
    appraised.ueid = instance();
    appraised.credence.purpose = "challenge";
    auto& submodule = appraised.submodules.emplace_back(Appraised::Submodule{
        .name = std::string(riot_scheme().name()), .vector = {}, .problem = {}, .claims = dice::claims_of(chain_)});
    judge_firmware(endorsements, submodule);
    submodule.vector[TrustClaim::instance_identity] = fresh_ ? rats::kTrustworthy : kNotFresh;
    if (!fresh_)
      submodule.problem = Error{.code = Errc::nonce_mismatch,
                                .why =
                                    "the chain is authentic and not fresh: it was made for no challenge, and anyone "
                                    "who has seen it once can show it. Send a leaf with TcbFreshness, or a signed "
                                    "nonce"};
    return appraised;
  }

  Result<json::Object> claims() const override { return dice::claims_of(chain_); }

  std::vector<AcceptedClaim> stated() const override { return riot::stated(chain_); }

  std::optional<ByteView> attested_key() const override { return std::nullopt; }

 private:
  Bytes instance() const {
    Bytes instance = {0x01};
    if (const auto digest = crypto::digest(crypto::HashAlgorithm::sha256, dice::device_key(chain_)))
      append(instance, digest->view());
    return instance;
  }

  // Of the chain, and of what it hangs from. Among several roots it is the one that holds the chain up alone. Endorsed
  // intermediates count where they signed: one that did not would pass for a key that the evidence was verified with.
  std::vector<Bytes> keys_relied_on(const dice::Anchors& anchors, Timestamp now) const {
    std::vector<const crypto::Certificate*> path;
    for (const auto& certificate : chain_.certificates) path.push_back(&certificate);
    for (std::size_t i = 0; i < path.size(); ++i)
      for (const auto& issuer : anchors.intermediates)
        if (!std::ranges::contains(path, &issuer) && crypto::verify_issued_by(*path[i], issuer))
          path.push_back(&issuer);
    std::vector<Bytes> keys;
    for (const crypto::Certificate* certificate : path) keys.push_back(to_bytes(certificate->spki()));
    for (const auto& root : anchors.roots) {
      const bool holds = anchors.roots.size() == 1 ||
                         dice::check_chain(chain_, {.roots = {root}, .intermediates = anchors.intermediates}, now);
      if (holds) keys.push_back(to_bytes(root.spki()));
    }
    return keys;
  }

  void judge_firmware(Endorsements& endorsements, Appraised::Submodule& submodule) const {
    const auto approved = endorsements.find<ApprovedFirmware>(Topic::reference_values, as_bytes(riot::kKey));
    if (approved == nullptr) {
      // Never endorsed, or withdrawn: who revokes a firmware must not make all of them good.
      submodule.vector[TrustClaim::executables] = rats::kUnrecognisedRuntime;
      submodule.problem = Error{.code = Errc::no_reference_values,
                                .why =
                                    "no reference value is known for the firmware of DICE devices: the chain says "
                                    "which device it is, and nobody said what it may run"};
    } else {
      auto compared = riot::compare(chain_, *approved, endorsements.now(), submodule.name, endorsements.trace());
      submodule.vector[TrustClaim::executables] = compared ? kApprovedBoot : rats::kUnrecognisedRuntime;
      if (!compared) submodule.problem = std::move(compared).error();
    }
    if (auto closed = riot::check_flags(chain_); !closed) {
      submodule.vector[TrustClaim::configuration] = kUnsafeConfiguration;
      submodule.problem = std::move(closed).error();
    }
  }

  dice::Chain chain_;
  bool fresh_ = false;
  std::vector<Bytes> keys_;  // DER SPKI, once authentic
};

Result<void> read_roots(const rats::Comid& comid, Content& content) {
  if (!comid.reference_values.empty() || !comid.endorsed_values.empty() || !comid.identity_keys.empty() ||
      !comid.other_triples.empty())
    return fail(Errc::unsupported, "triples: this profile knows attest-key-triples only");
  for (const rats::KeyTriple& triple : comid.attestation_keys) {
    if (const auto checked = riot::check_root_environment(triple.environment); !checked)
      return within("attest-key-triples", checked.error());
    if (const auto path = riot::certificates_of(triple); !path) return within("attest-key-triples", path.error());
    CHECK(content.add(Topic::trust_anchor, as_bytes(riot::kKey), TripleKind::attestation_keys, triple));
  }
  return {};
}

Result<void> read_firmware(const rats::Comid& comid, Content& content) {
  if (!comid.attestation_keys.empty() || !comid.endorsed_values.empty() || !comid.identity_keys.empty() ||
      !comid.other_triples.empty())
    return fail(Errc::unsupported, "triples: this profile knows reference-triples only");
  for (const rats::ReferenceTriple& triple : comid.reference_values) {
    if (const auto firmware = riot::firmware_of(triple); !firmware)
      return within("reference-triples", firmware.error());
    CHECK(content.add(Topic::reference_values, as_bytes(riot::kKey), TripleKind::reference_values, triple));
  }
  return {};
}

class RiotScheme final : public Scheme {
 public:
  std::string_view name() const override { return "RIOT"; }
  std::vector<std::string_view> media_types() const override { return {dice::kPemChain, dice::kSignedNonce}; }
  std::vector<std::string_view> profiles() const override { return {riot::kProfile, riot::kFirmwareProfile}; }

  Result<std::unique_ptr<Evidence>> decode(std::string_view media_type, ByteView octets) const override {
    TRY(dice::Chain chain, dice::decode_chain(media_type, octets));
    return std::make_unique<RiotEvidence>(std::move(chain));
  }

  // An FWID is the digest of a file.
  bool takes_software_tags(std::string_view profile) const override { return profile == riot::kFirmwareProfile; }

  Result<void> read_comid(const rats::Comid& comid, std::string_view profile, Content& content) const override {
    return profile == riot::kProfile ? read_roots(comid, content) : read_firmware(comid, content);
  }

  // All firmware that is approved of any maker: CoSERV has no question for everything.
  Result<Questions> questions(Topic topic, ByteView) const override {
    if (topic != Topic::trust_anchor)
      return fail(Errc::unsupported,
                  "reference values of DICE chains are not asked for by class or instance: this evidence is appraised "
                  "by a verifier with a store only");
    rats::Class selected;
    selected.vendor = riot::kVendor;
    selected.model = riot::kModel;
    return Questions{ask_for_class(riot::kProfile, rats::ArtifactType::trust_anchors, std::move(selected))};
  }

  Result<std::shared_ptr<const Endorsed>> join(Topic topic, std::span<const Statement> statements) const override {
    return topic == Topic::trust_anchor ? riot::join_roots(statements) : riot::join_firmware(statements);
  }
};

}  // namespace

const Scheme& riot_scheme() {
  static const RiotScheme scheme;
  return scheme;
}

}  // namespace credence::verifier
