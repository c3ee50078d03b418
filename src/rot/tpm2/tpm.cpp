#include "rot/tpm2/tpm.h"

#include <format>
#include <utility>

#include "evidence/tpm/check.h"
#include "rot/tpm2/endorsement_key.h"
#include "rot/tpm2/key_parent.h"
#include "rot/tpm2/pcrs.h"
#include "rot/tpm2/policy.h"
#include "rot/tpm2/statements.h"
#include "rot/tpm2/templates.h"

namespace credence::rot::tpm2 {
namespace {

using evidence::tpm::Purpose;

// How often a quote is made again when the PCRs change between it and the reading of their values.
constexpr int kQuoteAttempts = 3;
constexpr std::uint8_t kRandomKid = 0x01;  // EAT UEID of type RAND

Result<Kid> kid_of(const crypto::PublicKey& key) {
  TRY(const crypto::Digest digest, crypto::digest(crypto::HashAlgorithm::sha256, key.spki()));
  Bytes kid{kRandomKid};
  append(kid, digest.view());
  return Kid(std::move(kid));
}

// What the scheme in the templates of such keys signs over.
crypto::HashAlgorithm hash_of_signatures(crypto::KeyType type) noexcept {
  return type == crypto::KeyType::ec_p384 ? crypto::HashAlgorithm::sha384 : crypto::HashAlgorithm::sha256;
}

// The relying party's own rules for a quote (evidence/tpm/check.h), before any evidence is made that it would refuse.
Result<void> check_selection(const evidence::tpm::PcrSelection& pcrs, crypto::KeyType attestation_key) {
  // protocol.md 2.5: an empty selection proves nothing, and its digest is the same on every machine.
  if (pcrs.pcrs.empty() || std::ranges::max(pcrs.pcrs) > 23) {
    return fail(Errc::configuration, "a quote needs PCRs from 0 to 23, for example sha256:0,1,2");
  }
  // protocol.md 2.5: anyone can reset PCR 16 and 23, and SHA-1 is broken.
  if (evidence::tpm::covered_pcrs({.selections = {pcrs}, .digest = {}}) == 0) {
    return fail(Errc::configuration, std::format("{} has no PCR that counts: expected others than 16 and 23, which "
                                                 "anyone can reset, from a bank of SHA-256 or better",
                                                 to_text(pcrs)));
  }
  // docs/formats/evidence-tpm.md: one hash for the bank and for the signature.
  const crypto::HashAlgorithm hash = hash_of_signatures(attestation_key);
  if (pcrs.hash != evidence::tpm::alg_from_hash(hash)) {
    return fail(Errc::configuration,
                std::format("a {} attestation key signs over {}, and verifiers demand PCRs of the same bank: expected "
                            "a selection from that bank, got {}",
                            crypto::name(attestation_key), crypto::name(hash), to_text(pcrs)));
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Tpm>> Tpm::open(const Options& options) {
  TRY(StateDirectory state, StateDirectory::open(options.state_directory));
  TRY(Tcti tcti,
      options.transport != nullptr ? Result<Tcti>(Tcti::borrow(options.transport)) : Tcti::open(options.tcti));
  TRY(EsysContext esys, EsysContext::open(std::move(tcti)));
  TRY(Capabilities capabilities, read_capabilities(esys.get()));
  std::unique_ptr<Tpm> tpm(new Tpm(options, std::move(esys), std::move(capabilities), std::move(state)));
  CHECK(tpm->check_options());
  TRY(tpm->channel_key_, tpm->attestation_key("channel-ak"));
  TRY(tpm->challenge_key_, tpm->attestation_key("challenge-ak"));
  return tpm;
}

Tpm::Tpm(const Options& options, EsysContext esys, Capabilities capabilities, StateDirectory state)
    : options_(options),
      esys_(std::move(esys)),
      capabilities_(std::move(capabilities)),
      state_(std::move(state)),
      slots_(esys_.get()) {
  std::ranges::sort(options_.pcrs.pcrs);
}

Tpm::~Tpm() { slots_.flush_all(); }

Result<void> Tpm::check_options() const {
  CHECK(check_selection(options_.pcrs, options_.attestation_key));
  if (!capabilities_.has_bank(options_.pcrs.hash)) {
    return fail(Errc::configuration,
                std::format("the TPM has no PCR bank for {}: choose another one", to_text(options_.pcrs)));
  }
  for (const crypto::KeyType type : {options_.attestation_key, options_.tls_key}) {
    if (!capabilities_.can_make(type)) {
      return fail(Errc::unsupported_algorithm, std::format("the TPM has no {} keys: choose another type", name(type)));
    }
  }
  return {};
}

template <typename MakeTemplate>
Result<std::unique_ptr<Key>> Tpm::find_or_make(const std::string& name, Hierarchy hierarchy, crypto::KeyType type,
                                               MakeTemplate make_template) {
  const std::string file = name + ".cbor";
  TRY(const FileDescriptor lock, state_.lock());
  TRY(std::optional<SecretBytes> stored, state_.read(file));
  TRY(const KeyParent parent, KeyParent::create(esys_.get(), slots_, hierarchy));
  KeyRecord record;
  if (stored) {
    auto decoded = decode_key_record(stored->view());
    if (!decoded) return within(state_.path_of(file), std::move(decoded).error());
    record = *std::move(decoded);
  } else {
    CHECK(make_template(record, parent));
    CHECK(state_.write(file, encode(record).view()));
  }
  TRY(const evidence::tpm::Public area, evidence::tpm::decode_public(record.public_area));
  TRY(const crypto::PublicKey public_key, area.key());
  if (public_key.type() != type || record.hierarchy != hierarchy) {
    return fail_in(Errc::configuration, state_.path_of(file),
                   std::format("the key is of type {}, and {} is asked for: use another state directory",
                               crypto::name(public_key.type()), crypto::name(type)));
  }
  auto key = std::make_unique<Key>(std::move(record), public_key);
  if (auto loaded = parent.load(*key); !loaded) return within(state_.path_of(file), std::move(loaded).error());
  return key;
}

Result<Tpm::AttestationKey> Tpm::attestation_key(const std::string& name) {
  const crypto::KeyType type = options_.attestation_key;
  TRY(auto key,
      find_or_make(name, Hierarchy::endorsement, type, [&](KeyRecord& record, const KeyParent& parent) -> Result<void> {
        TRY(const TPM2B_PUBLIC area, attestation_key_template(type));
        TRY(record, parent.make_key(area));
        return {};
      }));
  auto kid = kid_of(key->public_key);
  if (!kid) {
    slots_.flush(*key);  // it goes away here
    return std::unexpected(std::move(kid).error());
  }
  return AttestationKey{.key = std::move(key), .kid = *std::move(kid), .hash = hash_of_signatures(type)};
}

Result<Key*> Tpm::tls_key(const std::string& name) {
  if (const auto found = tls_keys_.find(name); found != tls_keys_.end()) return found->second.get();
  const auto make = [&](KeyRecord& record, const KeyParent& parent) -> Result<void> {
    Bytes policy;
    if (options_.pcr_bound) {
      TRY(policy, policy_digest(esys_.get(), options_.pcrs));
    }
    TRY(const TPM2B_PUBLIC area, tls_key_template(options_.tls_key, policy));
    TRY(record, parent.make_key(area));
    if (options_.pcr_bound) record.policy_pcrs = options_.pcrs;
    return {};
  };
  TRY(auto key, find_or_make("tls-" + name, Hierarchy::owner, options_.tls_key, make));
  if (key->record.policy_pcrs.has_value() != options_.pcr_bound) {
    slots_.flush(*key);
    return fail_in(Errc::configuration, state_.path_of("tls-" + name + ".cbor"),
                   "the stored key and the options differ in being bound to PCRs: use another state directory");
  }
  return (tls_keys_[name] = std::move(key)).get();
}

Tpm::AttestationKey& Tpm::attestation_key(Purpose purpose) noexcept {
  return purpose == Purpose::channel ? channel_key_ : challenge_key_;
}

Result<Bytes> Tpm::sign(Key& key, const crypto::Digest& digest) { return tpm2::sign(esys_.get(), slots_, key, digest); }

Result<Bytes> Tpm::attest(Purpose purpose, Key& tls_key, ByteView extra_data) {
  const AttestationKey& signer = attestation_key(purpose);
  TRY(SignedStatement key_statement, certify(esys_.get(), slots_, *signer.key, tls_key, extra_data));
  SignedStatement platform_statement;
  bool explained = false;
  for (int attempt = 0; attempt < kQuoteAttempts && !explained; ++attempt) {
    TRY(platform_statement, quote(esys_.get(), slots_, *signer.key, options_.pcrs, extra_data));
    TRY(explained, update_pcr_values(platform_statement.attest, signer.hash));
  }
  if (!explained) return fail(Errc::device_failure, "the PCRs change faster than they can be read: try again");
  const auto kid = to_bytes(signer.kid.view());
  evidence::tpm::Bundle bundle{.kat = {.kid = kid,
                                       .signature = std::move(key_statement.signature),
                                       .cert_info = std::move(key_statement.attest),
                                       .public_area = tls_key.record.public_area},
                               .pat = {.kid = kid,
                                       .signature = std::move(platform_statement.signature),
                                       .attest_info = std::move(platform_statement.attest)},
                               .ext = std::nullopt};
  if (options_.include_extension) {
    bundle.ext.emplace(evidence::tpm::Extension{
        .pcrs = pcr_values_, .log = {}, .attestation_key = signer.key->record.public_area, .chain = {}});
  }
  return encode_bundle(bundle);
}

// protocol.md 2.5: the values in the evidence hash to the quoted digest. Reading them is slow on a chip, so those of
// the last quote are kept and read again only when the quote says that they have changed.
Result<bool> Tpm::update_pcr_values(ByteView quote, crypto::HashAlgorithm hash) {
  if (!options_.include_extension) return true;
  TRY(const evidence::tpm::Attest attest, evidence::tpm::decode_quote(quote));
  const auto& quoted = std::get<evidence::tpm::QuoteInfo>(attest.info);
  const auto explain = [&]() -> Result<bool> {
    TRY(const crypto::Digest digest, evidence::tpm::composite_digest(hash, quoted.selections, pcr_values_));
    return equal(digest.view(), quoted.digest);
  };
  if (!pcr_values_.empty()) {
    TRY(const bool unchanged, explain());
    if (unchanged) return true;
  }
  TRY(pcr_values_, read_pcr_values(esys_.get(), options_.pcrs));
  return explain();
}

Result<evidence::tpm::PcrValues> Tpm::pcrs(const evidence::tpm::PcrSelection& selection) {
  return read_pcr_values(esys_.get(), selection);
}

Result<void> Tpm::extend_pcr(std::uint8_t pcr, const crypto::Digest& measurement) {
  return extend(esys_.get(), pcr, measurement);
}

Result<evidence::tpm::KeyFacts> Tpm::facts_of(Purpose purpose, AttestationKey& from) {
  TPM2B_NAME* name = nullptr;
  TPM2B_NAME* qualified_name = nullptr;
  CHECK(slots_.with_keys({from.key.get()}, "TPM2_ReadPublic", [&] {
    return Esys_ReadPublic(esys_.get(), from.key->handle, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, nullptr, &name,
                           &qualified_name);
  }));
  const EsysOwned<TPM2B_NAME> name_owner(name);
  const EsysOwned<TPM2B_NAME> qualified_name_owner(qualified_name);
  return evidence::tpm::KeyFacts{.kid = from.kid,
                                 .public_area = from.key->record.public_area,
                                 .name = name_of(*name),
                                 .qualified_name = name_of(*qualified_name),
                                 .purpose = purpose,
                                 .ek_digest = std::nullopt,
                                 .maker = {}};
}

Result<Endorsement> Tpm::endorsement() {
  TRY(EndorsementKey endorsement_key, read_endorsement_key(esys_.get(), slots_, capabilities_));
  TRY(const crypto::Digest digest, crypto::digest(crypto::HashAlgorithm::sha256, endorsement_key.public_key.spki()));
  Endorsement endorsement{.attestation_keys = {},
                          .endorsement_key = std::move(endorsement_key.public_key),
                          .endorsement_certificate = std::move(endorsement_key.certificate),
                          .maker = capabilities_.maker};
  for (const Purpose purpose : {Purpose::channel, Purpose::challenge}) {
    TRY(evidence::tpm::KeyFacts facts, facts_of(purpose, attestation_key(purpose)));
    facts.ek_digest = to_bytes(digest.view());
    facts.maker = to_text(endorsement.maker, endorsement.endorsement_certificate.has_value());
    endorsement.attestation_keys.push_back(std::move(facts));
  }
  return endorsement;
}

}  // namespace credence::rot::tpm2
