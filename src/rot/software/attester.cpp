#include "rot/software/attester.h"

#include <algorithm>
#include <format>

#include "evidence/media_types.h"
#include "rats/cmw/cmw.h"
#include "rot/software/structures.h"

namespace credence::rot::software {
namespace {

namespace tpm = evidence::tpm;

tpm::PcrValues untouched_pcrs() {
  const Bytes zeros(crypto::digest_size(crypto::HashAlgorithm::sha256), 0);
  return {{tpm::kAlgSha256, {{0, zeros}, {1, zeros}, {2, zeros}}}};
}

Result<crypto::PrivateKey> given_or_new_key(const Options& options) {
  if (options.tls_key) return *options.tls_key;
  return crypto::PrivateKey::generate(options.tls_key_type);
}

// What both attestations carry, computed here from the facts and the public key that is held here (protocol.md 8).
struct ExtraData {
  ByteView spki;

  Result<crypto::Digest> operator()(const HandshakeFacts& facts) const {
    CHECK(check_hash_of_suite(facts.cipher_suite, facts.transcript.value.algorithm()));
    TRY(const evidence::Binder binder, evidence::handshake_binder(facts.transcript, facts.role, spki));
    return binder.digest();
  }
  Result<crypto::Digest> operator()(const SessionFacts& facts) const {
    const auto hash = crypto::hash_of_cipher_suite(facts.cipher_suite);
    if (!hash) return unknown_suite(facts.cipher_suite);
    TRY(const evidence::Binder binder, evidence::session_binder(*hash, facts.exported, spki));
    return binder.digest();
  }
  Result<crypto::Digest> operator()(const ChallengeFacts& facts) const {
    return evidence::challenge_digest(facts.nonce);
  }

 private:
  static std::unexpected<Error> unknown_suite(std::uint16_t suite) {
    return fail(Errc::unsupported_algorithm, std::format("expected a TLS 1.3 cipher suite, got {:#06x}", suite));
  }
  static Result<void> check_hash_of_suite(std::uint16_t suite, crypto::HashAlgorithm transcript) {
    const auto hash = crypto::hash_of_cipher_suite(suite);
    if (!hash) return unknown_suite(suite);
    if (*hash != transcript)
      return fail(Errc::invalid_value, std::format("expected a transcript over {}, the hash of suite {:#06x}, got {}",
                                                   name(*hash), suite, name(transcript)));
    return {};
  }
};

}  // namespace

SoftwareAttester::SoftwareAttester(Options options, std::shared_ptr<SoftwareTlsKey> tls_key, AttestationKey channel_key,
                                   AttestationKey challenge_key, Bytes quote_info)
    : options_(std::move(options)),
      tls_key_(std::move(tls_key)),
      channel_key_(std::move(channel_key)),
      challenge_key_(std::move(challenge_key)),
      quote_info_(std::move(quote_info)),
      opened_(options_.clock ? options_.clock->now() : Timestamp{}) {}

Result<std::shared_ptr<SoftwareAttester>> SoftwareAttester::open(Options options) {
  // protocol.md 2.7: an attester that came up on software keys by mistake would look like a working one.
  if (!options.allow_insecure_test_root)
    return fail(Errc::test_root_refused,
                "the software root of trust protects nothing: set allow_insecure_test_root to use it in a test");
  if (options.pcrs.empty()) options.pcrs = untouched_pcrs();
  TRY(crypto::PrivateKey private_key, given_or_new_key(options));
  TRY(auto tls_key, SoftwareTlsKey::create(std::move(private_key)));
  TRY(AttestationKey channel_key, AttestationKey::generate(tpm::Purpose::channel));
  TRY(AttestationKey challenge_key, AttestationKey::generate(tpm::Purpose::challenge));
  TRY(Bytes quote_info, encode_quote_info(options.pcrs));
  return std::shared_ptr<SoftwareAttester>(new SoftwareAttester(
      std::move(options), std::move(tls_key), std::move(channel_key), std::move(challenge_key), std::move(quote_info)));
}

std::vector<std::string> SoftwareAttester::media_types() const { return {std::string(evidence::kSoftwareTest)}; }

bool SoftwareAttester::can_bind(crypto::HashAlgorithm) const noexcept { return true; }

void SoftwareAttester::attest(const Facts& facts, const std::shared_ptr<TlsKey>& key, std::vector<std::string> accept,
                              Completion<Evidence> done) {
  done(attest(facts, key, accept));
}

Result<Evidence> SoftwareAttester::attest(const Facts& facts, const std::shared_ptr<TlsKey>& key,
                                          const std::vector<std::string>& accept) const {
  // protocol.md 8: the evidence says that the key lives here. Said of another's key it would vouch for a key that may
  // have leaked.
  if (key != tls_key_)
    return fail(Errc::external_key, "expected the TLS key of this root of trust, got a key of another owner");
  const auto known = [](const std::string& type) { return rats::same_media_type(type, evidence::kSoftwareTest); };
  if (std::ranges::none_of(accept, known))
    return fail(
        Errc::no_common_scheme,
        std::format("the relying party takes no {}; this root of trust makes nothing else", evidence::kSoftwareTest));
  TRY(const crypto::Digest extra_data, std::visit(ExtraData{tls_key_->public_key().spki()}, facts));
  // protocol.md 2.8: with one key for both, a challenger could choose a nonce and obtain a channel's binder.
  const bool challenge = std::holds_alternative<ChallengeFacts>(facts);
  TRY(Bytes bundle, certify_and_quote(challenge ? challenge_key_ : channel_key_, extra_data.view()));
  return Evidence{.media_type = std::string(evidence::kSoftwareTest), .value = std::move(bundle)};
}

Result<Bytes> SoftwareAttester::certify_and_quote(const AttestationKey& key, ByteView extra_data) const {
  const tpm::KeyFacts& facts = key.facts();
  const tpm::ClockInfo clock = clock_info();
  Bytes certify = encode_attest(AttestType::certify, facts.qualified_name, extra_data, clock, tls_key_->certify_info());
  Bytes quote = encode_attest(AttestType::quote, facts.qualified_name, extra_data, clock, quote_info_);
  TRY(Bytes certify_signature, key.sign(certify));
  TRY(Bytes quote_signature, key.sign(quote));
  const Bytes kid = to_bytes(facts.kid.view());
  return tpm::encode_bundle(
      {.kat = {.kid = kid,
               .signature = std::move(certify_signature),
               .cert_info = std::move(certify),
               .public_area = tls_key_->public_area()},
       .pat = {.kid = kid, .signature = std::move(quote_signature), .attest_info = std::move(quote)},
       .ext = tpm::Extension{
           .pcrs = options_.pcrs, .log = {}, .attestation_key = facts.public_area, .chain = key.chain()}});
}

tpm::ClockInfo SoftwareAttester::clock_info() const {
  const auto elapsed = options_.clock ? options_.clock->now() - opened_ : std::chrono::milliseconds{0};
  return {.clock = static_cast<std::uint64_t>(elapsed.count()),
          .reset_count = options_.reset_count,
          .restart_count = options_.restart_count,
          .safe = true};
}

}  // namespace credence::rot::software
