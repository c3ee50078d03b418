// The root of trust of tpm2.h: what a channel calls, from facts to evidence.
#include <algorithm>
#include <array>
#include <cctype>
#include <format>
#include <future>
#include <utility>

#include "evidence/media_types.h"
#include "rot/tpm2/tpm2.h"
#include "rot/tpm2/worker.h"

namespace credence::rot::tpm2 {
namespace {

using evidence::tpm::Purpose;

// What outlives the device as long as one of its keys is in use.
struct Core {
  Core(std::unique_ptr<Tpm> tpm, const Options& options)
      : capabilities(tpm->capabilities()), worker(std::move(tpm), options.queue_length, options.timeout) {}

  const Capabilities capabilities;
  Worker worker;
};

class TpmTlsKey final : public TlsKey {
 public:
  TpmTlsKey(std::shared_ptr<Core> core, Key& key) : core_(std::move(core)), key_(key), public_key_(key.public_key) {}

  const crypto::PublicKey& public_key() const noexcept override { return public_key_; }

  // The scheme in the key's public area has exactly one hash.
  bool can_sign(crypto::HashAlgorithm hash) const noexcept override {
    const bool p384 = public_key_.type() == crypto::KeyType::ec_p384;
    return hash == (p384 ? crypto::HashAlgorithm::sha384 : crypto::HashAlgorithm::sha256);
  }

  void sign(const crypto::Digest& digest, Completion<Bytes> done) override {
    if (!can_sign(digest.algorithm())) {
      return done(fail(Errc::unsupported_algorithm, std::format("a {} key in a TPM does not sign over {}",
                                                                name(public_key_.type()), name(digest.algorithm()))));
    }
    core_->worker.submit<Bytes>([&key = key_, digest](Tpm& tpm) { return tpm.sign(key, digest); }, std::move(done));
  }

  // The key inside the TPM, when it belongs to this device.
  Key* key_of(const Core& core) const noexcept { return core_.get() == &core ? &key_ : nullptr; }

 private:
  std::shared_ptr<Core> core_;
  Key& key_;  // lives in the Core's Tpm
  const crypto::PublicKey public_key_;
};

// What both quotes will carry, and which attestation key signs them.
struct Order {
  Purpose purpose{};
  std::string_view media_type;
  crypto::Digest extra_data;
};

Result<Order> order(const HandshakeFacts& facts, ByteView spki) {
  // The hash of the transcript is that of the suite, or the binder is not the one that the peer computes.
  if (crypto::hash_of_cipher_suite(facts.cipher_suite) != facts.transcript.value.algorithm()) {
    return fail(Errc::invalid_value, std::format("cipher suite {:#06x} does not hash with {}", facts.cipher_suite,
                                                 name(facts.transcript.value.algorithm())));
  }
  TRY(const evidence::Binder binder, evidence::handshake_binder(facts.transcript, facts.role, spki));
  return Order{.purpose = Purpose::channel, .media_type = evidence::kParsecTpm, .extra_data = binder.digest()};
}

Result<Order> order(const SessionFacts& facts, ByteView spki) {
  const auto hash = crypto::hash_of_cipher_suite(facts.cipher_suite);
  if (!hash) return fail(Errc::unsupported, std::format("unknown cipher suite {:#06x}", facts.cipher_suite));
  TRY(const evidence::Binder binder, evidence::session_binder(*hash, facts.exported, spki));
  return Order{.purpose = Purpose::channel, .media_type = evidence::kParsecTpm, .extra_data = binder.digest()};
}

Result<Order> order(const ChallengeFacts& facts, ByteView) {
  TRY(const crypto::Digest digest, evidence::challenge_digest(facts.nonce));
  return Order{.purpose = Purpose::challenge, .media_type = evidence::kTpmChallenge, .extra_data = digest};
}

bool is_key_name(std::string_view name) {
  constexpr std::size_t kLongest = 64;
  return !name.empty() && name.size() <= kLongest && std::ranges::all_of(name, [](unsigned char character) {
    return std::isalnum(character) != 0 || character == '-';
  });
}

class TpmDevice final : public Device {
 public:
  explicit TpmDevice(std::shared_ptr<Core> core) : core_(std::move(core)) {}

  Result<void> make_default_key() {
    TRY(tls_key_, named_tls_key("tls"));
    return {};
  }

  std::vector<std::string> media_types() const override {
    return {std::string(evidence::kParsecTpm), std::string(evidence::kTpmChallenge)};
  }

  // Part 2, 10.4.3: qualifying data is at most as long as the TPM's largest TPMT_HA.
  bool can_bind(crypto::HashAlgorithm hash) const noexcept override {
    return core_->capabilities.has_algorithm(evidence::tpm::alg_from_hash(hash));
  }

  std::shared_ptr<TlsKey> tls_key() const override { return tls_key_; }

  Result<std::shared_ptr<TlsKey>> named_tls_key(std::string_view name) override;
  void attest(const Facts& facts, const std::shared_ptr<TlsKey>& key, std::vector<std::string> accept,
              Completion<Evidence> done) override;

  void read_endorsement(Completion<Endorsement> done) override {
    core_->worker.submit<Endorsement>([](Tpm& tpm) { return tpm.endorsement(); }, std::move(done));
  }
  void read_pcrs(evidence::tpm::PcrSelection selection, Completion<evidence::tpm::PcrValues> done) override {
    core_->worker.submit<evidence::tpm::PcrValues>(
        [selection = std::move(selection)](Tpm& tpm) { return tpm.pcrs(selection); }, std::move(done));
  }
  void extend_pcr(std::uint8_t pcr, crypto::Digest measurement, Completion<void> done) override {
    core_->worker.submit<void>([pcr, measurement](Tpm& tpm) { return tpm.extend_pcr(pcr, measurement); },
                               std::move(done));
  }
  const Maker& maker() const noexcept override { return core_->capabilities.maker; }

 private:
  Result<Order> check_order(const Facts& facts, const TlsKey& key, const std::vector<std::string>& accept) const;

  std::shared_ptr<Core> core_;
  std::shared_ptr<TlsKey> tls_key_;
};

Result<std::shared_ptr<TlsKey>> TpmDevice::named_tls_key(std::string_view name) {
  if (!is_key_name(name)) {
    return fail(Errc::usage, "a key's name has 1 to 64 letters, digits and '-'");
  }
  std::promise<Result<Key*>> promise;
  core_->worker.submit<Key*>([name = std::string(name)](Tpm& tpm) { return tpm.tls_key(name); },
                             [&](Result<Key*> key) { promise.set_value(std::move(key)); });
  TRY(Key* const key, promise.get_future().get());
  return std::make_shared<TpmTlsKey>(core_, *key);
}

Result<Order> TpmDevice::check_order(const Facts& facts, const TlsKey& key,
                                     const std::vector<std::string>& accept) const {
  TRY(const Order wanted, std::visit([&](const auto& of) { return order(of, key.public_key().spki()); }, facts));
  if (!can_bind(wanted.extra_data.algorithm())) {
    return fail(Errc::unsupported_algorithm, std::format("the TPM takes no {} binder: leave out suites with that hash",
                                                         name(wanted.extra_data.algorithm())));
  }
  if (!std::ranges::contains(accept, wanted.media_type)) {
    return fail(Errc::no_common_scheme, std::format("the relying party does not take {}", wanted.media_type));
  }
  return wanted;
}

void TpmDevice::attest(const Facts& facts, const std::shared_ptr<TlsKey>& key, std::vector<std::string> accept,
                       Completion<Evidence> done) {
  // protocol.md section 8: only a key that this TPM holds. Otherwise evidence could be had for a key that leaked
  // elsewhere.
  const auto* own = dynamic_cast<const TpmTlsKey*>(key.get());
  Key* const certified = own != nullptr ? own->key_of(*core_) : nullptr;
  if (certified == nullptr) return done(fail(Errc::external_key, "the TLS key is not one of this TPM"));
  auto wanted = check_order(facts, *key, accept);
  if (!wanted) return done(std::unexpected(std::move(wanted).error()));
  core_->worker.submit<Evidence>(
      [wanted = *std::move(wanted), certified](Tpm& tpm) -> Result<Evidence> {
        TRY(Bytes bundle, tpm.attest(wanted.purpose, *certified, wanted.extra_data.view()));
        return Evidence{.media_type = std::string(wanted.media_type), .value = std::move(bundle)};
      },
      std::move(done));
}

}  // namespace

Result<std::shared_ptr<Device>> Device::open(Options options) {
  TRY(auto tpm, Tpm::open(options));
  auto device = std::make_shared<TpmDevice>(std::make_shared<Core>(std::move(tpm), options));
  CHECK(device->make_default_key());
  return device;
}

}  // namespace credence::rot::tpm2
