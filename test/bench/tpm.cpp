// What evidence and a TLS signature cost over a libtpms TPM in this process: through the root of trust, and through the
// OpenSSL provider.
//
//   bench_tpm [--operation attest|sign] [--seconds S]
#include <openssl/evp.h>

#include <array>
#include <chrono>
#include <string>
#include <vector>

#include "crypto/openssl/async_wait.h"
#include "crypto/openssl/native.h"
#include "evidence/media_types.h"
#include "evidence/tpm/check.h"
#include "measure.h"
#include "provider/provider.h"
#include "rot/tpm2/tpm2.h"
#include "support/temporary_directory.h"
#include "value_of.h"

namespace {

using namespace credence;
using DigestContext = crypto::Owned<EVP_MD_CTX, EVP_MD_CTX_free>;

constexpr std::uint16_t kAes128GcmSha256 = 0x1301;
constexpr std::chrono::seconds kPatience(10);

rot::HandshakeFacts handshake_facts() {
  const auto transcript = crypto::digest(crypto::HashAlgorithm::sha256, as_bytes("ClientHello..ServerHello"));
  return {.cipher_suite = kAes128GcmSha256,
          .transcript = {bench::value_of(transcript, "transcript")},
          .role = evidence::Role::client};
}

rot::Evidence attest(rot::tpm2::Device& device, const rot::HandshakeFacts& facts) {
  const auto made = crypto::wait_for<rot::Evidence>("evidence", kPatience, [&](auto done) {
    device.attest(facts, device.tls_key(), {std::string(evidence::kParsecTpm)}, std::move(done));
  });
  rot::Evidence evidence = bench::value_of(made, "evidence");
  bench::require(evidence.media_type == evidence::kParsecTpm && !evidence.value.empty(), "evidence");
  return evidence;
}

// Bound to the handshake, and signed by the endorsed key.
void require_good(rot::tpm2::Device& device, const rot::HandshakeFacts& facts, const rot::Evidence& evidence) {
  const ByteView spki = device.tls_key()->public_key().spki();
  const auto binder = bench::value_of(evidence::handshake_binder(facts.transcript, facts.role, spki), "binder");
  const auto statements = bench::value_of(evidence::tpm::check_binding(evidence.value, binder, spki), "binding");
  const auto endorsed = crypto::wait_for<rot::tpm2::Endorsement>(
      "endorsement", kPatience, [&](auto done) { device.read_endorsement(std::move(done)); });
  const auto keys = bench::value_of(endorsed, "endorsement").attestation_keys;
  const auto area = bench::value_of(evidence::tpm::decode_public(keys.at(0).public_area), "attestation key");
  const auto signatures = evidence::tpm::check_signatures(statements, bench::value_of(area.key(), "attestation key"));
  bench::require(signatures.has_value(), "the signatures of the evidence");
}

struct Signed {
  std::array<unsigned char, 80> octets{};
  std::size_t size = octets.size();
};

// As libssl does for CertificateVerify.
Signed sign(EVP_PKEY* key, ByteView message) {
  Signed made;
  const DigestContext context(EVP_MD_CTX_new());
  bench::require(EVP_DigestSignInit_ex(context.get(), nullptr, "SHA256", nullptr, nullptr, key, nullptr) == 1 &&
                     EVP_DigestSign(context.get(), made.octets.data(), &made.size, message.data(), message.size()) == 1,
                 "EVP_DigestSign");
  return made;
}

void require_good(const crypto::PublicKey& key, const Signed& made, ByteView message) {
  const DigestContext context(EVP_MD_CTX_new());
  bench::require(
      EVP_DigestVerifyInit_ex(context.get(), nullptr, "SHA256", nullptr, nullptr, crypto::native(key), nullptr) == 1 &&
          EVP_DigestVerify(context.get(), made.octets.data(), made.size, message.data(), message.size()) == 1,
      "the TLS signature");
}

void measure_attest(rot::tpm2::Device& device, double seconds, const std::string& configuration) {
  const rot::HandshakeFacts facts = handshake_facts();
  require_good(device, facts, attest(device, facts));
  bench::print("tpm_attest", bench::measure(seconds, [&] { attest(device, facts); }), configuration);
}

void measure_sign(rot::tpm2::Device& device, double seconds, const std::string& configuration) {
  const crypto::OwnedKey key = bench::value_of(provider::private_key(device.tls_key()), "provider");
  const Bytes message(130, 0x20);  // as long as what a CertificateVerify signs
  require_good(device.tls_key()->public_key(), sign(key.get(), message), message);
  bench::print("tpm_tls_sign", bench::measure(seconds, [&] { sign(key.get(), message); }), configuration);
}

}  // namespace

int main(int count, char** arguments) {
  const double seconds = bench::seconds_argument(count, arguments);
  const test::TemporaryDirectory directory;
  rot::tpm2::Options options;
  options.tcti = "libtpms:" + (directory.path() / "tpm.state").string();
  options.state_directory = directory.path() / "keys";
  const auto device = bench::value_of(rot::tpm2::Device::open(std::move(options)), "TPM");
  const std::string configuration = R"("tcti":"libtpms:FILE","curve":"P-256")";
  if (bench::argument(count, arguments, "--operation", "attest") == "sign") {
    measure_sign(*device, seconds, configuration);
  } else {
    measure_attest(*device, seconds, configuration);
  }
}
