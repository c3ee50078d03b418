// Appraisals of channel evidence over a warm store in memory, with and without a signed result.
//
//   bench_appraise [--result unsigned|signed] [--seconds S]
#include "crypto/openssl/async_wait.h"
#include "evidence/media_types.h"
#include "measure.h"
#include "software_platform.h"

namespace {

using namespace credence;

constexpr std::uint16_t kAes128GcmSha256 = 0x1301;

// Evidence of the software root for a handshake of TLS_AES_128_GCM_SHA256, and the binder of that handshake.
verifier::AppraisalRequest channel_request(rot::software::SoftwareAttester& root) {
  const auto transcript = crypto::digest(crypto::HashAlgorithm::sha256, as_bytes("ClientHello..ServerHello"));
  const rot::HandshakeFacts facts{.cipher_suite = kAes128GcmSha256,
                                  .transcript = {bench::value_of(transcript, "transcript")},
                                  .role = evidence::Role::client};
  const auto made = crypto::wait_for<rot::Evidence>("evidence", std::chrono::seconds(10), [&](auto done) {
    root.attest(facts, root.tls_key(), root.media_types(), std::move(done));
  });
  auto [media_type, value] = bench::value_of(made, "evidence");
  return {.media_type = std::move(media_type),
          .evidence = std::move(value),
          .challenge = bench::value_of(
              evidence::handshake_binder(facts.transcript, facts.role, root.tls_key()->public_key().spki()), "binder")};
}

rats::Ear affirmed(const verifier::Engine& engine, const verifier::AppraisalRequest& request) {
  rats::Ear ear = bench::value_of(engine.appraise(request), "appraisal");
  bench::require(ear.is_affirming(), "the verdict is not affirming");
  return ear;
}

}  // namespace

int main(int count, char** arguments) {
  const double seconds = bench::seconds_argument(count, arguments);
  const bench::SoftwarePlatform platform;
  const verifier::AppraisalRequest request = channel_request(*platform.root);
  const std::string configuration =
      R"("store":"memory","curve":"P-256","evidence_octets":)" + std::to_string(request.evidence.size());
  if (bench::argument(count, arguments, "--result", "unsigned") == "signed") {
    const auto key = bench::value_of(crypto::PrivateKey::generate(crypto::KeyType::ec_p256), "signing key");
    const auto sign = [&] {
      const std::string token = bench::value_of(rats::sign_ear(affirmed(*platform.engine, request), key), "signature");
      bench::require(!token.empty(), "the result is empty");
    };
    bench::print("appraise_signed", bench::measure(seconds, sign), configuration + R"(,"algorithm":"ES256")");
  } else {
    const auto appraise = [&] { affirmed(*platform.engine, request); };
    bench::print("appraise", bench::measure(seconds, appraise), configuration);
  }
}
