#include "verifier/scheme/riot/scheme.h"

#include <format>
#include <memory>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "crypto/hash.h"
#include "evidence/dice/chain.h"
#include "verifier/scheme/questions.h"
#include "verifier/scheme/riot/compare.h"
#include "verifier/scheme/riot/endorsed.h"
#include "verifier/scheme/riot/stated.h"
#include "verifier/scheme/riot/vouchers.h"

namespace credence::verifier {
namespace {

namespace dice = evidence::dice;
using rats::TrustClaim;
using riot::ApprovedFirmware;
using riot::DeviceRoots;

constexpr std::int8_t kUnsafeConfiguration = 32;
constexpr std::int8_t kApprovedBoot = 3;

class RiotEvidence final : public Evidence {
 public:
  explicit RiotEvidence(dice::Chain chain) : chain_(std::move(chain)) {}

  Result<void> check_challenge(const Challenge& challenge, const Policy&) override {
    const auto* nonce = std::get_if<Nonce>(&challenge);
    if (nonce == nullptr)
      return fail(Errc::wrong_purpose,
                  "a chain of certificates says nothing of a connection: no channel is built on it");
    return dice::check_challenge(chain_, *nonce);
  }

  Result<void> authenticate(Endorsements& endorsements, const Policy&) override {
    const auto known = endorsements.find<DeviceRoots>(Topic::trust_anchor, as_bytes(riot::kKey));
    Trace& trace = endorsements.trace();
    if (known == nullptr) {
      trace_no_root(trace, riot_scheme().name(), "of any device");
      return fail(Errc::unknown_attester, "no root of devices is endorsed: provision its CoRIM");
    }
    const Timestamp now = endorsements.now();
    if (const auto held = check_chain_under(*known, now); !held) {
      riot::trace_refused_chain(trace, riot_scheme().name(), chain_, *known, held, now);
      return held;
    }
    const riot::Vouchers vouchers = riot::vouchers_of(chain_, *known, now);
    riot::trace_vouchers(trace, riot_scheme().name(), vouchers, now);
    path_ = riot::relied_on(chain_, vouchers);
    return {};
  }

  AttesterIdentity identity() const override {
    return {.keys = keys_of(path_), .kid = {}, .instance = instance(), .path = path_};
  }

  Appraised appraise(Endorsements& endorsements, const Policy&) const override {
    Appraised appraised;
    appraised.ueid = instance();
    appraised.credence.purpose = "challenge";
    auto& submodule = appraised.submodules.emplace_back(Appraised::Submodule{
        .name = std::string(riot_scheme().name()), .vector = {}, .problem = {}, .claims = dice::claims_of(chain_)});
    judge_firmware(endorsements, submodule);
    submodule.vector[TrustClaim::instance_identity] = rats::kTrustworthy;
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

  Result<void> check_chain_under(const DeviceRoots& known, Timestamp now) const {
    const dice::Anchors anchors = known.at(now);
    if (anchors.roots.empty())
      return fail(Errc::expired, std::format("the endorsement of the roots of devices {}: provision a current CoRIM",
                                             known.roots.back().validity.refusal(now)));
    return dice::check_chain(chain_, anchors, now);
  }

  struct Found {
    riot::Approved approved;
    std::optional<Bytes> unknown;  // the first key under which nothing is known
  };
  static Found look_up(Endorsements& endorsements, const riot::FirmwareKeys& keys) {
    Found found;
    for (std::size_t i = 0; i < keys.all.size(); ++i) {
      const bool is_usual = i >= keys.of_makers && keys.of_makers > 0;  // that nothing is known of a layer of any maker
      if (auto approved =
              endorsements.find<ApprovedFirmware>(Topic::reference_values, keys.all[i], IfUnknown::leave_it))
        found.approved.push_back(std::move(approved));
      else if (!found.unknown && !is_usual)
        found.unknown = keys.all[i];
    }
    return found;
  }

  // A value stands under one of the names of a layer, so nothing is known under most of them, whatever the device: the
  // database is asked for none of them, unless the device would be refused for it. Then once: it says all that is new.
  riot::Comparison compare_firmware(Endorsements& endorsements) const {
    const riot::FirmwareKeys keys = riot::firmware_keys(chain_);
    Found found = look_up(endorsements, keys);
    riot::Comparison compared(chain_, std::move(found.approved), endorsements.now());
    if (compared.holds() || !found.unknown) return compared;
    static_cast<void>(endorsements.find<ApprovedFirmware>(Topic::reference_values, *found.unknown));
    // What is new may stand under any of them.
    return {chain_, look_up(endorsements, keys).approved, endorsements.now()};
  }

  void judge_firmware(Endorsements& endorsements, Appraised::Submodule& submodule) const {
    const riot::Comparison compared = compare_firmware(endorsements);
    compared.add_steps(endorsements.trace(), submodule.name);
    auto verdict = compared.verdict();
    submodule.vector[TrustClaim::executables] = verdict ? kApprovedBoot : rats::kUnrecognisedRuntime;
    if (!verdict) submodule.problem = std::move(verdict).error();
    if (auto closed = riot::check_flags(chain_, submodule.name, endorsements.trace()); !closed) {
      submodule.vector[TrustClaim::configuration] = kUnsafeConfiguration;
      submodule.problem = std::move(closed).error();
    }
  }

  dice::Chain chain_;
  std::vector<crypto::Certificate> path_;  // once authentic
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
    CHECK(content.add(Topic::reference_values, riot::firmware_key(*triple.environment.class_map),
                      TripleKind::reference_values, triple));
  }
  return {};
}

class RiotScheme final : public Scheme {
 public:
  std::string_view name() const override { return "RIOT"; }
  std::vector<std::string_view> media_types() const override { return {dice::kPemChain, dice::kSignedNonce}; }
  std::vector<std::string_view> profiles() const override { return {riot::kProfile, riot::kFirmwareProfile}; }
  bool has_certificates() const override { return true; }

  Result<std::unique_ptr<Evidence>> decode(std::string_view media_type, ByteView octets) const override {
    TRY(dice::Chain chain, dice::decode_chain(media_type, octets));
    return std::make_unique<RiotEvidence>(std::move(chain));
  }

  // An FWID is the digest of a file.
  bool takes_software_tags(std::string_view profile) const override { return profile == riot::kFirmwareProfile; }

  Result<void> read_comid(const rats::Comid& comid, std::string_view profile, Content& content) const override {
    return profile == riot::kProfile ? read_roots(comid, content) : read_firmware(comid, content);
  }

  Result<Questions> questions(Topic topic, ByteView key) const override {
    if (topic == Topic::trust_anchor) return Questions{for_roots()};
    TRY(const rats::Environment named, environment_of_key(key));
    if (!named.class_map) return fail(Errc::unsupported, "firmware is of a class");
    return is_asked_for(*named.class_map) ? Questions{for_firmware(*named.class_map)} : Questions{};
  }

  // A bundle is for the layers of devices, as their TcbInfos name them.
  std::vector<rats::CoservQuery> questions_beside(const rats::Class& named) const override {
    std::vector<rats::CoservQuery> questions{for_roots()};
    for (const rats::Class& member : riot::members_of(named))
      if (is_asked_for(member)) questions.push_back(for_firmware(member));
    return questions;
  }

  Result<std::shared_ptr<const Endorsed>> join(Topic topic, std::span<const Statement> statements) const override {
    return topic == Topic::trust_anchor ? riot::join_roots(statements) : riot::join_firmware(statements);
  }

 private:
  static rats::CoservQuery for_roots() {
    rats::Class selected;
    selected.vendor = riot::kVendor;
    selected.model = riot::kModel;
    return ask_for_class(riot::kProfile, rats::ArtifactType::trust_anchors, std::move(selected));
  }
  // A name without a character names nobody, and services refuse to look for it.
  static bool is_asked_for(const rats::Class& member) {
    return !(member.vendor && member.vendor->empty()) && !(member.model && member.model->empty());
  }
  static rats::CoservQuery for_firmware(const rats::Class& selected) {
    return ask_for_class(riot::kFirmwareProfile, rats::ArtifactType::reference_values, selected);
  }
};

}  // namespace

const Scheme& riot_scheme() {
  static const RiotScheme scheme;
  return scheme;
}

}  // namespace credence::verifier
